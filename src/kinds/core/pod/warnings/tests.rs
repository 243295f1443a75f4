use serde_json::json;

use super::super::Pod;
use crate::kind::Kind;

#[test]
fn a_writer_is_told_what_may_be_meant_differently() {
    let pod = json!({
        "metadata": { "name": "a.b" },
        "spec": {
            "nodeSelector": { "beta.kubernetes.io/os": "linux" },
            "imagePullSecrets": [{ "name": "a" }, { "name": "a" }, {}],
            "terminationGracePeriodSeconds": -1,
            "containers": [{
                "name": "a",
                "env": [{ "name": "A", "value": "1" }, { "name": "B" }, { "name": "A" }],
                "ports": [{ "containerPort": 80, "protocol": "TCP" }, { "containerPort": 80, "protocol": "UDP" },
                    { "containerPort": 80, "protocol": "TCP", "name": "again" }],
                "resources": { "requests": { "memory": "100m", "cpu": "100m" } },
            }],
        },
    });
    expect_test::expect![[r#"
        metadata.name: this is used in the Pod's hostname, which can result in surprising behavior; a DNS label is recommended: [must not contain dots]
        spec.nodeSelector[beta.kubernetes.io/os]: deprecated since v1.14; use "kubernetes.io/os" instead
        spec.imagePullSecrets[1].name: duplicate name "a"
        spec.imagePullSecrets[2].name: invalid empty name ""
        spec.terminationGracePeriodSeconds: must be >= 0; negative values are invalid and will be treated as 1
        spec.containers[0].resources.requests[memory]: fractional byte value "100m" is invalid, must be an integer
        spec.containers[0].env[2]: hides previous definition of "A", which may be dropped when using apply
        spec.containers[0].ports[2]: duplicate port definition with spec.containers[0].ports[0]"#]].assert_eq(&Pod.warnings(&pod).join("\n"));
}

#[test]
fn a_template_is_looked_at_as_a_pod_is() {
    let set = json!({ "spec": { "template": { "spec": { "containers": [
        { "name": "a", "env": [{ "name": "A" }, { "name": "A" }] },
    ] } } } });
    for kind in ["deployments", "replicasets", "statefulsets", "daemonsets"] {
        let told = crate::find("apps", "v1", kind).unwrap().warnings(&set);
        let expected = "spec.template.spec.containers[0].env[1]: hides previous definition of \"A\", which may be dropped \
             when using apply";
        assert_eq!(told, [expected], "{kind}");
    }
}

#[test]
fn a_template_within_a_template_is_looked_at_too() {
    let spec = json!({ "template": { "spec": { "imagePullSecrets": [{}] } } });
    let cron_job = json!({ "spec": { "jobTemplate": { "spec": spec } } });
    let kind = crate::find("batch", "v1", "cronjobs").unwrap();
    assert_eq!(
        kind.warnings(&cron_job),
        ["spec.jobTemplate.spec.template.spec.imagePullSecrets[0].name: invalid empty name \"\""]
    );
}

#[test]
fn who_creates_a_workload_is_told_what_its_pods_will_be_called() {
    let kinds = [
        ("apps", "deployments"),
        ("apps", "replicasets"),
        ("", "replicationcontrollers"),
        ("batch", "jobs"),
        ("batch", "cronjobs"),
    ];
    for (group, plural) in kinds {
        let kind = crate::find(group, "v1", plural).unwrap();
        let named = |name: &str| kind.creation_warnings(&json!({ "metadata": { "name": name } }));
        assert_eq!(
            named("web.v1"),
            [
                "metadata.name: this is used in Pod names and hostnames, which can result in surprising behavior; a DNS \
                 label is recommended: [must not contain dots]"
            ],
            "{plural}"
        );
        assert!(named("web").is_empty(), "{plural}");
    }
}

#[test]
fn a_template_that_stayed_is_not_talked_about_again() {
    let old = json!({
        "metadata": { "name": "web.v1", "generation": 1 },
        "spec": { "template": { "spec": { "imagePullSecrets": [{}] } } },
    });
    let kind = crate::find("apps", "v1", "deployments").unwrap();
    let mut new = old.clone();
    new["metadata"]["labels"] = json!({ "a": "b" });
    assert!(kind.change_warnings(&new, &old).is_empty());
    new["metadata"]["generation"] = json!(2);
    assert_eq!(
        kind.change_warnings(&new, &old),
        ["spec.template.spec.imagePullSecrets[0].name: invalid empty name \"\""]
    );
    assert!(Pod.change_warnings(&new, &old).is_empty());
}
