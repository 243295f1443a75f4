//! What expressions are of, and what is said of those that are of nothing.

mod known;
mod refused;
mod rules;

use serde_json::{Value, json};

use super::super::Expression;
use super::*;

/// A schema with a field of each sort.
fn schema() -> Value {
    let item = json!({ "type": "object", "properties": {
        "name": { "type": "string" }, "weight": { "type": "integer" },
        "tags": { "type": "object", "additionalProperties": { "type": "string" } },
    } });
    json!({ "type": "object", "properties": { "spec": { "type": "object", "properties": {
        "name": { "type": "string" }, "count": { "type": "integer" }, "share": { "type": "number" },
        "on": { "type": "boolean" }, "maybe": { "type": "string", "nullable": true },
        "since": { "type": "string", "format": "date-time" }, "every": { "type": "string", "format": "duration" },
        "raw": { "type": "string", "format": "byte" }, "day": { "type": "string", "format": "date" },
        "port": { "x-kubernetes-int-or-string": true },
        "list": { "type": "array", "items": item },
        "names": { "type": "array", "items": { "type": "string" } },
        "counts": { "type": "array", "items": { "type": "integer" } },
        "labels": { "type": "object", "additionalProperties": { "type": "string" } },
        "parts": { "type": "object", "additionalProperties": item },
        "open": { "type": "object", "x-kubernetes-preserve-unknown-fields": true },
        "any": { "x-kubernetes-preserve-unknown-fields": true },
        "template": { "type": "object", "x-kubernetes-embedded-resource": true,
            "properties": { "spec": { "type": "object", "properties": { "a-b": { "type": "string" } } } } },
        "under_score": { "type": "string" }, "namespace": { "type": "string" },
    } } } })
}

/// The type of an expression about values of the schema, or what is wrong with it.
fn typed(source: &str) -> String {
    let schema = schema();
    let own = Type::of_schema(&schema, true, "selfType", Reader::Rule);
    let declarations = Declarations::default()
        .with("self", own)
        .with("object", Type::Dyn)
        .with("authorizer", Type::opaque("kubernetes.authorization.Authorizer"));
    match Expression::check(source, &declarations, Wanted::Anything) {
        Ok((_, found)) => found.to_string(),
        Err(Refusal::Wrong(why)) => why,
        Err(Refusal::Unwanted(_)) => unreachable!("anything is wanted"),
    }
}

fn are(rows: &[(&str, &str)]) {
    let wrong: Vec<String> = rows
        .iter()
        .filter_map(|(source, wanted)| {
            let found = typed(source);
            (found != *wanted).then(|| format!("{source}: {found}, not {wanted}"))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
