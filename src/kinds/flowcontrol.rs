//! The group `flowcontrol.apiserver.k8s.io`.

mod flow_schema;
mod priority_level_configuration;

pub(crate) use flow_schema::FlowSchema;
pub(crate) use priority_level_configuration::PriorityLevelConfiguration;

use std::collections::BTreeSet;

use machinery::FieldErrors;
use serde_json::Value;

use crate::read::{items, text};

/// Checks the conditions of a status, of which each has a name of its own.
fn validate_conditions(object: &Value, errors: &FieldErrors) {
    let mut seen = BTreeSet::new();
    for (index, condition) in items(&object["status"], "conditions").enumerate() {
        let path = errors.at("status").at("conditions").index(index);
        let name = text(condition, "type");
        if !seen.insert(name) {
            path.duplicate("type", name);
        }
        if name.is_empty() {
            path.required("type", "must not be empty");
        }
    }
}
