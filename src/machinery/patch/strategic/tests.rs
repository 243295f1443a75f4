//! Pins the merge against what `kubectl patch --local` makes of the same patches; `cases.json` holds its answers.

use serde_json::{Value, json};

use super::apply;
use crate::schema::sample;

fn merge(object: &Value, patch: &Value) -> Result<Value, String> {
    let schemas = sample::schemas();
    let kind = object["kind"].as_str().unwrap();
    let (group, version) =
        object["apiVersion"].as_str().and_then(|text| text.split_once('/')).unwrap_or(("", "v1"));
    let definition = schemas.by_gvk(group, version, kind).unwrap();
    apply(object.clone(), patch, &schemas, definition).map_err(|error| error.message)
}

#[test]
fn patches_merge_as_kubectl_merges_them() {
    let cases: Vec<Value> = serde_json::from_str(include_str!("cases.json")).unwrap();
    for case in &cases {
        let found = merge(&case["object"], &case["patch"]);
        match case.get("result") {
            Some(expected) => assert_eq!(found.as_ref(), Ok(expected), "{}", case["name"]),
            None => assert!(found.is_err(), "{}: {found:?}", case["name"]),
        }
    }
}

#[test]
fn directives_do_not_end_up_in_the_object() {
    let object = json!({"apiVersion": "v1", "kind": "Pod", "spec": {}});
    let patch = json!({"spec": {"volumes": [
        {"$retainKeys": ["name", "emptyDir"], "name": "v", "emptyDir": {}}
    ]}});
    let merged = merge(&object, &patch).unwrap();
    assert_eq!(merged["spec"], json!({"volumes": [{"name": "v", "emptyDir": {}}]}));
}

#[test]
fn errors_name_the_trouble() {
    let object =
        json!({"apiVersion": "v1", "kind": "Pod", "spec": {"containers": [{"name": "a"}]}});
    let error = |patch: Value| merge(&object, &patch).unwrap_err();
    assert_eq!(error(json!({"spec": {"$retainKeys": "x"}})), "invalid patch format of retainKeys");
    assert_eq!(
        error(json!({"spec": {"containers": [{"image": "x"}]}})),
        "map: {\"image\":\"x\"} does not contain declared merge key: name"
    );
    assert_eq!(error(json!({"spec": {"containers": [1]}})), "list element types are not identical");
    assert!(error(json!([])).contains("no object"));
}
