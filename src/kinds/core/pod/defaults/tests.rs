use expect_test::expect;
use serde_json::{Value, json};

use super::pull_policy;
use crate::core::Pod;
use crate::kind::Kind;

fn defaulted(spec: Value) -> Value {
    let mut pod = json!({"spec": spec});
    Pod.set_defaults(&mut pod);
    pod["spec"].take()
}

#[test]
fn a_bare_pod_gets_what_kubernetes_gives_it() {
    let spec = defaulted(json!({"containers": [{"name": "web", "image": "hello"}]}));
    expect![[r#"
        {
          "containers": [
            {
              "image": "hello",
              "imagePullPolicy": "Always",
              "name": "web",
              "resources": {},
              "terminationMessagePath": "/dev/termination-log",
              "terminationMessagePolicy": "File"
            }
          ],
          "dnsPolicy": "ClusterFirst",
          "enableServiceLinks": true,
          "restartPolicy": "Always",
          "schedulerName": "default-scheduler",
          "securityContext": {},
          "terminationGracePeriodSeconds": 30
        }"#]]
    .assert_eq(&serde_json::to_string_pretty(&spec).unwrap());
}

#[test]
fn an_image_whose_tag_may_move_is_pulled_always() {
    for (image, policy) in [
        ("hello", "Always"),
        ("hello:latest", "Always"),
        ("localhost:5000/hello", "Always"),
        ("localhost:5000/hello:1", "IfNotPresent"),
        ("hello:1", "IfNotPresent"),
        ("hello@sha256:abc", "IfNotPresent"),
        ("hello:latest@sha256:abc", "IfNotPresent"),
        ("", "IfNotPresent"),
    ] {
        assert_eq!(pull_policy(image), policy, "{image}");
    }
}

#[test]
fn probes_ports_and_references_are_completed() {
    let spec = defaulted(
        json!({"containers": [{"name": "web", "image": "hello:1", "ports": [{"containerPort": 80}],
        "env": [{"name": "A", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
            {"name": "B", "valueFrom": {"resourceFieldRef": {"resource": "limits.cpu"}}}],
        "livenessProbe": {"httpGet": {"port": 80}, "periodSeconds": 3},
        "startupProbe": {"grpc": {"port": 80}},
        "lifecycle": {"preStop": {"httpGet": {"port": 80}}}}]}),
    );
    let container = &spec["containers"][0];
    assert_eq!(container["ports"], json!([{"containerPort": 80, "protocol": "TCP"}]));
    assert_eq!(container["env"][0]["valueFrom"]["fieldRef"]["apiVersion"], "v1");
    assert_eq!(container["env"][1]["valueFrom"]["resourceFieldRef"]["divisor"], "0");
    assert_eq!(
        container["livenessProbe"],
        json!({"httpGet": {"port": 80, "path": "/", "scheme": "HTTP"}, "timeoutSeconds": 1, "periodSeconds": 3,
            "successThreshold": 1, "failureThreshold": 3})
    );
    assert_eq!(container["startupProbe"]["grpc"]["service"], "");
    assert_eq!(container["lifecycle"]["preStop"]["httpGet"]["path"], "/");
}

#[test]
fn volumes_are_completed_by_their_type() {
    let spec = defaulted(
        json!({"containers": [], "volumes": [{"name": "a"}, {"name": "b", "secret": {"secretName": "s"}},
        {"name": "c", "hostPath": {"path": "/x"}}, {"name": "d", "image": {"reference": "r:1"}},
        {"name": "e", "projected": {"sources": [{"serviceAccountToken": {"path": "t"}},
            {"downwardAPI": {"items": [{"path": "p", "fieldRef": {"fieldPath": "metadata.name"}}]}}]}},
        {"name": "f", "configMap": {"name": "m", "defaultMode": 256}}]}),
    );
    let volumes = &spec["volumes"];
    assert_eq!(volumes[0], json!({"name": "a", "emptyDir": {}}));
    assert_eq!(volumes[1]["secret"]["defaultMode"], 420);
    assert_eq!(volumes[2]["hostPath"]["type"], "");
    assert_eq!(volumes[3]["image"]["pullPolicy"], "IfNotPresent");
    let projected = &volumes[4]["projected"];
    assert_eq!(projected["defaultMode"], 420);
    assert_eq!(projected["sources"][0]["serviceAccountToken"]["expirationSeconds"], 3600);
    assert_eq!(projected["sources"][1]["downwardAPI"]["items"][0]["fieldRef"]["apiVersion"], "v1");
    assert_eq!(volumes[5]["configMap"]["defaultMode"], 256);
}

#[test]
fn a_pod_asks_for_its_limits_but_a_template_does_not() {
    let containers = json!([{"name": "a", "image": "b", "resources": {"limits": {"cpu": "1", "memory": "1Gi"},
        "requests": {"cpu": "1m"}}}]);
    let pod = defaulted(json!({ "containers": containers }));
    assert_eq!(
        pod["containers"][0]["resources"]["requests"],
        json!({"cpu": "1m", "memory": "1Gi"})
    );
    let mut workload = json!({"spec": {"template": {"spec": {"containers": containers}}}});
    super::super::template::set_defaults(&mut workload);
    let container = &workload["spec"]["template"]["spec"]["containers"][0];
    assert_eq!(container["resources"]["requests"], json!({"cpu": "1m"}));
}

#[test]
fn the_account_has_two_names() {
    let spec = defaulted(json!({"containers": [], "serviceAccount": "me"}));
    assert_eq!(spec["serviceAccountName"], "me");
    let spec =
        defaulted(json!({"containers": [], "serviceAccountName": "you", "serviceAccount": "me"}));
    assert_eq!(spec["serviceAccount"], "you");
}

#[test]
fn ports_on_the_network_of_the_host_are_host_ports() {
    let spec =
        defaulted(json!({"hostNetwork": true, "containers": [{"ports": [{"containerPort": 80}]}]}));
    assert_eq!(spec["containers"][0]["ports"][0]["hostPort"], 80);
}

/// KEP-2837.
#[test]
fn a_pod_limited_as_a_whole_asks_for_what_its_containers_ask_for() {
    let spec = defaulted(json!({
        "resources": {"limits": {"cpu": "2", "memory": "1Gi", "hugepages-2Mi": "4Mi"}},
        "containers": [
            {"name": "a", "image": "a:1", "resources": {"requests": {"cpu": "100m", "ephemeral-storage": "1"}}},
            {"name": "b", "image": "b:1", "resources": {"requests": {"cpu": "100m"}}},
        ],
    }));
    let expected = json!({"cpu": "200m", "memory": "1Gi", "hugepages-2Mi": "4Mi"});
    assert_eq!(spec["resources"]["requests"], expected);
    let spec = defaulted(json!({"resources": {"requests": {"cpu": "1"}}, "containers": []}));
    assert_eq!(spec["resources"], json!({"requests": {"cpu": "1"}}));
}

#[test]
fn amounts_are_kept_to_a_thousandth() {
    let spec = defaulted(json!({"containers": [
        {"name": "a", "image": "a:1", "resources": {"limits": {"cpu": "100u", "memory": "1500u"}}},
    ]}));
    let expected = json!({"cpu": "1m", "memory": "2m"});
    assert_eq!(
        spec["containers"][0]["resources"],
        json!({"limits": expected, "requests": expected})
    );
}
