//! Values of an object as rules see them.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, TimeDelta};
use kube_cel::cel::Value as Cel;
use kube_cel::cel::objects::{Key, Map};
use machinery::structural::{Additional, Node, ValueType};
use serde_json::Value;

/// A value with the types of its schema. A whole object shows what it is and what it is called, nothing else of its
/// metadata.
pub(super) fn of(value: &Value, node: &Node, whole: bool) -> Cel {
    match value {
        Value::Null => Cel::Null,
        Value::Bool(truth) => Cel::Bool(*truth),
        Value::Number(number) if node.types == [ValueType::Number] => {
            Cel::Float(number.as_f64().unwrap_or_default())
        }
        Value::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(whole), _) => Cel::Int(whole),
            (None, float) => Cel::Float(float.unwrap_or_default()),
        },
        Value::String(text) => of_text(text, node),
        Value::Array(items) => {
            let plain = Node::default();
            let child = node.items.as_deref().unwrap_or(&plain);
            Cel::List(Arc::new(items.iter().map(|item| of(item, child, false)).collect()))
        }
        Value::Object(map) => {
            let plain = Node::default();
            let mut fields = HashMap::with_capacity(map.len());
            for (name, value) in map {
                let cel = match (name.as_str(), node.property(name), &node.additional) {
                    ("metadata", _, _) if whole || node.embedded => metadata(value),
                    ("apiVersion" | "kind", None, _) if whole || node.embedded => {
                        of(value, &plain, false)
                    }
                    (_, Some(child), _) => of(value, child, false),
                    (_, None, Additional::Of(child)) => of(value, child, false),
                    // What the schema does not name, rules do not see.
                    _ => continue,
                };
                fields.insert(Key::String(Arc::new(name.clone())), cel);
            }
            Cel::Map(Map { map: Arc::new(fields) })
        }
    }
}

fn of_text(text: &str, node: &Node) -> Cel {
    let parsed = match node.format() {
        Some("date-time") => DateTime::parse_from_rfc3339(text).ok().map(Cel::Timestamp),
        Some("date") => {
            DateTime::parse_from_rfc3339(&format!("{text}T00:00:00Z")).ok().map(Cel::Timestamp)
        }
        Some("duration") => duration(text).map(Cel::Duration),
        Some("byte") => STANDARD.decode(text).ok().map(|bytes| Cel::Bytes(Arc::new(bytes))),
        _ => None,
    };
    parsed.unwrap_or_else(|| Cel::String(Arc::new(text.to_owned())))
}

/// `1h30m`; what is written otherwise stays text.
fn duration(text: &str) -> Option<TimeDelta> {
    let (is_negative, mut rest) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
    let mut seconds = 0.0;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let letters = rest[digits..].find(|c: char| !c.is_alphabetic());
        let end = letters.map_or(rest.len(), |letters| digits + letters);
        let unit = match &rest[digits..end] {
            "h" => 3600.0,
            "m" => 60.0,
            "s" => 1.0,
            "ms" => 1e-3,
            "us" | "µs" => 1e-6,
            "ns" => 1e-9,
            _ => return None,
        };
        seconds += rest[..digits].parse::<f64>().ok()? * unit;
        rest = &rest[end..];
    }
    let whole = Duration::try_from_secs_f64(seconds).ok()?;
    TimeDelta::from_std(whole).ok().map(|delta| if is_negative { -delta } else { delta })
}

fn metadata(value: &Value) -> Cel {
    let plain = Node::default();
    let shown = ["name", "generateName"].into_iter().filter_map(|name| {
        Some((Key::String(Arc::new(name.to_owned())), of(value.get(name)?, &plain, false)))
    });
    Cel::Map(Map { map: Arc::new(shown.collect()) })
}
