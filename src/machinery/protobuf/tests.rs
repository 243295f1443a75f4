//! Messages made by an encoder of our own, and by hand, become the documents they stand for.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{Body, Error, decode};
use crate::schema::sample;
use crate::{Definition, Schemas};

mod encoder;
mod generator;

fn read(body: &[u8], schemas: &Schemas, expected: &Definition) -> Result<Value, Error> {
    match decode(body, schemas, Some(expected))? {
        Body::Decoded(map) => Ok(Value::Object(map)),
        Body::Json(_) => panic!("protobuf was sent"),
    }
}

/// Sends a document through the wire.
fn check(object: Value) {
    let schemas = sample::schemas();
    let (group, version) =
        object["apiVersion"].as_str().and_then(|text| text.split_once('/')).unwrap_or(("", "v1"));
    let definition = schemas.by_gvk(group, version, object["kind"].as_str().unwrap()).unwrap();
    let body = encoder::envelope(&object, &schemas, definition);
    assert_eq!(read(&body, &schemas, definition), Ok(object));
}

#[test]
fn a_pod_with_every_oddity_comes_through() {
    check(json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {
            "name": "p", "labels": {"a": "b", "empty": ""}, "creationTimestamp": "2026-11-23T08:00:00Z",
            "managedFields": [{"manager": "m", "fieldsV1": {"f:spec": {}}}],
            "generation": -1,
        },
        "spec": {
            "containers": [{
                "name": "c",
                "livenessProbe": {"exec": {"command": ["x", ""]}, "periodSeconds": 3},
                "resources": {"limits": {"cpu": "500m", "memory": "1Gi"}},
                "securityContext": {"allowPrivilegeEscalation": false, "runAsUser": 0},
            }],
            "volumes": [{"name": "v", "configMap": {"name": "cm"}}, {"name": "w", "emptyDir": {}}],
            "imagePullSecrets": [{"name": "s"}],
            "securityContext": {"supplementalGroups": [1, 0, 5]},
            "terminationGracePeriodSeconds": 0,
            "enableServiceLinks": false,
        },
    }));
}

#[test]
fn numbers_or_text_bytes_times_and_wrapped_lists_come_through() {
    check(json!({
        "apiVersion": "apps/v1", "kind": "Deployment",
        "spec": {"replicas": 0, "strategy": {"rollingUpdate": {"maxSurge": "25%", "maxUnavailable": 0}}},
    }));
    check(
        json!({"apiVersion": "v1", "kind": "Secret", "data": {"a": "AAEC/w==", "b": ""}, "type": "Opaque"}),
    );
    check(json!({
        "apiVersion": "coordination.k8s.io/v1", "kind": "Lease",
        "spec": {"holderIdentity": "x", "renewTime": "2026-11-23T08:00:00.123456Z"},
    }));
    check(json!({
        "apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview",
        "spec": {"user": "u", "extra": {"scopes": ["a", "b"]}},
    }));
}

#[test]
fn fields_that_are_always_sent_are_dropped_when_empty() {
    let schemas = sample::schemas();
    let definition = schemas.by_gvk("", "v1", "Service").unwrap();
    let sent = json!({
        "apiVersion": "v1", "kind": "Service", "metadata": {"name": "s", "namespace": "", "generation": 0},
        "spec": {"clusterIP": "", "ports": [{"name": "", "port": 80, "nodePort": 0, "targetPort": 0}]},
    });
    let body = encoder::envelope(&sent, &schemas, definition);
    assert_eq!(
        read(&body, &schemas, definition).unwrap(),
        json!({
            "apiVersion": "v1", "kind": "Service", "metadata": {"name": "s"},
            "spec": {"ports": [{"port": 80, "targetPort": 0}]},
        })
    );
}

/// Go tells an empty text from none where it points to it.
#[test]
fn an_empty_text_is_kept_where_it_says_something() {
    let schemas = sample::schemas();
    let definition = schemas.by_gvk("", "v1", "Pod").unwrap();
    let sent = json!({
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"},
        "spec": {"containers": [{"name": "a"}], "priorityClassName": "", "runtimeClassName": ""},
    });
    let body = encoder::envelope(&sent, &schemas, definition);
    let got = read(&body, &schemas, definition).unwrap();
    assert_eq!(got["spec"], json!({"containers": [{"name": "a"}], "runtimeClassName": ""}));
}

#[test]
fn an_envelope_may_hold_json() {
    let mut body = b"k8s\0".to_vec();
    body.extend(b"\x12\x02{}\x22\x10application/json");
    let Ok(Body::Json(raw)) = decode(&body, &sample::schemas(), None) else { panic!("json") };
    assert_eq!(raw, b"{}");
}

#[test]
fn what_is_no_message_is_refused() {
    let schemas = sample::schemas();
    let pod = schemas.by_gvk("", "v1", "Pod").unwrap();
    let error = |body: &[u8]| read(body, &schemas, pod).unwrap_err();
    assert_eq!(error(b"{}"), Error::NoEnvelope);
    assert_eq!(error(b"k8s\0\x12\xff"), Error::Malformed);
    assert_eq!(error(b"k8s\0\x12\x02\x0a\x05"), Error::Malformed);
    assert_eq!(error(b"k8s\0\x1a\x04gzip"), Error::Encoding("gzip".into()));
    let unknown = Error::UnknownKind { api_version: "v1".into(), kind: "Nope".into() };
    assert_eq!(error(b"k8s\0\x0a\x0a\x0a\x02v1\x12\x04Nope"), unknown);
}

proptest! {
    #[test]
    fn json_to_protobuf_and_back_changes_nothing(seed in any::<u64>(), index in 0_usize..7) {
        let schemas = sample::schemas();
        let tops: Vec<&Definition> = schemas.definitions().filter(|top| !top.gvk.is_empty()).collect();
        let definition = tops[index % tops.len()];
        let object = generator::document(seed, &schemas, definition);
        let body = encoder::envelope(&object, &schemas, definition);
        prop_assert_eq!(read(&body, &schemas, definition), Ok(object));
    }

    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let schemas = sample::schemas();
        let pod = schemas.by_gvk("", "v1", "Pod").unwrap();
        let _ = read(&bytes, &schemas, pod);
        let _ = super::message::decode(&bytes, &schemas, pod);
    }
}
