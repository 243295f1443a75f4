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
        metadata.name: this is used in the Pod's hostname, which can result in surprising behavior; a DNS label is recommended: [a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')]
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
