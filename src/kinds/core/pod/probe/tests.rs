use serde_json::json;

use crate::core::Pod;
use crate::core::pod::tests::valid;
use crate::fixture::check;

#[test]
fn a_probe_has_one_handler_and_sane_numbers() {
    check(
        &Pod,
        &valid(),
        &[
            (
                "/spec/containers/0/livenessProbe/tcpSocket",
                json!(null),
                "spec.containers[0].livenessProbe: Required value: must specify a handler type",
            ),
            (
                "/spec/containers/0/livenessProbe/exec",
                json!({"command": ["a"]}),
                "spec.containers[0].livenessProbe.tcpSocket: Forbidden: may not specify more than 1 handler type",
            ),
            (
                "/spec/containers/0/livenessProbe/successThreshold",
                json!(2),
                "spec.containers[0].livenessProbe.successThreshold: Invalid value: 2: must be 1",
            ),
            ("/spec/containers/0/readinessProbe/successThreshold", json!(2), ""),
            (
                "/spec/containers/0/readinessProbe/timeoutSeconds",
                json!(-1),
                "spec.containers[0].readinessProbe.timeoutSeconds: Invalid value: -1: must be greater than or equal to 0",
            ),
            (
                "/spec/containers/0/readinessProbe/terminationGracePeriodSeconds",
                json!(1),
                "spec.containers[0].readinessProbe.terminationGracePeriodSeconds: Invalid value: 1: must not be set for \
                 readinessProbes",
            ),
            (
                "/spec/containers/0/livenessProbe/tcpSocket/port",
                json!("a_b"),
                "spec.containers[0].livenessProbe.tcpSocket.port: Invalid value: \"a_b\": must contain only \
                 alpha-numeric characters (a-z, 0-9), and hyphens (-)",
            ),
            (
                "/spec/containers/0/readinessProbe/httpGet/scheme",
                json!("FTP"),
                "spec.containers[0].readinessProbe.httpGet.scheme: Unsupported value: \"FTP\": supported values: \
                 \"HTTP\", \"HTTPS\"",
            ),
        ],
    );
}

#[test]
fn a_hook_has_one_handler() {
    check(
        &Pod,
        &valid(),
        &[
            (
                "/spec/containers/0/lifecycle",
                json!({"preStop": {}}),
                "spec.containers[0].lifecycle.preStop: Required value: must specify a handler type",
            ),
            ("/spec/containers/0/lifecycle", json!({"preStop": {"sleep": {"seconds": 1}}}), ""),
        ],
    );
}
