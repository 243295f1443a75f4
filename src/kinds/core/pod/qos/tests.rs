use serde_json::{Value, json};

use super::class;

fn of(resources: &[Value]) -> &'static str {
    let containers: Vec<Value> = resources.iter().map(|r| json!({ "resources": r })).collect();
    class(&json!({"spec": {"containers": containers}}))
}

#[test]
fn a_class_follows_from_requests_and_limits() {
    let full = json!({"limits": {"cpu": "1", "memory": "1Gi"}});
    let equal = json!({"limits": {"cpu": "1", "memory": "1Gi"}, "requests": {"cpu": "1000m", "memory": "1Gi"}});
    let less = json!({"limits": {"cpu": "1", "memory": "1Gi"}, "requests": {"cpu": "1m", "memory": "1Gi"}});
    assert_eq!(of(&[json!({})]), "BestEffort");
    assert_eq!(of(&[json!({"requests": {"cpu": "0"}})]), "BestEffort");
    assert_eq!(of(std::slice::from_ref(&full)), "Guaranteed");
    assert_eq!(of(&[full.clone(), equal]), "Guaranteed");
    assert_eq!(of(&[full.clone(), less]), "Burstable");
    assert_eq!(of(&[full, json!({})]), "Burstable");
    assert_eq!(of(&[json!({"limits": {"memory": "1Gi"}})]), "Burstable");
}
