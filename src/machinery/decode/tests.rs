//! Bodies become documents, or errors worded as Kubernetes words them.

use serde_json::{Value, json};

use super::{Decoded, FieldValidation, Media, conform, decode, parse};
use crate::schema::sample;

fn read(kind: &str, body: &str, validation: FieldValidation) -> Result<Decoded, String> {
    let schemas = sample::schemas();
    let group = if kind == "Deployment" { "apps" } else { "" };
    let definition = schemas.by_gvk(group, "v1", kind);
    decode(body.as_bytes(), Media::Json, &schemas, definition, validation)
        .map_err(|error| error.message)
}

fn refusal(kind: &str, body: Value) -> String {
    read(kind, &body.to_string(), FieldValidation::Strict).unwrap_err()
}

#[test]
fn strict_decoding_names_every_problem() {
    let body = r#"{"kind": "Pod", "apiVersion": "v1", "spec": {"y": 1, "x": 1, "hostNetwork": true, "hostNetwork": false}}"#;
    assert_eq!(
        read("Pod", body, FieldValidation::Strict).unwrap_err(),
        r#"Pod in version "v1" cannot be handled as a Pod: strict decoding error: duplicate field "spec.hostNetwork", unknown field "spec.x", unknown field "spec.y""#
    );
    let warned = read("Pod", body, FieldValidation::Warn).unwrap();
    assert_eq!(warned.warnings.len(), 3);
    assert_eq!(warned.object["spec"], json!({"hostNetwork": false}));
    assert!(read("Pod", body, FieldValidation::Ignore).unwrap().warnings.is_empty());
}

#[test]
fn the_type_is_filled_in_or_must_agree() {
    let decoded = read("Deployment", "{}", FieldValidation::Strict).unwrap();
    assert_eq!(decoded.object, json!({"apiVersion": "apps/v1", "kind": "Deployment"}));
    assert_eq!(
        refusal("Deployment", json!({"apiVersion": "apps/v1beta1", "kind": "Deployment"})),
        "the API version in the data (apps/v1beta1) does not match the expected API version (apps/v1)"
    );
    assert_eq!(
        refusal("Pod", json!({"apiVersion": "v1", "kind": "Service"})),
        "Service in version \"v1\" cannot be handled as a Pod: converting (Service) to (Pod): unknown conversion"
    );
}

#[test]
fn values_that_do_not_fit_are_refused() {
    let deployment =
        json!({"apiVersion": "apps/v1", "kind": "Deployment", "spec": {"replicas": "2"}});
    assert_eq!(
        refusal("Deployment", deployment),
        "Deployment in version \"v1\" cannot be handled as a Deployment: \
         json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32"
    );
    let secret = json!({"apiVersion": "v1", "kind": "Secret", "data": {"a": "aGk", "b": "aGk="}});
    assert_eq!(
        refusal("Secret", secret),
        "Secret in version \"v1\" cannot be handled as a Secret: illegal base64 data at input byte 0"
    );
    let pod = json!({"kind": "Pod", "metadata": {"creationTimestamp": "soon"}});
    assert!(refusal("Pod", pod).contains("parsing time \"soon\""));
}

#[test]
fn a_null_timestamp_is_no_timestamp() {
    let body = r#"{"metadata": {"name": "x", "creationTimestamp": null}}"#;
    let decoded = read("Pod", body, FieldValidation::Strict).unwrap();
    assert_eq!(decoded.object["metadata"], json!({"name": "x"}));
}

#[test]
fn zero_is_left_out_where_it_means_nothing() {
    let body = r#"{"spec": {"ports": [{"port": 0, "nodePort": 0, "targetPort": 0}]}}"#;
    let decoded = read("Service", body, FieldValidation::Strict).unwrap();
    assert_eq!(decoded.object["spec"]["ports"], json!([{"port": 0, "targetPort": 0}]));
}

#[test]
fn what_is_no_object_is_refused() {
    for body in ["", "[]", "null", "1", "{", "\u{1}"] {
        assert!(read("Pod", body, FieldValidation::Ignore).is_err(), "{body}");
    }
}

#[test]
fn custom_objects_are_kept_as_they_are() {
    let schemas = sample::schemas();
    let custom = json!({"apiVersion": "a.b/v1", "kind": "C", "x": null});
    let body = custom.to_string();
    let read =
        |body: &str| decode(body.as_bytes(), Media::Yaml, &schemas, None, FieldValidation::Strict);
    assert_eq!(read(&body).unwrap().object, custom);
    assert_eq!(
        read("{kind: C}").unwrap_err().message,
        "Object 'apiVersion' is missing in the body"
    );
}

#[test]
fn patches_are_parsed_and_their_results_fitted() {
    let schemas = sample::schemas();
    let patch =
        parse(b"spec: {replicas: 1, replicas: 2}", Media::Yaml, FieldValidation::Warn).unwrap();
    assert_eq!(patch.warnings, ["duplicate field \"spec.replicas\""]);
    let definition = schemas.by_gvk("apps", "v1", "Deployment").unwrap();
    let object = json!({"spec": {"replicas": 2, "x": 1}});
    let fitted = conform(object, &schemas, definition, FieldValidation::Warn).unwrap();
    assert_eq!(fitted.object, json!({"spec": {"replicas": 2}}));
    assert_eq!(fitted.warnings, ["unknown field \"spec.x\""]);
}
