use serde_json::json;

use crate::core::Pod;
use crate::core::pod::tests::valid;
use crate::fixture::{admitted, check, problems};

#[test]
fn a_container_needs_a_name_and_an_image() {
    check(
        &Pod,
        &valid(),
        &[
            ("/spec/containers/0/name", json!(null), "spec.containers[0].name: Required value"),
            ("/spec/containers/0/image", json!(null), "spec.containers[0].image: Required value"),
            (
                "/spec/containers/0/image",
                json!(" hello"),
                "spec.containers[0].image: Invalid value: \" hello\": must not have leading or trailing whitespace",
            ),
            (
                "/spec/initContainers/0/name",
                json!("web"),
                "spec.initContainers[0].name: Duplicate value: \"web\"",
            ),
            (
                "/spec/containers/0/imagePullPolicy",
                json!("Often"),
                "spec.containers[0].imagePullPolicy: Unsupported value: \"Often\": supported values: \"Always\", \
                 \"IfNotPresent\", \"Never\"",
            ),
            (
                "/spec/containers/0/terminationMessagePolicy",
                json!("None"),
                "spec.containers[0].terminationMessagePolicy: Unsupported value: \"None\": supported values: \
                 \"FallbackToLogsOnError\", \"File\"",
            ),
        ],
    );
}

#[test]
fn ports_are_numbers_with_names_of_their_own() {
    check(
        &Pod,
        &valid(),
        &[
            (
                "/spec/containers/0/ports/0/containerPort",
                json!(null),
                "spec.containers[0].ports[0].containerPort: Required value",
            ),
            (
                "/spec/containers/0/ports/0/containerPort",
                json!(65536),
                "spec.containers[0].ports[0].containerPort: Invalid value: 65536: must be between 1 and 65535, inclusive",
            ),
            (
                "/spec/containers/0/ports/0/protocol",
                json!("ICMP"),
                "spec.containers[0].ports[0].protocol: Unsupported value: \"ICMP\": supported values: \"SCTP\", \
                 \"TCP\", \"UDP\"",
            ),
            (
                "/spec/containers/0/ports/1",
                json!({"name": "http", "containerPort": 81, "protocol": "TCP"}),
                "spec.containers[0].ports[1].name: Duplicate value: \"http\"",
            ),
        ],
    );
}

#[test]
fn two_containers_cannot_hold_one_port_of_the_node() {
    let port = json!([{"containerPort": 80, "hostPort": 80}]);
    let mut pod = valid();
    pod["spec"]["containers"] = json!([{"name": "a", "image": "i", "ports": port}, {"name": "b", "image": "i", "ports": port}]);
    assert_eq!(
        problems(&Pod, &admitted(&Pod, pod)),
        "spec.containers[1].ports[0].hostPort: Duplicate value: \"TCP//80\""
    );
}

#[test]
fn only_a_sidecar_among_init_containers_has_probes() {
    let probe = json!({"tcpSocket": {"port": 80}});
    let mut pod = valid();
    pod["spec"]["initContainers"][0]["startupProbe"] = probe;
    assert_eq!(
        problems(&Pod, &admitted(&Pod, pod.clone())),
        "spec.initContainers[0].startupProbe: Forbidden: may not be set for init containers without \
         restartPolicy=Always"
    );
    pod["spec"]["initContainers"][0]["restartPolicy"] = json!("Always");
    assert_eq!(problems(&Pod, &admitted(&Pod, pod)), "");
}
