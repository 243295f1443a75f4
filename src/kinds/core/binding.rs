//! Binding: places a pod on a node. It is asked, never stored.

use machinery::FieldErrors;
use serde_json::Value;

use crate::kind::Kind;
use crate::names::{BuiltIn, Names};
use crate::read::text;

/// Places a pod on a node.
#[derive(Debug)]
pub(crate) struct Binding;

static NAMES: Names = BuiltIn {
    group: "",
    version: "v1",
    kind: "Binding",
    plural: "bindings",
    singular: "binding",
    short: &[],
    categories: &[],
}
.names();

impl Kind for Binding {
    fn names(&self) -> &Names {
        &NAMES
    }

    fn schema_name(&self) -> &'static str {
        "io.k8s.api.core.v1.Binding"
    }

    fn virtual_review(&self) -> bool {
        true
    }

    fn validate(&self, binding: &Value, errors: &FieldErrors) {
        let (target, path) = (&binding["target"], errors.at("target"));
        let kind = text(target, "kind");
        if !matches!(kind, "" | "Node") {
            path.not_supported("kind", kind, &["Node", "<empty>"]);
        }
        if text(target, "name").is_empty() {
            path.required("name", "");
        }
    }
}
