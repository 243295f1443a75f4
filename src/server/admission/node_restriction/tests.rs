use serde_json::json;

use super::*;

#[test]
fn a_kubelet_sets_the_labels_that_describe_its_machine() {
    let cases = [
        ("kubernetes.io/hostname", true),
        ("topology.kubernetes.io/zone", true),
        ("node.kubernetes.io/anything", true),
        ("isopod.dev/wasi", true),
        ("plain", true),
        ("node-restriction.kubernetes.io/team", false),
        ("team.node-restriction.kubernetes.io/a", false),
        ("node-role.kubernetes.io/control-plane", false),
        ("kubernetes.io/role", false),
    ];
    for (label, allowed) in cases {
        assert_eq!(is_kubelets(label), allowed, "{label}");
    }
}

#[test]
fn labels_that_stay_as_they_are_are_nobodys_change() {
    let node = |labels: Value| json!({"metadata": {"labels": labels}});
    let reserved = node(json!({"node-restriction.kubernetes.io/a": "b"}));
    assert!(forbidden_labels(&reserved, Some(&reserved)).is_empty());
    assert_eq!(forbidden_labels(&reserved, None).len(), 1);
    assert_eq!(forbidden_labels(&node(json!({})), Some(&reserved)).len(), 1);
}
