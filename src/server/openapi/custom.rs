//! Kinds made at run time, described as their definitions describe them.

use serde_json::{Value, json};

use super::document::reference;
use crate::catalog::Served;

/// The definition of a kind's objects; `None` for a built-in kind.
pub(super) fn definition(served: &Served) -> Option<Value> {
    let definition = served.source()?.object();
    let names = served.kind().names();
    let mut versions = definition["spec"]["versions"].as_array().into_iter().flatten();
    let version = versions.find(|version| version["name"] == names.version.as_ref())?;
    let mut schema = version["schema"]["openAPIV3Schema"].clone();
    let text = |description: &str| json!({ "type": "string", "description": description });
    schema["properties"]["apiVersion"] = text("The group and version of the object.");
    schema["properties"]["kind"] = text("The kind of the object.");
    schema["properties"]["metadata"] = json!({
        "description": "What all objects have: names, labels, owners.",
        "allOf": [reference("io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta")],
    });
    schema["x-kubernetes-group-version-kind"] = json!([{
        "group": names.group, "version": names.version, "kind": names.kind,
    }]);
    Some(schema)
}
