//! JSON merge patch (RFC 7396).

use serde_json::{Map, Value};

/// Applies a merge patch, which cannot fail.
pub fn apply(object: Value, patch: &Value) -> Value {
    let Value::Object(patch) = patch else { return patch.clone() };
    let mut merged = match object {
        Value::Object(map) => map,
        _ => Map::new(),
    };
    for (key, change) in patch {
        if change.is_null() {
            merged.remove(key);
        } else {
            let old = merged.remove(key).unwrap_or(Value::Null);
            merged.insert(key.clone(), apply(old, change));
        }
    }
    Value::Object(merged)
}

#[cfg(test)]
mod tests;
