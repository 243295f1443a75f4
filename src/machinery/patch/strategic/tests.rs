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

#[test]
fn lists_as_long_as_a_body_merge_in_no_time() {
    let object = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {}, "spec": {}});
    let names: Vec<String> = (0..100_000).map(|number| format!("a/{number}")).collect();
    let backwards: Vec<&String> = names.iter().rev().collect();
    let set = json!({"metadata": {
        "finalizers": names, "$setElementOrder/finalizers": names,
    }});
    let with_set = merge(&object, &set).unwrap();
    assert_eq!(with_set["metadata"]["finalizers"], json!(names));
    let turned = json!({"metadata": {"$setElementOrder/finalizers": backwards}});
    let turned = merge(&with_set, &turned).unwrap();
    assert_eq!(turned["metadata"]["finalizers"], json!(backwards));
    let gone = json!({"metadata": {"$deleteFromPrimitiveList/finalizers": names}});
    assert_eq!(merge(&turned, &gone).unwrap()["metadata"]["finalizers"], json!([]));

    let owner = |name: &String| json!({"uid": name, "name": "o"});
    let owners: Vec<Value> = names.iter().map(owner).collect();
    let keyed = json!({"metadata": {"ownerReferences": owners}});
    let with_keyed = merge(&object, &keyed).unwrap();
    assert_eq!(merge(&with_keyed, &keyed).unwrap(), with_keyed);
    let delete = |name: &String| json!({"uid": name, "$patch": "delete"});
    let deleted: Vec<Value> = names.iter().map(delete).collect();
    let gone = merge(&with_keyed, &json!({"metadata": {"ownerReferences": deleted}})).unwrap();
    assert_eq!(gone["metadata"]["ownerReferences"], json!([]));
}
