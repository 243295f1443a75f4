//! Keeps claims and volumes until nothing uses them (`StorageObjectInUseProtection`).

use serde_json::Value;

use super::Attributes;

/// What is protected, and the finalizer that does it. The finalizer goes when its controller finds the object
/// unused.
const PROTECTED: &[(&str, &str, &str)] = &[
    ("", "persistentvolumeclaims", "kubernetes.io/pvc-protection"),
    ("", "persistentvolumes", "kubernetes.io/pv-protection"),
];

pub(super) fn admit(attributes: &mut Attributes<'_>) -> bool {
    let protected = PROTECTED.iter().find(|(group, plural, _)| attributes.creates(group, plural));
    let Some((_, _, finalizer)) = protected else { return false };
    let finalizers = &mut attributes.object["metadata"]["finalizers"];
    match finalizers {
        Value::Array(list) if list.iter().any(|own| own == finalizer) => return false,
        Value::Array(list) => list.push((*finalizer).into()),
        other => *other = vec![*finalizer].into(),
    }
    true
}
