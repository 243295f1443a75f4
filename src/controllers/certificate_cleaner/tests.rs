use expect_test::{Expect, expect};
use serde_json::{Value, json};

use super::*;
use crate::testing::{now, object};

fn check(age_minutes: i64, status: Value, expect: Expect) {
    let created = now() - SignedDuration::from_mins(age_minutes);
    let request = object(json!({
        "metadata": {"name": "ada", "creationTimestamp": created.to_string()},
        "spec": {"request": "", "signerName": "a.b/c", "usages": []},
        "status": status,
    }));
    expect.assert_eq(&reconcile(&Snapshot { request, now: now() }).to_string());
}

fn condition(kind: &str, minutes_ago: i64) -> Value {
    let time = (now() - SignedDuration::from_mins(minutes_ago)).to_string();
    json!([{"type": kind, "status": "True", "lastUpdateTime": time}])
}

#[test]
fn an_unanswered_request_waits_a_day() {
    check(60, json!({}), expect![["again in 82801s\n"]]);
    check(24 * 60, json!({}), expect![["delete certificatesigningrequest ada\n"]]);
    // Approved is not answered as long as nobody has signed.
    check(120, json!({"conditions": condition("Approved", 90)}), expect![["again in 79201s\n"]]);
}

#[test]
fn an_answer_from_the_end_of_time_is_borne() {
    let condition =
        json!([{"type": "Denied", "status": "True", "lastUpdateTime": "9999-12-30T21:59:59Z"}]);
    let answered = json!({"conditions": condition});
    check(60, answered, expect![["again in 251634884156.999999999s\n"]]);
}

#[test]
fn an_answered_request_goes_after_an_hour() {
    let issued = json!({"certificate": "eA==", "conditions": condition("Approved", 59)});
    check(70, issued, expect![["again in 61s\n"]]);
    for kind in ["Denied", "Failed"] {
        let answered = json!({"conditions": condition(kind, 60)});
        check(70, answered, expect![["delete certificatesigningrequest ada\n"]]);
    }
}
