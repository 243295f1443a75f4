use serde_json::json;

use super::FORBIDDEN;
use crate::core::Pod;
use crate::core::pod::tests::valid;
use crate::fixture::check_updates;

#[test]
fn images_and_new_tolerations_may_change() {
    check_updates(
        &Pod,
        &valid(),
        &[
            ("/spec/containers/0/image", json!("other"), ""),
            ("/spec/initContainers/0/image", json!("other"), ""),
            ("/spec/activeDeadlineSeconds", json!(5), ""),
            ("/spec/tolerations/1", json!({"key": "x", "operator": "Exists"}), ""),
            ("/metadata/labels", json!({"a": "b"}), ""),
        ],
    );
}

#[test]
fn nothing_else_may() {
    let forbidden = |changed: &str| format!("spec: Forbidden: {FORBIDDEN}\nchanged: {changed}");
    check_updates(
        &Pod,
        &valid(),
        &[
            ("/spec/containers/0/env", json!(null), &forbidden("spec.containers")),
            ("/spec/nodeSelector", json!({"a": "b"}), &forbidden("spec.nodeSelector")),
            (
                "/spec/terminationGracePeriodSeconds",
                json!(5),
                &forbidden("spec.terminationGracePeriodSeconds"),
            ),
            (
                "/spec/containers/1",
                json!({"name": "b", "image": "b", "imagePullPolicy": "Always", "terminationMessagePolicy": "File"}),
                "spec.containers: Forbidden: pod updates may not add or remove containers",
            ),
            (
                "/spec/tolerations/0/key",
                json!("other"),
                "spec.tolerations: Forbidden: existing toleration can not be modified except its tolerationSeconds",
            ),
            (
                "/spec/schedulingGates",
                json!([{"name": "g"}]),
                "spec.schedulingGates[0]: Forbidden: only deletion is allowed, but found new scheduling gate 'g'",
            ),
        ],
    );
}

#[test]
fn a_deadline_only_comes_nearer() {
    let mut pod = valid();
    pod["spec"]["activeDeadlineSeconds"] = json!(10);
    check_updates(
        &Pod,
        &pod,
        &[
            ("/spec/activeDeadlineSeconds", json!(5), ""),
            (
                "/spec/activeDeadlineSeconds",
                json!(20),
                "spec.activeDeadlineSeconds: Invalid value: 20: must be less than or equal to previous value",
            ),
            (
                "/spec/activeDeadlineSeconds",
                json!(null),
                "spec.activeDeadlineSeconds: Invalid value: \"null\": must not update from a positive integer to nil value",
            ),
        ],
    );
}

#[test]
fn very_many_gates_and_tolerations_are_looked_at_once() {
    let mut old = valid();
    let (gates, tolerations): (Vec<_>, Vec<_>) = (0..20_000)
        .map(|number| {
            let name = format!("g{number}");
            (json!({ "name": name }), json!({"key": name, "operator": "Exists"}))
        })
        .unzip();
    old["spec"]["schedulingGates"] = gates.into();
    old["spec"]["tolerations"] = tolerations.into();
    let mut new = old.clone();
    new["spec"]["schedulingGates"].as_array_mut().unwrap().pop();
    let errors = machinery::FieldErrors::new();
    super::validate(&new, &old, &errors);
    assert!(errors.is_empty());
}
