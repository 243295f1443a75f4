use expect_test::expect;
use serde_json::{Value, json};

use super::both_address_fields;
use crate::core::Pod;
use crate::fixture::{admitted, refused_changes_of_status};

fn pod(policy: &str) -> Value {
    let mut pod = admitted(
        &Pod,
        json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web", "namespace": "default"},
        "spec": {"restartPolicy": policy, "resourceClaims": [{"name": "gpu"}], "initContainers": [
            {"name": "first", "image": "hello"},
            {"name": "aside", "image": "hello", "restartPolicy": "Always"},
        ], "containers": [
            {"name": "a", "image": "hello", "resources": {"claims": [{"name": "gpu", "request": "one"}]}},
            {"name": "b", "image": "hello", "restartPolicy": "Always"},
        ]}}),
    );
    let ended =
        |name: &str, code: i64| json!({"name": name, "state": {"terminated": {"exitCode": code}}});
    pod["status"]["containerStatuses"] = json!([ended("a", 0), ended("b", 0)]);
    pod["status"]["initContainerStatuses"] = json!([ended("first", 0), ended("aside", 0)]);
    pod
}

#[test]
fn what_a_kubelet_cannot_mean_is_refused() {
    let changes = &[
        ("/status/nominatedNodeName", json!("a/b")),
        ("/status/qosClass", json!("Guaranteed")),
        ("/status/containerStatuses/0/state", json!({"running": {}})),
        ("/status/containerStatuses/1/state", json!({"running": {}})),
        (
            "/status/resourceClaimStatuses",
            json!([{"name": "gpu"}, {"name": "gpu"}, {"name": "cpu"}]),
        ),
        ("/status/conditions", json!([{"type": "Ready"}, {"type": "a b"}])),
        (
            "/status/initContainerStatuses",
            json!([{"name": "first", "state": {"running": {}}}, {"name": "aside", "state": {"running": {}}}]),
        ),
        ("/status/containerStatuses/0/user", json!({"linux": {"uid": -1, "gid": 0}})),
        (
            "/status/containerStatuses/0/allocatedResourcesStatus",
            json!([{"name": "claim:gpu"}, {"name": "claim:gpu/one"}, {"name": "cpu",
                "resources": [{"resourceID": "0", "health": "Fine"}, {"resourceID": "0", "health": "Unknown"}]}]),
        ),
        (
            "/status/ephemeralContainerStatuses",
            json!([{"name": "x", "allocatedResourcesStatus": [{"name": "cpu"}]}]),
        ),
        ("/metadata/annotations", json!({"kubernetes.io/config.mirror": "x"})),
        ("/status/podIP", json!("x")),
        ("/status/hostIPs", json!([{"ip": "10.0.0.1"}, {"ip": "10.0.0.2"}])),
    ];
    expect![[r#"
        /status/nominatedNodeName = "a/b"
            status.nominatedNodeName: Invalid value: "a/b": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')
        /status/qosClass = "Guaranteed"
            status.qosClass: Invalid value: "Guaranteed": field is immutable
        /status/containerStatuses/0/state = {"running":{}}
            status.containerStatuses[0].state: Forbidden: may not be transitioned to non-terminated state
        /status/containerStatuses/1/state = {"running":{}}
            is fine
        /status/resourceClaimStatuses = [{"name":"gpu"},{"name":"gpu"},{"name":"cpu"}]
            status.resourceClaimStatuses[1].name: Duplicate value: "gpu"
            status.resourceClaimStatuses[2].name: Invalid value: "cpu": must match the name of an entry in `spec.resourceClaims`
        /status/conditions = [{"type":"Ready"},{"type":"a b"}]
            metadata.conditions[1].Type: Invalid value: "a b": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')
        /status/initContainerStatuses = [{"name":"first","state":{"running":{}}},{"name":"aside","state":{"running":{}}}]
            status.initContainerStatuses[0].state: Forbidden: may not be transitioned to non-terminated state
        /status/containerStatuses/0/user = {"linux":{"gid":0,"uid":-1}}
            status.containerStatuses[0].linux.uid: Invalid value: -1: must be between 0 and 2147483647, inclusive
        /status/containerStatuses/0/allocatedResourcesStatus = [{"name":"claim:gpu"},{"name":"claim:gpu/one"},{"name":"cpu","resources":[{"health":"Fine","resourceID":"0"},{"health":"Unknown","resourceID":"0"}]}]
            status.containerStatuses[0].allocatedResourcesStatus[0].name: Invalid value: "claim:gpu": must match one of the container's resource claims in a format 'claim:<claimName>/<request>' or 'claim:<claimName>' if request is empty
            status.containerStatuses[0].allocatedResourcesStatus[2].name: Invalid value: "cpu": must match one of the container's resource requests
            status.containerStatuses[0].allocatedResourcesStatus[2].resources[0].health: Unsupported value: "Fine": supported values: "Healthy", "Unhealthy", "Unknown"
            status.containerStatuses[0].allocatedResourcesStatus[2].resources[1].resourceID: Duplicate value: "0"
        /status/ephemeralContainerStatuses = [{"allocatedResourcesStatus":[{"name":"cpu"}],"name":"x"}]
            status.ephemeralContainerStatuses[0].allocatedResourcesStatus: Forbidden: must not be specified in container status
        /metadata/annotations = {"kubernetes.io/config.mirror":"x"}
            metadata.annotations[kubernetes.io/config.mirror]: Forbidden: may not add mirror pod annotation
            metadata.annotations[kubernetes.io/config.mirror]: Invalid value: "x": must set spec.nodeName if mirror pod annotation is set
        /status/podIP = "x"
            status.podIPs[0]: Invalid value: "x": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)
        /status/hostIPs = [{"ip":"10.0.0.1"},{"ip":"10.0.0.2"}]
            status.hostIPs[0].ip: Invalid value: "10.0.0.1": must be equal to `hostIP`
            status.hostIPs: Invalid value: [{"ip":"10.0.0.1"},{"ip":"10.0.0.2"}]: may specify no more than one IP for each IP family
    "#]].assert_eq(&refused_changes_of_status(&Pod, &pod("Never"), changes));
}

#[test]
fn who_failed_may_run_again_where_that_is_wanted() {
    let running = [("/status/containerStatuses/0/state", json!({"running": {}}))];
    let mut failed = pod("OnFailure");
    failed["status"]["containerStatuses"][0]["state"]["terminated"]["exitCode"] = json!(1);
    expect![[r#"
        /status/containerStatuses/0/state = {"running":{}}
            is fine
    "#]]
    .assert_eq(&refused_changes_of_status(&Pod, &failed, &running));
    expect![[r#"
        /status/containerStatuses/0/state = {"running":{}}
            status.containerStatuses[0].state: Forbidden: may not be transitioned to non-terminated state
    "#]].assert_eq(&refused_changes_of_status(&Pod, &pod("OnFailure"), &running));
    expect![[r#"
        /status/containerStatuses/0/state = {"running":{}}
            is fine
    "#]]
    .assert_eq(&refused_changes_of_status(&Pod, &pod("Always"), &running));
}

#[test]
fn one_address_and_the_first_of_all_are_the_same() {
    let check = |mut status: Value, expected: Value| {
        both_address_fields(&mut status);
        assert_eq!(status, expected);
    };
    let both = json!({"podIP": "10.0.0.1", "podIPs": [{"ip": "10.0.0.1"}]});
    check(json!({"podIP": "10.0.0.1"}), both.clone());
    check(json!({"podIPs": [{"ip": "10.0.0.1"}]}), both.clone());
    check(json!({"podIP": "10.0.0.1", "podIPs": [{"ip": "10.0.0.2"}]}), both);
    check(json!({}), json!({}));
}
