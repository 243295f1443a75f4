//! Reading and writing documents.

use serde_json::json;

use super::{finalizers, labels, metadata_mut, name, scalar_at, set_default, set_type, str_at};

#[test]
fn absent_parts_read_as_empty() {
    let object = json!({"metadata": {"name": "x", "finalizers": ["a", 1]}, "spec": {"n": 5}});
    assert_eq!((name(&object), super::namespace(&object)), ("x", ""));
    assert_eq!(finalizers(&object), ["a"]);
    assert!(labels(&object).is_empty());
    assert_eq!(str_at(&object, "/spec/n"), "");
    assert_eq!(scalar_at(&object, "/spec/n"), "5");
    assert_eq!(scalar_at(&object, "/spec/m"), "");
}

#[test]
fn missing_parents_are_made() {
    let mut object = json!(null);
    set_type(&mut object, "v1", "Pod");
    let metadata = metadata_mut(&mut object);
    set_default(metadata, "name", "x");
    set_default(metadata, "name", "y");
    assert_eq!(object, json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "x"}}));
}
