//! What a walk changes, drops and refuses.

use serde_json::{Value, json};

use super::Conform;
use crate::FieldValidation;
use crate::path::Path;
use crate::schema::sample;
use crate::strict::Strictness;

fn fit(spec: Value) -> Result<(Value, Vec<String>), String> {
    let schemas = sample::schemas();
    let definition = schemas.by_gvk("apps", "v1", "Deployment").unwrap();
    let mut strictness = Strictness::new(FieldValidation::Warn);
    let mut conform = Conform { schemas: &schemas, strictness: &mut strictness };
    let mut object = json!({"spec": spec});
    conform.object(object.as_object_mut().unwrap(), definition, &Path::ROOT)?;
    Ok((object["spec"].take(), strictness.finish().unwrap()))
}

fn container(fields: Value) -> Value {
    json!({"template": {"spec": {"containers": [fields]}}})
}

#[test]
fn values_take_their_canonical_form() {
    let (spec, problems) = fit(container(json!({
        "name": "a", "args": ["x", null], "command": null,
        "resources": {"limits": {"cpu": 0.5, "memory": "1024Mi", "x": null}},
    })))
    .unwrap();
    let expected = container(json!({
        "name": "a", "args": ["x", ""],
        "resources": {"limits": {"cpu": "500m", "memory": "1Gi", "x": "0"}},
    }));
    assert_eq!((spec, problems), (expected, vec![]));
}

#[test]
fn empty_lists_and_maps_say_no_more_than_absence_and_empty_objects_are_there() {
    let (spec, _) = fit(json!({
        "template": {
            "metadata": {"labels": {}, "annotations": {}},
            "spec": {
                "nodeSelector": {}, "tolerations": [], "securityContext": {},
                "volumes": [{"name": "v", "emptyDir": {}}],
                "containers": [],
            },
        },
    }))
    .unwrap();
    let expected = json!({
        "template": {
            "metadata": {},
            "spec": {
                "securityContext": {},
                "volumes": [{"name": "v", "emptyDir": {}}],
                "containers": [],
            },
        },
    });
    assert_eq!(spec, expected);
}

#[test]
fn unknown_fields_are_dropped_and_named() {
    let (spec, problems) = fit(json!({
        "replica": 1,
        "template": {"spec": {"containers": [{"name": "a"}, {"name": "b", "imag": "x", "env": [{"nam": 1}]}]}},
    }))
    .unwrap();
    assert_eq!(spec["template"]["spec"]["containers"][1], json!({"name": "b", "env": [{}]}));
    assert_eq!(
        problems,
        [
            "unknown field \"spec.replica\"",
            "unknown field \"spec.template.spec.containers[1].env[0].nam\"",
            "unknown field \"spec.template.spec.containers[1].imag\"",
        ]
    );
}

#[test]
fn wrong_types_are_named_as_go_names_them() {
    for (spec, message) in [
        (
            json!({"replicas": "x"}),
            "string into Go struct field DeploymentSpec.spec.replicas of type int32",
        ),
        (
            json!({"replicas": 1.5}),
            "number 1.5 into Go struct field DeploymentSpec.spec.replicas of type int32",
        ),
        (
            json!({"replicas": 3_000_000_000_u64}),
            "number 3000000000 into Go struct field DeploymentSpec.spec.replicas of type int32",
        ),
        (
            container(json!({"env": [{"value": 1}]})),
            "number into Go struct field EnvVar.spec.template.spec.containers.env.value of type string",
        ),
        (
            container(json!({"env": {}})),
            "object into Go struct field Container.spec.template.spec.containers.env of type []v1.EnvVar",
        ),
        (
            json!({"template": "x"}),
            "string into Go struct field DeploymentSpec.spec.template of type v1.PodTemplateSpec",
        ),
        (
            json!({"template": {"spec": {"nodeSelector": {"a": 1}}}}),
            "number into Go struct field PodSpec.spec.template.spec.nodeSelector of type string",
        ),
        (
            json!({"strategy": {"rollingUpdate": {"maxSurge": true}}}),
            "bool into Go struct field RollingUpdateDeployment.spec.strategy.rollingUpdate.maxSurge of type int32",
        ),
        (
            json!({"template": {"metadata": {"creationTimestamp": 5}}}),
            "number into Go struct field ObjectMeta.spec.template.metadata.creationTimestamp of type string",
        ),
    ] {
        assert_eq!(fit(spec).unwrap_err(), format!("json: cannot unmarshal {message}"));
    }
}

#[test]
fn bits_behind_the_last_byte_of_base64_are_dropped() {
    for (given, kept) in [
        ("YR==", Some("YQ==")),
        ("YWF=", Some("YWE=")),
        ("YQ==", Some("YQ==")),
        ("Y\nR=\n=", Some("YQ==")),
        ("YR", None),
        ("Y!==", None),
    ] {
        let mut text = given.to_owned();
        let fitted = super::fit_bytes(&mut text).ok().map(|()| text.as_str());
        assert_eq!(fitted, kept, "{given}");
    }
}
