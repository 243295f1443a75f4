//! Event: the same objects as the core group's, under newer names of their fields.

use std::borrow::Cow;

use machinery::FieldErrors;
use machinery::document::{scalar_at, set_type};
use serde_json::Value;

use crate::column::Column;
use crate::core::event;
use crate::fill::{remove, set};
use crate::kind::{Conversion, FieldLabel, Kind, StorageView};
use crate::names::{BuiltIn, Names};
use crate::read::{is_unset, text};

/// Something that happened to an object, under the newer names.
#[derive(Debug)]
pub(crate) struct Event;

static NAMES: Names = BuiltIn {
    group: "events.k8s.io",
    version: "v1",
    kind: "Event",
    plural: "events",
    singular: "event",
    short: &["ev"],
    categories: &[],
}
.names();

/// The stored name of each field that has another name here.
const RENAMED: &[(&str, &str)] = &[
    ("regarding", "involvedObject"),
    ("note", "message"),
    ("reportingController", "reportingComponent"),
    ("deprecatedSource", "source"),
    ("deprecatedFirstTimestamp", "firstTimestamp"),
    ("deprecatedLastTimestamp", "lastTimestamp"),
    ("deprecatedCount", "count"),
];

/// The fields that only events of the older API fill, and their stored names.
const OLDER: [(&str, &str); 4] = [
    ("deprecatedFirstTimestamp", "firstTimestamp"),
    ("deprecatedLastTimestamp", "lastTimestamp"),
    ("deprecatedCount", "count"),
    ("deprecatedSource", "source"),
];

static SELECTABLE: &[FieldLabel] = &[
    FieldLabel::new("regarding.kind", |event| scalar_at(event, "/regarding/kind")),
    FieldLabel::new("regarding.namespace", |event| scalar_at(event, "/regarding/namespace")),
    FieldLabel::new("regarding.name", |event| scalar_at(event, "/regarding/name")),
    FieldLabel::new("regarding.uid", |event| scalar_at(event, "/regarding/uid")),
    FieldLabel::new("regarding.apiVersion", |event| scalar_at(event, "/regarding/apiVersion")),
    FieldLabel::new("regarding.resourceVersion", |event| {
        scalar_at(event, "/regarding/resourceVersion")
    }),
    FieldLabel::new("regarding.fieldPath", |event| scalar_at(event, "/regarding/fieldPath")),
    FieldLabel::new("reason", |event| scalar_at(event, "/reason")),
    FieldLabel::new("reportingController", |event| scalar_at(event, "/reportingController")),
    FieldLabel::new("type", |event| scalar_at(event, "/type")),
];

impl Kind for Event {
    fn names(&self) -> &Names {
        &NAMES
    }

    fn schema_name(&self) -> &'static str {
        "io.k8s.api.events.v1.Event"
    }

    fn storage(&self) -> StorageView {
        StorageView {
            prefix: Cow::Borrowed("/registry/events"),
            conversion: Some(Conversion { to_stored, from_stored }),
        }
    }

    fn columns(&self) -> &[Column] {
        event::COLUMNS
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
        let root = errors.root();
        let object = &event["regarding"]["namespace"];
        if !event::stands_right(event, object) {
            let value = object.as_str().unwrap_or_default();
            errors.at("regarding").invalid("namespace", value, event::MISPLACED);
        }
        if text(event, "note").len() > event::MAX_NOTE_BYTES {
            root.invalid("note", "", &event::too_many_characters(event::MAX_NOTE_BYTES));
        }
        if !event["eventTime"].is_null() {
            event::validate_report(event, "reportingController", errors);
        } else if is_of_older_writer(event) {
            return;
        } else {
            root.required("eventTime", "");
        }
        let kind = text(event, "type");
        if !matches!(kind, "Normal" | "Warning") {
            root.invalid("type", "", &format!("has invalid value: {kind}"));
        }
    }

    /// The older fields are for events that come from the older API.
    fn validate_create(&self, event: &Value, errors: &FieldErrors) {
        let root = errors.root();
        validate_series(event, errors);
        for (field, stored) in OLDER {
            if says_something(&event[field]) {
                root.invalid(stored, "", "needs to be unset");
            }
        }
    }

    fn validate_update(&self, new: &Value, old: &Value, errors: &FieldErrors) {
        if is_of_older_writer(old) {
            return;
        }
        if new["series"] != old["series"] {
            validate_series(new, errors);
        }
        let fixed =
            ["regarding", "reason", "action", "note", "type", "eventTime", "reportingController"];
        for field in fixed.into_iter().chain(["reportingInstance", "related"]) {
            errors.root().immutable(field, new.get(field), old.get(field));
        }
    }
}

/// Whether a field is more than empty text and zeros.
fn says_something(value: &Value) -> bool {
    match value {
        Value::Object(fields) => fields.values().any(says_something),
        Value::Number(number) => number.as_i64() != Some(0),
        value => !is_unset(value),
    }
}

/// A series is more than one event.
fn validate_series(event: &Value, errors: &FieldErrors) {
    let series = &event["series"];
    if series.is_null() {
        return;
    }
    if series["count"].as_i64().unwrap_or(0) < 2 {
        errors.root().invalid("series.count", "", "should be at least 2");
    }
    if series["lastObservedTime"].is_null() {
        errors.root().required("series.lastObservedTime", "");
    }
}

/// Whether the event was written under the older names, which ask for less.
fn is_of_older_writer(event: &Value) -> bool {
    !event["deprecatedFirstTimestamp"].is_null() || !event["deprecatedLastTimestamp"].is_null()
}

/// From the newer names to the stored ones.
fn to_stored(mut event: Value) -> Value {
    for (here, stored) in RENAMED {
        rename(&mut event, here, stored);
    }
    set_type(&mut event, "v1", "Event");
    event
}

/// From the stored names to the newer ones.
fn from_stored(mut event: Value) -> Value {
    for (here, stored) in RENAMED {
        rename(&mut event, stored, here);
    }
    set_type(&mut event, "events.k8s.io/v1", "Event");
    event
}

fn rename(event: &mut Value, from: &str, to: &str) {
    if let Some(value) = remove(event, from) {
        set(event, to, value);
    }
}

#[cfg(test)]
mod tests;
