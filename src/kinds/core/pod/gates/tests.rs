use serde_json::{Value, json};

use crate::core::Pod;
use crate::core::pod::tests::valid;
use crate::fixture::{admitted, check_updates, problems_of_update};
use crate::kind::Kind;

/// Node affinity with these terms.
fn terms(terms: Value) -> Value {
    json!({"nodeAffinity": {
        "requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": terms},
    }})
}

fn wants(key: &str) -> Value {
    json!({"key": key, "operator": "Exists"})
}

fn gated() -> Value {
    let mut pod = valid();
    pod["spec"]["schedulingGates"] = json!([{"name": "quota"}]);
    pod["spec"]["nodeSelector"] = json!({"a": "1"});
    admitted(&Pod, pod)
}

#[test]
fn a_pod_that_is_held_back_says_so() {
    let pod = gated();
    let condition = &pod["status"]["conditions"][0];
    assert_eq!(
        (&condition["type"], &condition["status"]),
        (&json!("PodScheduled"), &json!("False"))
    );
    assert_eq!(condition["reason"], "SchedulingGated");
    assert_eq!(admitted(&Pod, valid())["status"].get("conditions"), None);
    let mut placed = pod;
    placed["spec"]["nodeName"] = json!("n");
    let errors = machinery::FieldErrors::new();
    Pod.validate_create(&placed, &errors);
    let errors: Vec<String> = errors.into_vec().iter().map(ToString::to_string).collect();
    let told =
        "spec.nodeName: Forbidden: cannot be set until all schedulingGates have been cleared";
    assert_eq!(errors, [told]);
}

#[test]
fn its_nodes_may_become_fewer() {
    check_updates(
        &Pod,
        &gated(),
        &[
            ("/spec/schedulingGates", json!(null), ""),
            ("/spec/nodeSelector", json!({"a": "1", "b": "2"}), ""),
            ("/spec/affinity", terms(json!([{"matchExpressions": [wants("a")]}])), ""),
            (
                "/spec/nodeSelector",
                json!({"a": "2"}),
                "spec.nodeSelector: Invalid value: {\"a\":\"2\"}: only additions to spec.nodeSelector are allowed \
                 (no mutations or deletions)",
            ),
        ],
    );
}

#[test]
fn its_terms_may_ask_for_more() {
    let mut old = gated();
    old["spec"]["affinity"] = terms(json!([{"matchExpressions": [wants("a")]}]));
    let path = "spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms";
    let changed = |affinity: Value| {
        let mut new = old.clone();
        new["spec"]["affinity"] = affinity;
        problems_of_update(&Pod, &new, &old)
    };
    assert_eq!(changed(terms(json!([{"matchExpressions": [wants("a"), wants("b")]}]))), "");
    let other = changed(terms(json!([{"matchExpressions": [wants("b")]}])));
    assert!(other.starts_with(&format!("{path}[0]: Invalid value: ")), "{other}");
    assert!(other.ends_with("only additions are allowed (no mutations or deletions)"), "{other}");
    let none = changed(terms(json!([])));
    let told = "no additions/deletions to non-empty NodeSelectorTerms list are allowed";
    assert!(none.ends_with(told), "{none}");
    let mut elsewhere = terms(json!([{"matchExpressions": [wants("a")]}]));
    elsewhere["podAffinity"] = json!({"preferredDuringSchedulingIgnoredDuringExecution": []});
    assert!(changed(elsewhere).contains("changed: spec.affinity"));
}
