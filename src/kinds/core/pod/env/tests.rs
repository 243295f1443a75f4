use serde_json::json;

use crate::core::Pod;
use crate::core::pod::tests::valid;
use crate::fixture::check;

#[test]
fn variables_have_a_name_and_one_source() {
    check(
        &Pod,
        &valid(),
        &[
            (
                "/spec/containers/0/env/0/name",
                json!(null),
                "spec.containers[0].env[0].name: Required value",
            ),
            (
                "/spec/containers/0/env/0/name",
                json!("a=b"),
                "spec.containers[0].env[0].name: Invalid value: \"a=b\": a valid environment variable name must \
                 consist only of printable ASCII characters other than '='",
            ),
            (
                "/spec/containers/0/env/1/value",
                json!("x"),
                "spec.containers[0].env[1].valueFrom: Invalid value: \"\": may not be specified when `value` is not \
                 empty",
            ),
            (
                "/spec/containers/0/env/4/valueFrom/secretKeyRef",
                json!({"name": "a", "key": "b"}),
                "spec.containers[0].env[4].valueFrom: Invalid value: \"\": may not have more than one field specified \
                 at a time",
            ),
            (
                "/spec/containers/0/env/4/valueFrom/configMapKeyRef/key",
                json!(null),
                "spec.containers[0].env[4].valueFrom.configMapKeyRef.key: Required value",
            ),
            (
                "/spec/containers/0/envFrom/0/secretRef",
                json!(null),
                "spec.containers[0].envFrom[0]: Invalid value: \"\": must specify one of: `configMapRef` or `secretRef`",
            ),
        ],
    );
}

#[test]
fn fields_and_resources_must_be_known() {
    check(
        &Pod,
        &valid(),
        &[
            (
                "/spec/containers/0/env/1/valueFrom/fieldRef/fieldPath",
                json!("spec.nothing"),
                "spec.containers[0].env[1].valueFrom.fieldRef.fieldPath: Invalid value: \"spec.nothing\": error \
                 converting fieldPath: field label not supported: spec.nothing",
            ),
            (
                "/spec/containers/0/env/1/valueFrom/fieldRef/fieldPath",
                json!("status.phase"),
                "spec.containers[0].env[1].valueFrom.fieldRef.fieldPath: Unsupported value: \"status.phase\": supported \
                 values: \"metadata.name\", \"metadata.namespace\", \"metadata.uid\", \"spec.nodeName\", \
                 \"spec.serviceAccountName\", \"status.hostIP\", \"status.hostIPs\", \"status.podIP\", \"status.podIPs\"",
            ),
            (
                "/spec/containers/0/env/3/valueFrom/resourceFieldRef/resource",
                json!(null),
                "spec.containers[0].env[3].valueFrom.resourceFieldRef.resource: Required value",
            ),
        ],
    );
}
