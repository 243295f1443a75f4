//! JSON patches apply as a whole or not at all.

use serde_json::json;

use super::apply;
use crate::Reason;

#[test]
fn operations_apply_in_order() {
    let patch = json!([
        {"op": "test", "path": "/a", "value": 1},
        {"op": "add", "path": "/list/-", "value": 3},
        {"op": "add", "path": "/list/0", "value": 0},
        {"op": "replace", "path": "/a", "value": 2},
        {"op": "move", "from": "/a", "path": "/b~1c"},
        {"op": "remove", "path": "/gone"},
    ]);
    let object = json!({"a": 1, "list": [1], "gone": null});
    assert_eq!(apply(object, &patch).unwrap(), json!({"b/c": 2, "list": [0, 1, 3]}));
}

#[test]
fn a_failed_operation_fails_the_patch() {
    for patch in [
        json!([{"op": "test", "path": "/a", "value": 2}]),
        json!([{"op": "remove", "path": "/b"}]),
        json!([{"op": "replace", "path": "/b", "value": 1}]),
        json!([{"op": "add", "path": "/x/y", "value": 1}]),
    ] {
        let error = apply(json!({"a": 1}), &patch).unwrap_err();
        assert_eq!(error.reason, Reason::Invalid);
    }
}

#[test]
fn what_is_no_patch_is_refused() {
    for patch in [json!({}), json!([{"op": "explode", "path": "/a"}]), json!([{"op": "add"}])] {
        assert_eq!(apply(json!({}), &patch).unwrap_err().reason, Reason::BadRequest);
    }
    let operation = json!({"op": "test", "path": "", "value": {}});
    let patch = vec![operation; super::MAX_OPERATIONS + 1].into();
    assert_eq!(apply(json!({}), &patch).unwrap_err().reason, Reason::RequestEntityTooLarge);
}
