//! Amounts that are no whole bytes, and variables that hide others.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::demand;
use crate::read::{items, text};

pub(super) fn of_one(container: &Value, path: &str, told: &mut Vec<String>) {
    for side in ["limits", "requests"] {
        of_amounts(&container["resources"][side], &format!("{path}.resources.{side}"), told);
    }
    let mut variables = BTreeSet::new();
    for (index, variable) in items(container, "env").enumerate() {
        let name = text(variable, "name");
        if !variables.insert(name) && hides(variable) {
            told.push(format!(
                "{path}.env[{index}]: hides previous definition of {name:?}, which may be dropped when using apply"
            ));
        }
    }
}

/// Whether a variable drops what one of the same name said before: it does not only add to it.
fn hides(variable: &Value) -> bool {
    let (before, value) = (format!("$({})", text(variable, "name")), text(variable, "value"));
    !variable["valueFrom"].is_null() || value == before || !value.contains(&before)
}

/// Of the amounts at `path` that count bytes.
pub(super) fn of_amounts(amounts: &Value, path: &str, told: &mut Vec<String>) {
    for name in ["memory", "ephemeral-storage"] {
        let value = &amounts[name];
        if demand::amount(value).is_some_and(|amount| !amount.is_whole()) {
            told.push(format!(
                "{path}[{name}]: fractional byte value {value} is invalid, must be an integer"
            ));
        }
    }
}
