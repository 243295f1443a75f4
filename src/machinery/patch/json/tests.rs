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
    for (operation, why) in [
        (json!({"op": "test", "path": "/a", "value": 2}), "testing value /a failed"),
        (json!({"op": "test", "path": "/a"}), "testing value /a failed"),
        (json!({"op": "test", "path": "/x/y"}), "is missing path: /x/y"),
        (json!({"op": "test", "path": "/list/5"}), "Unable to access invalid index: 5"),
        (json!({"op": "remove", "path": "/b"}), "Unable to remove nonexistent key: b"),
        (json!({"op": "remove", "path": ""}), "doc is missing path"),
        (json!({"op": "remove", "path": "/list/1"}), "Unable to access invalid index: 1"),
        (json!({"op": "replace", "path": "/x/y", "value": 1}), "doc is missing path: /x/y"),
        (json!({"op": "replace", "path": "/list/-", "value": 1}), "doc is missing key: /list/-"),
        (json!({"op": "replace", "path": "", "value": 1}), "no object"),
        (json!({"op": "add", "path": "/a/y", "value": 1}), "doc is missing path"),
        (json!({"op": "add", "path": "/list/3", "value": 1}), "Unable to access invalid index: 3"),
        (
            json!({"op": "add", "path": "/list/-3", "value": 1}),
            "Unable to access invalid index: -3",
        ),
        (json!({"op": "move", "from": "/b", "path": "/c"}), "Unable to remove nonexistent key: b"),
        (
            json!({"op": "move", "from": "/map", "path": "/map/x"}),
            "missing destination path: /map/x",
        ),
        (json!({"op": "copy", "from": "", "path": "/c"}), "doc is missing from path"),
        (json!({"op": "explode", "path": "/a"}), "Unexpected kind: explode"),
        (json!({"op": "add"}), "operation missing path field"),
    ] {
        let error =
            apply(json!({"a": 1, "list": [1], "map": {}}), &json!([operation])).unwrap_err();
        assert_eq!(error.reason, Reason::Invalid);
        assert!(error.message.contains(why), "{operation}: {}", error.message);
    }
}

/// A list in a list in a list, and so on.
fn nested(levels: usize) -> serde_json::Value {
    (0..levels).fold(json!(1), |inner, _| json!([inner]))
}

#[test]
fn no_operation_nests_too_deep() {
    let below = |levels: usize| "/0".repeat(levels);
    let full = json!({"a": nested(100), "b": {}});
    for (operation, fits) in [
        (json!({"op": "add", "path": format!("/a{}", below(99)), "value": nested(20)}), true),
        (json!({"op": "add", "path": format!("/a{}", below(100)), "value": nested(20)}), false),
        (json!({"op": "replace", "path": format!("/a{}", below(100)), "value": nested(20)}), false),
        (json!({"op": "replace", "path": "", "value": {"c": nested(120)}}), false),
        (json!({"op": "copy", "from": "/a", "path": "/b/c"}), true),
        (json!({"op": "copy", "from": "/a", "path": format!("/a{}", below(20))}), false),
        (json!({"op": "move", "from": "/b", "path": format!("/a{}", below(99))}), true),
        (json!({"op": "move", "from": format!("/a{}", below(10)), "path": "/b/c"}), true),
    ] {
        let patched = apply(full.clone(), &json!([operation]));
        let deep = patched.as_ref().err().is_some_and(|error| error.message.contains("deeper"));
        assert_eq!(!deep, fits, "{operation}: {patched:?}");
    }
}

#[test]
fn operations_upon_operations_nest_no_deeper() {
    // Each puts what there is into a list of its own.
    let wrap = [
        json!({"op": "add", "path": "/b", "value": [null]}),
        json!({"op": "move", "from": "/a", "path": "/b/0"}),
        json!({"op": "move", "from": "/b", "path": "/a"}),
    ];
    let wraps = |times: usize| json!(wrap.iter().cycle().take(3 * times).collect::<Vec<_>>());
    assert!(apply(json!({"a": 1}), &wraps(119)).is_ok());
    let error = apply(json!({"a": 1}), &wraps(3_000)).unwrap_err();
    assert!(error.message.contains("deeper than 120 levels"), "{}", error.message);
}

