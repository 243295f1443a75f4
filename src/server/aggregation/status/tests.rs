use serde_json::json;

use super::*;

fn now() -> Timestamp {
    "2026-01-01T00:00:00Z".parse().unwrap()
}

#[test]
fn the_time_is_that_of_the_last_change_of_the_verdict() {
    let mut object = json!({});
    assert!(Verdict::passed().write(&mut object, now()));
    assert!(!Verdict::passed().write(&mut object, now() + jiff::SignedDuration::from_mins(1)));
    let condition = &object["status"]["conditions"][0];
    assert_eq!(condition["lastTransitionTime"], "2026-01-01T00:00:00Z");
    let later = now() + jiff::SignedDuration::from_mins(2);
    assert!(Verdict::silent("x").write(&mut object, later));
    assert!(Verdict::no("ServiceNotFound", "y".to_owned()).write(&mut object, later));
    let condition = &object["status"]["conditions"][0];
    assert_eq!(condition["status"], "False");
    assert_eq!(condition["reason"], "ServiceNotFound");
    assert_eq!(condition["lastTransitionTime"], "2026-01-01T00:02:00Z");
}
