use serde_json::json;

use super::*;

#[test]
fn documents_are_printed_as_maps() {
    let patch = json!({"spec": {"on": true, "list": [1, null, "a"], "name": "x"}});
    assert_eq!(shown(&patch), "map[spec:map[list:[1 <nil> a] name:x on:true]]");
}

#[test]
fn a_value_of_the_wrong_type_is_not_converted() {
    let of = |found: &str, wanted: &str| {
        let field = "Go struct field DeploymentSpec.spec.x of type";
        unconverted(&format!("json: cannot unmarshal {found} into {field} {wanted}"))
    };
    assert_eq!(of("string", "int32"), "unrecognized type: int32");
    assert_eq!(of("number 5", "map[string]string"), "cannot restore map from int64");
    assert_eq!(of("object", "[]v1.Container"), "cannot restore slice from map");
    assert_eq!(of("array", "v1.PodSpec"), "cannot restore struct from: slice");
    assert_eq!(unconverted("strict decoding error"), "strict decoding error");
}
