//! What Go prints of a strategic patch that fails.

use serde_json::Value;

/// `map[name:value other:[a b]]`
pub(super) fn shown(value: &Value) -> String {
    match value {
        Value::Null => "<nil>".to_owned(),
        Value::String(text) => text.clone(),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
        Value::Array(items) => {
            format!("[{}]", items.iter().map(shown).collect::<Vec<_>>().join(" "))
        }
        Value::Object(map) => {
            let entries = map.iter().map(|(name, value)| format!("{name}:{}", shown(value)));
            format!("map[{}]", entries.collect::<Vec<_>>().join(" "))
        }
    }
}

/// What is wrong with a value, said by what converts it instead of by what decodes it.
pub(super) fn unconverted(decoding: &str) -> String {
    let unmarshal = decoding.strip_prefix("json: cannot unmarshal ");
    let Some((found, wanted)) = unmarshal.and_then(|rest| rest.split_once(" into ")) else {
        return decoding.to_owned();
    };
    let wanted = wanted.rsplit_once(" of type ").map_or(wanted, |(_, wanted)| wanted);
    let found = match found {
        "object" => "map",
        "array" => "slice",
        number if number.starts_with("number") && number.contains('.') => "float64",
        number if number.starts_with("number") => "int64",
        other => other,
    };
    if wanted.starts_with("map[") {
        format!("cannot restore map from {found}")
    } else if wanted.starts_with("[]") {
        format!("cannot restore slice from {found}")
    } else if wanted.contains('.') {
        format!("cannot restore struct from: {found}")
    } else {
        format!("unrecognized type: {wanted}")
    }
}

#[cfg(test)]
mod tests;
