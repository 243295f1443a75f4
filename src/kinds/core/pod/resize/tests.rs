use expect_test::expect;
use serde_json::json;

use super::super::Pod;
use super::*;
use crate::fixture::admitted;
use crate::kind::Kind;

fn pod() -> Value {
    let resources = json!({
        "requests": {"cpu": "1", "memory": "64Mi", "ephemeral-storage": "1Gi"}, "limits": {"cpu": "2"},
    });
    admitted(
        &Pod,
        json!({
            "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p", "namespace": "n"},
            "spec": {
                "initContainers": [{"name": "first", "image": "hello"}],
                "containers": [{"name": "main", "image": "hello", "resources": resources}],
            },
        }),
    )
}

/// What becomes of the resources of the main container, and what is wrong with the pod.
fn written(change: impl Fn(&mut Value)) -> (Value, String) {
    let old = pod();
    let mut new = old.clone();
    change(&mut new["spec"]);
    new["spec"]["containers"][0]["image"] = json!("other");
    Pod.prepare_below("resize", &mut new, &old);
    assert_eq!(new["spec"]["containers"][0]["image"], "hello", "only resources change");
    let errors = FieldErrors::new();
    Pod.validate_below("resize", &new, &old, &errors);
    let lines = errors.into_vec().into_iter().map(|error| error.to_string());
    let problems = lines.collect::<Vec<_>>().join("\n");
    (new["spec"]["containers"][0]["resources"].clone(), problems)
}

#[test]
fn processor_and_memory_change() {
    let (resources, problems) = written(|spec| {
        spec["containers"][0]["resources"]["requests"]["memory"] = json!("128Mi");
        spec["containers"][0]["resources"]["limits"]["memory"] = json!("256Mi");
    });
    assert_eq!(problems, "");
    assert_eq!(resources["requests"]["memory"], "128Mi");
    assert_eq!(resources["limits"]["memory"], "256Mi");
}

#[test]
fn other_resources_stay_and_none_is_taken_away() {
    let (_, problems) = written(|spec| {
        let resources = &mut spec["containers"][0]["resources"];
        resources["requests"]["ephemeral-storage"] = json!("2Gi");
        resources["limits"].as_object_mut().unwrap().remove("cpu");
        resources["limits"]["hugepages-2Mi"] = json!("2Mi");
    });
    expect![[r"
        spec.containers[0].resources.limits: Forbidden: resource limits cannot be removed
        spec.containers[0].resources.limits: Forbidden: only cpu and memory resources are mutable
        spec.containers[0].resources.requests: Forbidden: only cpu and memory resources are mutable"]]
    .assert_eq(&problems);
}

#[test]
fn the_class_of_the_pod_stays_and_so_do_containers_that_only_begin_it() {
    let (_, problems) = written(|spec| {
        spec["containers"][0]["resources"]["requests"] =
            json!({"cpu": "2", "memory": "1Gi", "ephemeral-storage": "1Gi"});
        spec["containers"][0]["resources"]["limits"] = json!({"cpu": "2", "memory": "1Gi"});
        spec["initContainers"][0]["resources"] = json!({"requests": {"cpu": "2", "memory": "1Gi"}, "limits": {"cpu": "2", "memory": "1Gi"}});
    });
    expect![[r#"
        spec: Invalid value: "Guaranteed": Pod QOS Class may not change as a result of resizing
        spec.initContainers[0].resources: Forbidden: only sidecar containers can be resized among the init containers"#]]
    .assert_eq(&problems);
}

#[test]
fn very_many_containers_are_looked_at_once() {
    let containers = |cpu: &str| -> Vec<Value> {
        let one =
            |number| json!({"name": format!("c{number}"), "resources": {"requests": {"cpu": cpu}}});
        (0..20_000).map(one).collect()
    };
    let mut pod = json!({"spec": {"containers": containers("1")}});
    let sent = json!({"spec": {"containers": containers("2")}});
    super::take_over(&mut pod, &sent);
    assert_eq!(pod, sent);
}
