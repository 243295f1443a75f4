//! `PriorityClass`: how much pods matter when there is not room for all.

use machinery::FieldErrors;
use serde_json::Value;

use crate::choice::one_of;
use crate::column::Column;
use crate::core::replication_controller::count;
use crate::fill::default;
use crate::kind::{Kind, Scope};
use crate::names::{BuiltIn, Names};
use crate::read::text;

/// How much pods matter when there is not room for all.
#[derive(Debug)]
pub(crate) struct PriorityClass;

static NAMES: Names = BuiltIn {
    group: "scheduling.k8s.io",
    version: "v1",
    kind: "PriorityClass",
    plural: "priorityclasses",
    singular: "priorityclass",
    short: &["pc"],
    categories: &[],
}
.names();

/// What users may ask for; the rest is for the system.
const MAX_VALUE: i64 = 1_000_000_000;

const SYSTEM_PREFIX: &str = "system-";

/// The classes of the system, which are what they are.
const SYSTEM_CLASSES: &[(&str, i64)] =
    &[("system-node-critical", 2_000_001_000), ("system-cluster-critical", 2_000_000_000)];

static COLUMNS: &[Column] = &[
    Column::NAME,
    Column::number("Value", "The priority of its pods.", |class, _| count(class, "value")),
    Column::flag("Global-Default", "Whether pods without a class have it.", |class, _| {
        (class["globalDefault"] == true).into()
    }),
    Column::AGE,
    Column::text("PreemptionPolicy", "Whether its pods push others aside.", |class, _| {
        text(class, "preemptionPolicy").into()
    }),
];

impl Kind for PriorityClass {
    fn names(&self) -> &Names {
        &NAMES
    }

    fn scope(&self) -> Scope {
        Scope::Cluster
    }

    fn schema_name(&self) -> &'static str {
        "io.k8s.api.scheduling.v1.PriorityClass"
    }

    fn columns(&self) -> &[Column] {
        COLUMNS
    }

    fn generation(&self) -> bool {
        true
    }

    fn set_defaults(&self, class: &mut Value) {
        if class.is_object() {
            default(class, "preemptionPolicy", "PreemptLowerPriority");
        }
    }

    fn validate(&self, class: &Value, errors: &FieldErrors) {
        let name = text(&class["metadata"], "name");
        let value = class["value"].as_i64().unwrap_or(0);
        if name.starts_with(SYSTEM_PREFIX) {
            if let Some(problem) = problem_of_system_class(name, class) {
                let detail = format!(
                    "priority class names with '{SYSTEM_PREFIX}' prefix are reserved for system use only. error: {problem}"
                );
                errors.at("metadata").forbidden("name", &detail);
            }
        } else if value > MAX_VALUE {
            let detail = format!("maximum allowed value of a user defined priority is {MAX_VALUE}");
            errors.root().forbidden("value", &detail);
        }
        one_of(class, "preemptionPolicy", &["Never", "PreemptLowerPriority"], &errors.root());
    }

    fn validate_update(&self, new: &Value, old: &Value, errors: &FieldErrors) {
        if new["value"].as_i64().unwrap_or(0) != old["value"].as_i64().unwrap_or(0) {
            errors.root().forbidden("value", "may not be changed in an update.");
        }
        let field = "preemptionPolicy";
        errors.root().immutable(field, new.get(field), old.get(field));
    }
}

fn problem_of_system_class(name: &str, class: &Value) -> Option<String> {
    let known = SYSTEM_CLASSES.iter().find(|(known, _)| *known == name);
    let Some((_, value)) = known else {
        return Some(format!("{name} is not a known system priority class"));
    };
    if class["value"].as_i64() != Some(*value) {
        return Some(format!("value of {name} PriorityClass must be {value}"));
    }
    (class["globalDefault"] == true)
        .then(|| format!("globalDefault of {name} PriorityClass must be false"))
}

#[cfg(test)]
mod tests;
