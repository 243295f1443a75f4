//! What does not fit is refused in Kubernetes' words.

use serde_json::json;

use super::*;

fn pod(cpu: &str) -> Pod {
    serde_json::from_value(json!({"spec": {"containers": [
        {"name": "app", "resources": {"requests": {"cpu": cpu}}},
    ]}}))
    .unwrap()
}

#[test]
fn pods_fit_until_they_do_not() {
    let allocatable = [("cpu".to_owned(), 2000), ("pods".to_owned(), 2000)].into();
    let mut ledger = Ledger::new(allocatable);
    ledger.admit("a", &pod("1500m")).unwrap();
    let refused = ledger.admit("b", &pod("1")).unwrap_err();
    assert_eq!(refused.reason, "OutOfcpu");
    assert_eq!(
        refused.message,
        "Pod was rejected: Node didn't have enough resource: cpu, requested: 1000, used: 1500, capacity: 2000"
    );
    ledger.admit("c", &pod("500m")).unwrap();
    assert_eq!(ledger.admit("d", &pod("0")).unwrap_err().reason, "OutOfpods");
    ledger.release("a");
    ledger.admit("b", &pod("1")).unwrap();
}
