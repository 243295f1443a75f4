//! What becomes of Endpoints when their Service goes.

use serde_json::json;

use super::*;
use crate::testing::object;

fn check(labels: serde_json::Value, deserted: bool, expected: &str) {
    let endpoints = object(json!({"metadata": {
        "name": "web", "namespace": "n", "uid": "u", "labels": labels,
    }}));
    let (service, pods) = (None, Vec::new());
    let plan = reconcile(&Snapshot { service, pods, endpoints: Some(endpoints), deserted });
    assert_eq!(plan.to_string(), expected);
}

#[test]
fn endpoints_go_with_their_service_whoever_made_them() {
    check(json!({MANAGED_BY: MANAGER}), false, "delete endpoints web\n");
    check(json!({}), true, "delete endpoints web\n");
}

#[test]
fn endpoints_that_never_had_a_service_stay() {
    check(json!({}), false, "");
}
