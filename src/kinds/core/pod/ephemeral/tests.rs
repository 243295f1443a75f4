use expect_test::expect;
use serde_json::json;

use super::super::Pod;
use super::*;
use crate::fixture::{admitted, problems, with};
use crate::kind::Kind;

fn pod() -> Value {
    let mut pod = admitted(
        &Pod,
        json!({
            "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p", "namespace": "n"},
            "spec": {"containers": [{"name": "main", "image": "hello"}]},
        }),
    );
    pod["spec"][LIST] = json!([debugger("first")]);
    pod
}

fn debugger(name: &str) -> Value {
    json!({
        "name": name, "image": "tools", "targetContainerName": "main", "imagePullPolicy": "IfNotPresent",
        "terminationMessagePolicy": "File", "terminationMessagePath": "/dev/termination-log",
    })
}

/// What becomes of the pod whose ephemeral containers are replaced, and what is wrong with it.
fn written(list: Value) -> (Value, String) {
    let old = pod();
    let mut new = with(&old, "/spec/ephemeralContainers", list);
    new["spec"]["containers"][0]["image"] = json!("other");
    new["metadata"]["labels"] = json!({"a": "b"});
    Pod.prepare_below("ephemeralcontainers", &mut new, &old);
    let errors = FieldErrors::new();
    Pod.validate_below("ephemeralcontainers", &new, &old, &errors);
    let lines = errors.into_vec().into_iter().map(|error| error.to_string());
    (new, lines.collect::<Vec<_>>().join("\n"))
}

#[test]
fn a_container_is_added_and_nothing_else_changes() {
    let (new, problems) = written(json!([debugger("first"), debugger("second")]));
    assert_eq!(problems, "");
    assert_eq!(new["spec"][LIST].as_array().unwrap().len(), 2);
    assert_eq!(new["spec"]["containers"][0]["image"], "hello");
    assert_eq!(new["metadata"].get("labels"), None);
}

#[test]
fn containers_stay_as_they_are() {
    expect!["spec.ephemeralContainers: Forbidden: existing ephemeral containers \"first\" may not be removed\n"]
        .assert_eq(&written(json!([])).1);
    let mut changed = debugger("first");
    changed["image"] = json!("other");
    expect!["spec.ephemeralContainers: Forbidden: existing ephemeral containers \"first\" may not be changed\n"]
        .assert_eq(&written(json!([changed])).1);
}

#[test]
fn a_container_that_looks_at_nothing_or_asks_for_too_much_is_refused() {
    let mut lost = debugger("second");
    lost["targetContainerName"] = json!("nobody");
    lost["ports"] = json!([{"containerPort": 1, "protocol": "TCP"}]);
    lost["resources"] = json!({"limits": {"cpu": "1"}});
    lost["lifecycle"] = json!({});
    expect![[r#"
        spec.ephemeralContainers[1].lifecycle: Forbidden: cannot be set for an Ephemeral Container
        spec.ephemeralContainers[1].ports: Forbidden: cannot be set for an Ephemeral Container
        spec.ephemeralContainers[1].resources: Forbidden: cannot be set for an Ephemeral Container
        spec.ephemeralContainers[1].targetContainerName: Not found: "nobody""#]]
    .assert_eq(&written(json!([debugger("first"), lost])).1);
    let (_, twice) = written(json!([debugger("first"), debugger("main")]));
    assert_eq!(twice, "spec.ephemeralContainers[1].name: Duplicate value: \"main\"");
}

#[test]
fn a_new_pod_has_none() {
    let errors = FieldErrors::new();
    crate::validate_create(&Pod, &pod(), &errors);
    let words = errors.to_string();
    assert_eq!(words, "spec.ephemeralContainers: Forbidden: cannot be set on create");
    assert_eq!(problems(&Pod, &pod()), "");
}
