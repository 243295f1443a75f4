//! The smallest strategic merge patch from one status to another.

use k8s_openapi::api::core::v1::PodStatus;
use serde_json::{Map, Value, json};

/// The patch that turns `old` into `new`, or none when they say the same. The UID makes it miss a
/// namesake that took the pod's place.
pub(crate) fn patch(uid: &str, old: &PodStatus, new: &PodStatus) -> Option<Value> {
    let old = document(old);
    let new = document(new);
    let mut changes = Map::new();
    for (key, value) in &new {
        if old.get(key) != Some(value) {
            changes.insert(key.clone(), change(key, old.get(key), value));
        }
    }
    for key in old.keys().filter(|key| !new.contains_key(*key)) {
        changes.insert(key.clone(), Value::Null);
    }
    (!changes.is_empty()).then(|| json!({"metadata": {"uid": uid}, "status": changes}))
}

/// What to send for one field. Conditions merge by type, so the unchanged ones stay out of it;
/// addresses would merge by address, so they replace the old ones as a whole.
fn change(key: &str, old: Option<&Value>, new: &Value) -> Value {
    match (key, old, new) {
        ("conditions", Some(Value::Array(old)), Value::Array(new)) => {
            let changed = new.iter().filter(|one| !old.contains(one));
            let gone = old.iter().filter(|old| new.iter().all(|new| new["type"] != old["type"]));
            let gone = gone.map(|one| json!({"$patch": "delete", "type": one["type"]}));
            Value::Array(changed.map(|one| condition(old, one)).chain(gone).collect())
        }
        ("podIPs" | "hostIPs", Some(_), Value::Array(new)) => {
            let mut list = vec![json!({"$patch": "replace"})];
            list.extend(new.iter().cloned());
            Value::Array(list)
        }
        _ => new.clone(),
    }
}

/// A condition as it is now. What it no longer says must be taken back, since the rest is merged.
fn condition(old: &[Value], new: &Value) -> Value {
    let before = old.iter().find(|one| one["type"] == new["type"]);
    let mut condition = new.clone();
    if let (Some(Value::Object(before)), Value::Object(condition)) = (before, &mut condition) {
        for key in before.keys() {
            condition.entry(key.clone()).or_insert(Value::Null);
        }
    }
    condition
}

fn document(status: &PodStatus) -> Map<String, Value> {
    match serde_json::to_value(status) {
        Ok(Value::Object(map)) => map,
        _ => Map::new(),
    }
}
