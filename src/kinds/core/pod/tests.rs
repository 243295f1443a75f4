use serde_json::{Value, json};

use super::Pod;
use crate::fixture::{admitted, check};
use crate::kind::Kind;

/// A pod that uses much of what a pod may say.
pub(super) fn valid() -> Value {
    json!({"apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": "web", "namespace": "default", "creationTimestamp": "2026-01-02T03:00:00Z"},
        "spec": {
            "initContainers": [{"name": "prepare", "image": "prepare:1"}],
            "containers": [{
                "name": "web", "image": "hello",
                "ports": [{"name": "http", "containerPort": 8080}],
                "env": [
                    {"name": "A", "value": "1"},
                    {"name": "NODE", "valueFrom": {"fieldRef": {"fieldPath": "spec.nodeName"}}},
                    {"name": "LABEL", "valueFrom": {"fieldRef": {"fieldPath": "metadata.labels['app']"}}},
                    {"name": "CPU", "valueFrom": {"resourceFieldRef": {"resource": "limits.cpu"}}},
                    {"name": "KEY", "valueFrom": {"configMapKeyRef": {"name": "settings", "key": "a"}}}],
                "envFrom": [{"secretRef": {"name": "hidden"}}],
                "volumeMounts": [{"name": "data", "mountPath": "/data"}],
                "readinessProbe": {"httpGet": {"port": "http"}},
                "livenessProbe": {"tcpSocket": {"port": 8080}},
                "resources": {"limits": {"cpu": "1", "memory": "64Mi"}, "requests": {"cpu": "100m"}}}],
            "volumes": [{"name": "data"}, {"name": "settings", "configMap": {"name": "settings"}},
                {"name": "all", "projected": {"sources": [{"serviceAccountToken": {"path": "token"}}]}}],
            "tolerations": [{"key": "k", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300}]}})
}

#[test]
fn a_pod_needs_containers_and_known_policies() {
    check(
        &Pod,
        &valid(),
        &[
            ("/spec/containers", json!(null), "spec.containers: Required value"),
            (
                "/spec/restartPolicy",
                json!("Sometimes"),
                "spec.restartPolicy: Unsupported value: \"Sometimes\": supported values: \"Always\", \"Never\", \
                 \"OnFailure\"",
            ),
            (
                "/spec/dnsPolicy",
                json!("Mine"),
                "spec.dnsPolicy: Unsupported value: \"Mine\": supported values: \"ClusterFirst\", \
                 \"ClusterFirstWithHostNet\", \"Default\", \"None\"",
            ),
            (
                "/spec/activeDeadlineSeconds",
                json!(0),
                "spec.activeDeadlineSeconds: Invalid value: 0: must be between 1 and 2147483647, inclusive",
            ),
            ("/spec/terminationGracePeriodSeconds", json!(-1), ""),
        ],
    );
}

#[test]
fn a_new_pod_is_pending_whatever_its_writer_says() {
    let mut pod = valid();
    pod["status"] = json!({"phase": "Running", "podIP": "1.2.3.4"});
    assert_eq!(admitted(&Pod, pod)["status"], json!({"phase": "Pending", "qosClass": "Burstable"}));
}

#[test]
fn a_pod_that_runs_nowhere_or_no_more_is_deleted_at_once() {
    let mut pod = admitted(&Pod, valid());
    assert_eq!(Pod.default_grace_seconds(&pod), Some(30));
    assert!(Pod.deletes_at_once(&pod));
    pod["spec"]["nodeName"] = json!("n");
    assert!(!Pod.deletes_at_once(&pod));
    pod["status"]["phase"] = json!("Failed");
    assert!(Pod.deletes_at_once(&pod));
}

#[test]
fn a_status_write_changes_only_the_status() {
    let old = admitted(&Pod, valid());
    let mut new = old.clone();
    new["spec"] = json!({"containers": []});
    new["metadata"]["labels"] = json!({"a": "b"});
    new["metadata"]["name"] = json!("other");
    new["status"] = json!({"phase": "Running"});
    Pod.prepare_status_update(&mut new, &old);
    assert_eq!(new["spec"], old["spec"]);
    assert_eq!(new["metadata"]["name"], "web");
    assert_eq!(new["metadata"]["labels"]["a"], "b");
    assert_eq!(new["status"], json!({"phase": "Running", "qosClass": "Burstable"}));
}

#[test]
fn an_update_keeps_the_status() {
    let old = admitted(&Pod, valid());
    let mut new = old.clone();
    new["status"] = json!({"phase": "Succeeded"});
    Pod.prepare_update(&mut new, &old);
    assert_eq!(new["status"], old["status"]);
}

#[test]
fn field_selectors_see_what_is_missing_as_empty_or_false() {
    let pod = admitted(&Pod, valid());
    let value = |name: &str| {
        let label = Pod.selectable().iter().find(|label| label.label == name).unwrap();
        label.read(&pod).into_owned()
    };
    assert_eq!(value("spec.nodeName"), "");
    assert_eq!(value("spec.hostNetwork"), "false");
    assert_eq!(value("status.phase"), "Pending");
}

#[test]
fn ports_of_the_node_are_filled_in_for_pods_and_not_for_templates() {
    let spec = json!({ "hostNetwork": true, "containers": [
        { "name": "a", "image": "b", "ports": [{ "containerPort": 80 }, { "containerPort": 81, "hostPort": 82 }] },
    ] });
    let mut pod = json!({ "spec": spec });
    Pod.set_defaults(&mut pod);
    assert_eq!(pod["spec"]["containers"][0]["ports"][0]["hostPort"], 80);
    let mut deployment = json!({ "spec": { "template": { "spec": spec } } });
    crate::apps::Deployment.set_defaults(&mut deployment);
    let ports = &deployment["spec"]["template"]["spec"]["containers"][0]["ports"];
    assert_eq!(ports[0].get("hostPort"), None);
}

#[test]
fn a_negative_grace_is_a_second() {
    let grace = |seconds| {
        let pod = json!({"spec": {"terminationGracePeriodSeconds": seconds}});
        Pod.default_grace_seconds(&pod)
    };
    assert_eq!((grace(-7), grace(0), grace(8)), (Some(1), Some(0), Some(8)));
}

#[test]
fn a_writer_of_the_status_that_knows_no_generations_keeps_them() {
    let pod = |status| json!({"metadata": {"name": "a"}, "spec": {}, "status": status});
    let old = pod(json!({"observedGeneration": 3, "conditions": [
        {"type": "Ready", "status": "True", "observedGeneration": 2}, {"type": "Own", "status": "True"},
    ]}));
    let mut new = pod(json!({"conditions": [
        {"type": "Own", "status": "False"}, {"type": "Ready", "status": "False"},
        {"type": "New", "status": "True", "observedGeneration": 4},
    ]}));
    Pod.prepare_status_update(&mut new, &old);
    assert_eq!(new["status"]["observedGeneration"], 3);
    let seen = |index: usize| new["status"]["conditions"][index].get("observedGeneration").cloned();
    assert_eq!((seen(0), seen(1), seen(2)), (None, Some(2.into()), Some(4.into())));
}
