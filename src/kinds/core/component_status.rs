//! `ComponentStatus`: how the parts of a control plane are, as it was once asked.

use serde_json::Value;

use crate::column::Column;
use crate::kind::{Kind, Scope};
use crate::names::{BuiltIn, Names};
use crate::read::{items, text};
use crate::subresource::Verb;

/// How the parts of a control plane are, as it was once asked.
#[derive(Debug)]
pub(crate) struct ComponentStatus;

static NAMES: Names = BuiltIn {
    group: "",
    version: "v1",
    kind: "ComponentStatus",
    plural: "componentstatuses",
    singular: "componentstatus",
    short: &["cs"],
    categories: &[],
}
.names();

static COLUMNS: &[Column] = &[
    Column::NAME,
    Column::text("Status", "Whether it works.", |component, _| {
        match healthy(component).map(|condition| text(condition, "status")) {
            Some("True") => "Healthy",
            Some("False") => "Unhealthy",
            _ => "Unknown",
        }
        .into()
    }),
    Column::text("Message", "What it says.", |component, _| said(component, "message").into()),
    Column::text("Error", "Why it does not work.", |component, _| said(component, "error").into()),
];

impl Kind for ComponentStatus {
    fn names(&self) -> &Names {
        &NAMES
    }

    fn scope(&self) -> Scope {
        Scope::Cluster
    }

    fn schema_name(&self) -> &'static str {
        "io.k8s.api.core.v1.ComponentStatus"
    }

    fn columns(&self) -> &[Column] {
        COLUMNS
    }

    fn verbs(&self) -> &[Verb] {
        &[Verb::Get, Verb::List]
    }

    fn deprecation(&self) -> Option<&str> {
        Some("v1 ComponentStatus is deprecated in v1.19+")
    }
}

fn healthy(component: &Value) -> Option<&Value> {
    items(component, "conditions").find(|condition| text(condition, "type") == "Healthy")
}

fn said<'a>(component: &'a Value, field: &str) -> &'a str {
    healthy(component).map(|condition| text(condition, field)).unwrap_or_default()
}
