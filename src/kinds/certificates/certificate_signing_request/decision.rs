//! Whether a request was approved or denied, and what came of it.

use std::collections::BTreeSet;

use jiff::Timestamp;
use machinery::{FieldPath, time};
use serde_json::Value;

use crate::fill::{default, items_mut, object, present, remove, set};
use crate::read::{is_unset, items, text};

/// The decisions; each is made once.
const DECISIONS: [&str; 2] = ["Approved", "Denied"];

/// Nobody will sign it.
const FAILED: &str = "Failed";

/// What a table says.
pub(super) fn shown(request: &Value) -> String {
    let has = |name: &str| {
        items(&request["status"], "conditions").any(|condition| text(condition, "type") == name)
    };
    let decision = match () {
        () if has("Denied") => "Denied",
        () if has("Approved") => "Approved",
        () => "Pending",
    };
    let failed = if has(FAILED) { ",Failed" } else { "" };
    let issued = if is_unset(&request["status"]["certificate"]) { "" } else { ",Issued" };
    format!("{decision}{failed}{issued}")
}

/// Gives the new status the decisions of the old one, and no others.
pub(super) fn keep(new: &mut Value, old: &Value) {
    let is_decision = |condition: &&Value| DECISIONS.contains(&text(condition, "type"));
    let decided = items(&old["status"], "conditions").filter(is_decision);
    let others = items(&new["status"], "conditions").filter(|condition| !is_decision(condition));
    let conditions: Vec<Value> = decided.chain(others).cloned().collect();
    let Some(status) = object(new, "status") else { return };
    if conditions.is_empty() {
        remove(status, "conditions");
    } else {
        set(status, "conditions", conditions);
    }
}

/// Says of each condition when it was written, and since when it has been so, unless its writer does.
pub(super) fn date(new: &mut Value, old: &Value, now: Timestamp) {
    let now = time::format_time(now);
    let Some(status) = present(new, "status") else { return };
    for condition in items_mut(status, "conditions") {
        default(condition, "lastUpdateTime", now.as_str());
        let same = |old: &&Value| ["type", "status"].iter().all(|f| old[*f] == condition[*f]);
        let before = items(&old["status"], "conditions").find(same);
        let since = before.and_then(|before| before["lastTransitionTime"].as_str());
        default(condition, "lastTransitionTime", since.unwrap_or(&now));
    }
}

/// Checks the conditions at `path`.
pub(super) fn validate(request: &Value, path: &FieldPath<'_>) {
    let mut seen = BTreeSet::new();
    for (index, condition) in items(&request["status"], "conditions").enumerate() {
        let path = path.index(index);
        let (name, holds) = (text(condition, "type"), text(condition, "status"));
        let fixed = DECISIONS.contains(&name) || name == FAILED;
        match holds {
            _ if name.is_empty() => path.required("type", ""),
            "" => path.required("status", ""),
            "True" => {}
            _ if fixed => path.not_supported("status", holds, &["True"]),
            "False" | "Unknown" => {}
            _ => path.not_supported("status", holds, &["False", "True", "Unknown"]),
        }
        if DECISIONS
            .iter()
            .any(|other| DECISIONS.contains(&name) && *other != name && seen.contains(other))
        {
            let detail = "Approved and Denied conditions are mutually exclusive";
            path.invalid("type", name, detail);
        }
        if !seen.insert(name) {
            path.duplicate("type", name);
        }
    }
}

/// Checks that no decision and no failure is taken back.
pub(super) fn validate_kept(new: &Value, old: &Value, path: &FieldPath<'_>) {
    for name in DECISIONS.into_iter().chain([FAILED]) {
        let count = |request: &Value| {
            let all = items(&request["status"], "conditions");
            all.filter(|condition| text(condition, "type") == name).count()
        };
        if count(new) < count(old) {
            let detail = format!("updates may not remove a condition of type {name:?}");
            path.forbidden("conditions", &detail);
        }
    }
}
