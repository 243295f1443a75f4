//! Event: something that happened to an object.

mod columns;

use machinery::document::scalar_at;
use machinery::{FieldErrors, names};
use serde_json::Value;

use crate::column::Column;
use crate::kind::{FieldLabel, Kind};
use crate::metadata::NameRule;
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

/// A note is read in a table's cell.
pub(crate) const MAX_NOTE_BYTES: usize = 1024;

/// Names of actions, reasons and instances: one line of a table.
const MAX_NAME_BYTES: usize = 128;

pub(crate) const MISPLACED: &str = "does not match event.namespace";

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

    /// The first recorders named events of roles after them, colons included.
    fn name_rule(&self) -> NameRule {
        NameRule::PathSegment
    }

    fn has_dependents(&self) -> bool {
        false
    }

    fn create_on_update(&self) -> bool {
        true
    }

    fn validate(&self, event: &Value, errors: &FieldErrors) {
        let object = &event["involvedObject"]["namespace"];
        if !stands_right(event, object) {
            let value = object.as_str().unwrap_or_default();
            errors.at("involvedObject").invalid("namespace", value, MISPLACED);
        }
        if !event["eventTime"].is_null() {
            validate_report(event, "reportingComponent", errors);
            if text(event, "message").len() > MAX_NOTE_BYTES {
                errors.root().invalid("message", "", &too_many_characters(MAX_NOTE_BYTES));
            }
        }
    }
}

/// Whether an event stands in a namespace where its object, in a namespace of its own or in none, is looked for.
///
/// Events of cluster-wide objects stand in `default`, others with their object. A recorder that tells the time of the
/// event may put those elsewhere.
pub(crate) fn stands_right(event: &Value, object: &Value) -> bool {
    let own = text(&event["metadata"], "namespace");
    match object.as_str() {
        _ if is_unset(object) => matches!(own, "" | "default" | "kube-system"),
        _ if !event["eventTime"].is_null() => true,
        namespace => namespace == Some(own),
    }
}

/// Checks that an event says who reports what; `controller` is the name of the reporter's field.
pub(crate) fn validate_report(event: &Value, controller: &str, errors: &FieldErrors) {
    let root = errors.root();
    let name = text(event, controller);
    if name.is_empty() {
        root.required("reportingController", "");
    } else {
        root.check("reportingController", name, names::qualified_name(name));
    }
    for field in ["reportingInstance", "action", "reason"] {
        match text(event, field) {
            "" => root.required(field, ""),
            value if value.len() > MAX_NAME_BYTES => {
                root.invalid(field, "", &too_many_characters(MAX_NAME_BYTES));
            }
            _ => {}
        }
    }
}

pub(crate) fn too_many_characters(most: usize) -> String {
    format!("can have at most {most} characters")
}

#[cfg(test)]
mod tests;
