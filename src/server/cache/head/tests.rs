use super::*;
use serde_json::json;

#[test]
fn an_object_is_encoded_once_and_cut_in_place() {
    let head = Head::new("v1", "Pod");
    let object = json!({
        "apiVersion": "v1", "kind": "Pod", "spec": {"a": 1},
        "metadata": {"resourceVersion": "7", "name": "n"}
    });
    let stored = head.encode(&object).unwrap();
    assert_eq!(
        stored,
        r#"{"kind":"Pod","apiVersion":"v1","metadata":{"name":"n"},"spec":{"a":1}}"#
    );
    assert!(head.fits(&stored));
    let bytes = head.with_revision(&stored, 42);
    assert_eq!(
        bytes,
        r#"{"kind":"Pod","apiVersion":"v1","metadata":{"resourceVersion":"42","name":"n"},"spec":{"a":1}}"#
    );
    assert_eq!(
        head.item(&bytes),
        br#""metadata":{"resourceVersion":"42","name":"n"},"spec":{"a":1}}"#
    );
    assert_eq!(head.metadata(&bytes), br#"{"resourceVersion":"42","name":"n"}"#);
    let (before, after) = head.around_revision(&bytes);
    assert!(before.ends_with(b"\"resourceVersion\":\"") && after.starts_with(b"\",\"name\""));
}

#[test]
fn metadata_is_cut_out_whatever_is_in_it() {
    let head = Head::new("v1", "Pod");
    let metadata = json!({
        "annotations": {"a}": "\"}{\\", "b\\": "{"}, "name": "n",
        "ownerReferences": [{"uid": "}"}, {}],
    });
    let object = json!({"metadata": metadata, "spec": {"metadata": {}}});
    let bytes = head.encode(&object).unwrap();
    assert_eq!(serde_json::from_slice::<Value>(head.metadata(&bytes)).unwrap(), metadata);
}
