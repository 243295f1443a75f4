//! Expressions in CEL, which tenants write, over objects, which tenants write, too. Whatever they are, the budget of one
//! request ends them, and what they come to is a document or an error. Types are told of them in time, too, and what has
//! one compiles.

#![no_main]

use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use kinds::expression::{
    Budget, Declarations, Expression, Functions, Names, Reader, Type, Wanted, from_json, to_json,
};
use libfuzzer_sys::fuzz_target;
use machinery::{FieldValidation, Media};

const NAMES: Names<'static> = Names { roots: &["object", "oldObject", "self"], variables: &[] };
/// Many times what a budget lasts: what goes beyond it does so because no step of it was counted.
const TIME_MAX: Duration = Duration::from_secs(5);

static FUNCTIONS: LazyLock<Functions> = LazyLock::new(|| Functions::new(|_| ()));

fn evaluate(expression: &Expression, object: &serde_json::Value) {
    let budget = Arc::new(Budget::new());
    let mut scope = FUNCTIONS.scope(&budget);
    for name in NAMES.roots {
        scope.set(name, from_json(object));
    }
    let started = Instant::now();
    let value = scope.evaluate(expression);
    let elapsed = started.elapsed();
    assert!(elapsed < TIME_MAX, "{} took {elapsed:?}", expression.source());
    let _ = value.map(|value| to_json(&value));
}

/// What `self` looks like: with a field of each sort.
static SCHEMA: LazyLock<serde_json::Value> = LazyLock::new(|| {
    let text = serde_json::json!({ "type": "string" });
    serde_json::json!({ "type": "object", "properties": {
        "text": text, "number": { "type": "integer" }, "share": { "type": "number" }, "on": { "type": "boolean" },
        "list": { "type": "array", "items": { "type": "object", "properties": { "name": text } } },
        "map": { "type": "object", "additionalProperties": text }, "any": { "x-kubernetes-int-or-string": true },
        "since": { "type": "string", "format": "date-time" }, "every": { "type": "string", "format": "duration" },
    } })
});

/// Whether the types of an expression fit.
fn has_a_type(source: &str) -> bool {
    let own = Type::of_schema(&SCHEMA, true, "self", Reader::Rule);
    let declared = Declarations::default().with("self", own);
    let declared = declared.with("object", Type::Dyn).with("oldObject", Type::Dyn);
    let started = Instant::now();
    let checked = Expression::check(source, &declared, Wanted::Anything);
    let elapsed = started.elapsed();
    assert!(elapsed < TIME_MAX, "{source} took {elapsed:?} to be checked");
    checked.is_ok()
}

// What panics in the interpreter is caught and becomes an error; the hook that would end the process is not for that.
fuzz_target!(
    init: std::panic::set_hook(Box::new(|_| {})),
    |input: &[u8]| {
        let mut halves = input.splitn(2, |byte| *byte == 0xff);
        let source = halves.next().and_then(|source| std::str::from_utf8(source).ok());
        let object = halves.next().unwrap_or(b"{\"spec\":{\"replicas\":3,\"list\":[1,\"a\"]}}");
        let object = machinery::parse(object, Media::Json, FieldValidation::Ignore);
        let (Some(source), Ok(object)) = (source, object) else { return };
        let has_a_type = has_a_type(source);
        let Ok(expression) = Expression::compile(source, &NAMES) else {
            assert!(!has_a_type, "{source} has a type and does not compile");
            return;
        };
        let again = Expression::compile(expression.source(), &NAMES).expect("it was compiled before");
        assert_eq!(again.reads(), expression.reads());
        evaluate(&expression, &object.object);
    }
);