#[test]
fn what_is_absent_counts_as_null() {
    for (operation, expected) in [
        (json!({"op": "test", "path": "/none", "value": null}), json!({"list": [1, 2]})),
        (json!({"op": "test", "path": "/none"}), json!({"list": [1, 2]})),
        (json!({"op": "replace", "path": "/none", "value": 1}), json!({"list": [1, 2], "none": 1})),
        (json!({"op": "add", "path": "/none"}), json!({"list": [1, 2], "none": null})),
        (json!({"op": "copy", "from": "/none", "path": "/b"}), json!({"list": [1, 2], "b": null})),
    ] {
        assert_eq!(apply(json!({"list": [1, 2]}), &json!([operation])).unwrap(), expected);
    }
}

#[test]
fn indexes_count_from_either_end() {
    for (operation, expected) in [
        (json!({"op": "add", "path": "/-1", "value": 0}), json!([1, 2, 0])),
        (json!({"op": "add", "path": "/-3", "value": 0}), json!([0, 1, 2])),
        (json!({"op": "add", "path": "/01", "value": 0}), json!([1, 0, 2])),
        (json!({"op": "replace", "path": "/-1", "value": 0}), json!([1, 0])),
        (json!({"op": "remove", "path": "/-2"}), json!([2])),
        (json!({"op": "test", "path": "/-1", "value": 2}), json!([1, 2])),
    ] {
        assert_eq!(apply(json!([1, 2]), &json!([operation])).unwrap(), expected, "{operation}");
    }
}

#[test]
fn a_whole_document_can_be_tested_and_replaced() {
    let patch = json!([
        {"op": "test", "path": "", "value": {"a": 1}},
        {"op": "replace", "path": "", "value": {"b": 2}},
    ]);
    assert_eq!(apply(json!({"a": 1}), &patch).unwrap(), json!({"b": 2}));
}

#[test]
fn what_is_no_patch_is_refused() {
    for patch in [json!({}), json!([1]), json!("add")] {
        assert_eq!(apply(json!({}), &patch).unwrap_err().reason, Reason::BadRequest);
    }
    let operation = json!({"op": "test", "path": "", "value": {}});
    let patch = vec![operation; super::MAX_OPERATIONS + 1].into();
    assert_eq!(apply(json!({}), &patch).unwrap_err().reason, Reason::RequestEntityTooLarge);
}

#[test]
fn copies_of_copies_come_to_an_end() {
    let double = |index: usize| json!({"op": "copy", "from": "/a", "path": format!("/a/{index}")});
    let patch: Vec<_> = (0..64).map(double).collect();
    let error = apply(json!({"a": {"text": "x".repeat(1_000)}}), &patch.into()).unwrap_err();
    assert_eq!(error.reason, Reason::Invalid);
    let expected = "Unable to complete the copy, the accumulated size increase of copy is ";
    assert!(error.message.contains(expected), "{}", error.message);
}

#[test]
fn long_lists_are_not_moved_for_ever() {
    let list = json!({"list": vec![0; 100_000]});
    for operation in [
        json!({"op": "add", "path": "/list/0", "value": 1}),
        json!({"op": "remove", "path": "/list/0"}),
        json!({"op": "move", "from": "/list/0", "path": "/list/-"}),
        json!({"op": "copy", "from": "/list/-1", "path": "/list/0"}),
    ] {
        let error = apply(list.clone(), &vec![operation.clone(); 600].into()).unwrap_err();
        assert_eq!(error.reason, Reason::Invalid);
        let expected = "the operations would move more than 50000000 items of lists";
        assert!(error.message.contains(expected), "{operation}: {}", error.message);
    }
    // At its end a list may grow as often as a patch has operations.
    let last = json!({"op": "add", "path": "/list/-", "value": 1});
    let patched = apply(list, &vec![last; 10_000].into()).unwrap();
    assert_eq!(patched["list"].as_array().unwrap().len(), 110_000);
}
