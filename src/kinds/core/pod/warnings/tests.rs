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
        spec.containers[0].resources.requests[memory]: fractional byte value "100m" is invalid, must be an integer
        spec.containers[0].env[2]: hides previous definition of "A", which may be dropped when using apply
        spec.containers[0].ports[2]: duplicate port definition with spec.containers[0].ports[0]
        spec.terminationGracePeriodSeconds: must be >= 0; negative values are invalid and will be treated as 1"#]].assert_eq(&Pod.warnings(&pod).join("\n"));
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

#[test]
fn what_is_out_of_date_is_told() {
    let term = json!({"matchExpressions": [{"key": "beta.kubernetes.io/os", "values": ["a b"]}]});
    let pod = json!({
        "metadata": {"annotations": {
            "security.alpha.kubernetes.io/sysctls": "",
            "seccomp.security.alpha.kubernetes.io/pod": "",
            "container.apparmor.security.beta.kubernetes.io/a": "",
        }},
        "spec": {
            "affinity": {
                "nodeAffinity": {
                    "requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [term]},
                    "preferredDuringSchedulingIgnoredDuringExecution": [{"preference": term}],
                },
                "podAntiAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [{"podAffinityTerm": {}}]},
            },
            "topologySpreadConstraints": [{"topologyKey": "node-role.kubernetes.io/master"}],
            "volumes": [{"gitRepo": {}}, {"storageos": {}}],
            "containers": [{"name": "a"}],
        },
    });
    let template = json!({"spec": {"template": pod}});
    let deployments = crate::find("apps", "v1", "deployments").unwrap();
    expect_test::expect![[r#"
        spec.template.spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0].matchExpressions[0].key: beta.kubernetes.io/os is deprecated since v1.14; use "kubernetes.io/os" instead
        spec.template.spec.affinity.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].preference.matchExpressions[0].key: beta.kubernetes.io/os is deprecated since v1.14; use "kubernetes.io/os" instead
        spec.template.spec.affinity.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].preference.matchExpressions[0].values[0]: a b is invalid, a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')
        spec.template.spec.topologySpreadConstraints[0].topologyKey: node-role.kubernetes.io/master is use "node-role.kubernetes.io/control-plane" instead
        spec.template.spec.topologySpreadConstraints[0].labelSelector: a null labelSelector results in matching no pod
        spec.template.metadata.annotations[security.alpha.kubernetes.io/sysctls]: non-functional in v1.11+; use the "sysctls" field instead
        spec.template.spec.volumes[0].gitRepo: deprecated in v1.11
        spec.template.spec.volumes[1].storageOS: deprecated in v1.22, non-functional in v1.25+
        spec.template.metadata.annotations[seccomp.security.alpha.kubernetes.io/pod]: non-functional in v1.27+; use the "seccompProfile" field instead
        spec.template.metadata.annotations[container.apparmor.security.beta.kubernetes.io/a]: deprecated since v1.30; use the "appArmorProfile" field instead
        spec.template.spec.affinity.podAntiAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].podAffinityTerm.labelSelector: a null labelSelector results in matching no pod"#]].assert_eq(&deployments.warnings(&template).join("\n"));
}

#[test]
fn what_gets_in_the_way_of_something_else_is_told() {
    let port = |host_port: i64, host: &str| json!({"containerPort": 80, "protocol": "TCP", "hostPort": host_port, "hostIP": host});
    let pod = json!({"metadata": {"name": "a"}, "spec": {
        "hostAliases": [{"ip": "10.0.0.1"}, {"ip": "10.0.0.1"}],
        "overhead": {"memory": "100m"},
        "volumes": [{"projected": {"sources": [
            {"serviceAccountToken": {"path": "token"}},
            {"configMap": {"items": [{"path": "other"}, {"path": "token"}]}},
        ]}}],
        "initContainers": [{"ports": [port(0, "10.0.0.1")]}],
        "containers": [{
            "env": [
                {"name": "PATH", "value": "a"},
                {"name": "PATH", "value": "$(PATH):b"},
                {"name": "PATH", "value": "$(PATH)"},
            ],
            "ports": [port(8080, ""), port(8080, "10.0.0.1")],
        }],
    }});
    expect_test::expect![[r#"
        spec.volumes[0].projected.sources.configMap[1]: has duplicated path with ServiceAccountToken "token"
        spec.hostAliases[1].ip: duplicate ip "10.0.0.1"
        spec.overhead[memory]: fractional byte value "100m" is invalid, must be an integer
        spec.containers[0].env[2]: hides previous definition of "PATH", which may be dropped when using apply
        spec.initContainers[0].ports[0]: hostIP set without hostPort: {Name: HostPort:0 ContainerPort:80 Protocol:TCP HostIP:10.0.0.1}
        spec.containers[0].ports[0]: overlapping port definition with spec.initContainers[0].ports[0]
        spec.containers[0].ports[1]: overlapping port definition with spec.initContainers[0].ports[0]
        spec.containers[0].ports[1]: dangerously ambiguous port definition with spec.containers[0].ports[0]"#]].assert_eq(&Pod.warnings(&pod).join("\n"));
}
