//! The generated file is read and found again.

use super::{FieldType, ListType, SchemaError, Schemas, sample};

#[test]
fn definitions_are_found_by_name_kind_and_number() {
    let schemas = sample::schemas();
    let deployment = schemas.by_gvk("apps", "v1", "Deployment").unwrap();
    assert_eq!(deployment.name, "io.k8s.api.apps.v1.Deployment");
    assert_eq!(deployment.go_name(), "v1.Deployment");
    assert_eq!(deployment.field_by_number(2).unwrap().name, "spec");
    assert!(schemas.by_gvk("apps", "v2", "Deployment").is_none());
    assert!(schemas.definition("io.k8s.api.core.v1.PodSpec").unwrap().field("nothing").is_none());
}

#[test]
fn fields_know_how_they_merge() {
    let schemas = sample::schemas();
    let pod = schemas.definition("io.k8s.api.core.v1.PodSpec").unwrap();
    let containers = pod.field("containers").unwrap();
    assert!(containers.required && containers.patch.merge);
    assert_eq!(containers.patch.merge_key.as_deref(), Some("name"));
    assert_eq!(containers.list_type, Some(ListType::Map));
    assert_eq!(containers.kind.go_name(&schemas), "[]v1.Container");
    assert!(pod.field("volumes").unwrap().patch.retain_keys);
    let FieldType::Map(_) = pod.field("nodeSelector").unwrap().kind else { panic!("a map") };
}

#[test]
fn dangling_references_are_refused() {
    let file = br#"{"definitions": {"a": {"fields": {"b": {"type": {"ref": "c"}}}}}}"#;
    let error = Schemas::load(file).unwrap_err();
    assert!(matches!(error, SchemaError::UnknownDefinition(name) if name == "c"));
    let file = br#"{"definitions": {"a": {"fields": {"b": {"type": "int31"}}}}}"#;
    assert!(matches!(Schemas::load(file), Err(SchemaError::UnknownType(_))));
}
