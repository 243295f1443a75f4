use machinery::FieldType;

use super::schemas;

#[test]
fn a_field_knows_its_type_its_number_and_its_keys() {
    let spec = schemas().definition("io.k8s.api.core.v1.PodSpec").unwrap();
    let containers = spec.field("containers").unwrap();
    assert_eq!(containers.number, Some(2));
    assert!(containers.required);
    assert_eq!(containers.map_keys, ["name"]);
    assert!(matches!(containers.kind, FieldType::List(_)));
}

#[test]
fn merge_keys_and_keys_of_apply_differ_where_kubernetes_has_them_differ() {
    let spec = schemas().definition("io.k8s.api.core.v1.ServiceSpec").unwrap();
    let ports = spec.field("ports").unwrap();
    assert_eq!(ports.patch.merge_key.as_deref(), Some("port"));
    assert_eq!(ports.map_keys, ["port", "protocol"]);
}

#[test]
fn what_json_flattens_is_a_message_on_the_wire() {
    let volume = schemas().definition("io.k8s.api.core.v1.Volume").unwrap();
    assert_eq!(volume.embedded.len(), 1);
    assert_eq!(volume.embedded[0].number, 2);
    assert!(volume.field("configMap").unwrap().number.is_none());
}

#[test]
fn zero_differs_from_absence_only_where_go_can_tell() {
    let pointer = |definition: &str, field: &str| {
        schemas().definition(definition).unwrap().field(field).unwrap().optional
    };
    assert_eq!(pointer("io.k8s.api.apps.v1.DeploymentSpec", "replicas"), Some(true));
    assert_eq!(pointer("io.k8s.api.apps.v1.DeploymentSpec", "minReadySeconds"), Some(false));
    let options = "io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions";
    assert_eq!(pointer(options, "gracePeriodSeconds"), Some(true));
}

#[test]
fn documents_that_are_no_kind_of_their_own_are_there_too() {
    for (group, version, kind) in [
        ("", "v1", "DeleteOptions"),
        ("", "v1", "Status"),
        ("autoscaling", "v1", "Scale"),
        ("policy", "v1", "Eviction"),
        ("authentication.k8s.io", "v1", "TokenRequest"),
    ] {
        assert!(schemas().by_gvk(group, version, kind).is_some(), "{kind}");
    }
}
