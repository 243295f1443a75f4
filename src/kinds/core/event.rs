//! Event: something that happened to an object.

mod columns;

use machinery::FieldErrors;
use machinery::document::scalar_at;
use serde_json::Value;

use crate::column::Column;
use crate::kind::{FieldLabel, Kind};
use crate::names::{BuiltIn, Names};
use crate::read::{is_unset, text};

/// Something that happened to an object.
#[derive(Debug)]
pub(crate) struct Event;

static NAMES: Names = BuiltIn {
    group: "",
    version: "v1",
    kind: "Event",
    plural: "events",
    singular: "event",
    short: &["ev"],
    categories: &[],
}
.names();

/// Columns of a stored event; the newer API shows the same.
pub(crate) static COLUMNS: &[Column] = columns::COLUMNS;

/// Fields of a stored event that selectors may name.
static SELECTABLE: &[FieldLabel] = &[
    FieldLabel::new("involvedObject.kind", |event| scalar_at(event, "/involvedObject/kind")),
    FieldLabel::new("involvedObject.namespace", |event| {
        scalar_at(event, "/involvedObject/namespace")
    }),
    FieldLabel::new("involvedObject.name", |event| scalar_at(event, "/involvedObject/name")),
    FieldLabel::new("involvedObject.uid", |event| scalar_at(event, "/involvedObject/uid")),
    FieldLabel::new("involvedObject.apiVersion", |event| {
        scalar_at(event, "/involvedObject/apiVersion")
    }),
    FieldLabel::new("involvedObject.resourceVersion", |event| {
        scalar_at(event, "/involvedObject/resourceVersion")
    }),
    FieldLabel::new("involvedObject.fieldPath", |event| {
        scalar_at(event, "/involvedObject/fieldPath")
    }),
    FieldLabel::new("reason", |event| scalar_at(event, "/reason")),
    FieldLabel::new("reportingComponent", |event| scalar_at(event, "/reportingComponent")),
    FieldLabel::new("source", |event| match scalar_at(event, "/source/component") {
        empty if empty.is_empty() => scalar_at(event, "/reportingComponent"),
        component => component,
    }),
    FieldLabel::new("type", |event| scalar_at(event, "/type")),
];

impl Kind for Event {
    fn names(&self) -> &Names {
        &NAMES
    }

    fn schema_name(&self) -> &'static str {
        "io.k8s.api.core.v1.Event"
    }

    fn columns(&self) -> &[Column] {
        COLUMNS
    }

    fn selectable(&self) -> &[FieldLabel] {
        SELECTABLE
    }

    fn has_dependents(&self) -> bool {
        false
    }

    fn create_on_update(&self) -> bool {
        true
    }

    fn validate(&self, event: &Value, errors: &FieldErrors) {
        validate_namespace(event, errors);
    }
}

/// An event stands in the namespace of its object; events of cluster-wide objects stand in `default`.
pub(crate) fn validate_namespace(event: &Value, errors: &FieldErrors) {
    let own = text(&event["metadata"], "namespace");
    let object = &event["involvedObject"]["namespace"];
    let fits = match object.as_str() {
        _ if is_unset(object) => matches!(own, "" | "default" | "kube-system"),
        namespace => namespace == Some(own),
    };
    if !fits {
        let value = object.as_str().unwrap_or_default();
        errors.at("involvedObject").invalid("namespace", value, "does not match event.namespace");
    }
}

#[cfg(test)]
mod tests;
