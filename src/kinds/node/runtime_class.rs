//! `RuntimeClass`: a way to run containers.

use machinery::{FieldErrors, names};
use serde_json::Value;

use crate::column::Column;
use crate::core::pod::scheduling::validate_toleration;
use crate::kind::{Kind, Scope};
use crate::names::{BuiltIn, Names};
use crate::read::{items, text};
use crate::{amount, metadata, outdated};

/// A way to run containers.
#[derive(Debug)]
pub(crate) struct RuntimeClass;

static NAMES: Names = BuiltIn {
    group: "node.k8s.io",
    version: "v1",
    kind: "RuntimeClass",
    plural: "runtimeclasses",
    singular: "runtimeclass",
    short: &[],
    categories: &[],
}
.names();

static COLUMNS: &[Column] = &[
    Column::NAME,
    Column::text("Handler", "What nodes call it.", |class, _| text(class, "handler").into()),
    Column::AGE,
];

impl Kind for RuntimeClass {
    fn names(&self) -> &Names {
        &NAMES
    }

    fn scope(&self) -> Scope {
        Scope::Cluster
    }

    fn schema_name(&self) -> &'static str {
        "io.k8s.api.node.v1.RuntimeClass"
    }

    fn columns(&self) -> &[Column] {
        COLUMNS
    }

    fn create_on_update(&self) -> bool {
        true
    }

    fn unconditional_update(&self) -> bool {
        false
    }

    fn warnings(&self, class: &Value) -> Vec<String> {
        let chosen = class["scheduling"]["nodeSelector"].as_object();
        let old =
            chosen.into_iter().flat_map(|all| all.keys()).filter_map(|key| outdated::label(key));
        old.map(|message| format!("scheduling.nodeSelector: {message}")).collect()
    }

    fn validate(&self, class: &Value, errors: &FieldErrors) {
        let handler = text(class, "handler");
        errors.root().check("handler", handler, names::dns1123_label(handler));
        for (name, amount) in class["overhead"]["podFixed"].as_object().into_iter().flatten() {
            amount::validate(amount, &errors.at("overhead").at("podFixed").key(name));
        }
        let (scheduling, path) = (&class["scheduling"], errors.at("scheduling"));
        metadata::labels(&scheduling["nodeSelector"], &path.at("nodeSelector"));
        for (index, toleration) in items(scheduling, "tolerations").enumerate() {
            validate_toleration(toleration, &path.at("tolerations").index(index));
        }
    }

    fn validate_update(&self, new: &Value, old: &Value, errors: &FieldErrors) {
        errors.root().immutable("handler", new.get("handler"), old.get("handler"));
    }
}

#[cfg(test)]
mod tests;
