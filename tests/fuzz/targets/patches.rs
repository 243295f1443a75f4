//! The four patch languages over objects of a kind, of which patch and object are the client's.

#![no_main]

use libfuzzer_sys::fuzz_target;
use machinery::managed::{self, ManagedFields, Reach, Shape, Versions, Write};
use machinery::{FieldValidation, Media, patch};
use serde_json::Value;

struct Only;

impl Versions for Only {
    fn shape(&self, _: &str) -> Option<Shape<'_>> {
        None
    }

    fn convert(&self, _: &Value, _: &str) -> Option<Value> {
        None
    }
}

fuzz_target!(|input: &[u8]| {
    let Some((first, rest)) = input.split_first() else { return };
    let mut halves = rest.splitn(2, |byte| *byte == 0xff);
    let (Some(object), Some(patch)) = (halves.next(), halves.next()) else { return };
    let read = |bytes| machinery::parse(bytes, Media::Json, FieldValidation::Ignore).ok();
    let (Some(object), Some(patch)) = (read(object), read(patch)) else { return };
    let (object, patch) = (object.object, patch.object);
    let schemas = kinds::schemas();
    let kind = kinds::KINDS[usize::from(first >> 2) % kinds::KINDS.len()];
    let definition = schemas.definition(kind.schema_name()).expect("every kind has a schema");
    // Objects are what a server would have stored.
    let Ok(stored) = machinery::conform(object, schemas, definition, FieldValidation::Ignore) else { return };
    let stored = stored.object;
    match first & 3 {
        0 => drop(patch::json::apply(stored, &patch)),
        1 => drop(patch::merge::apply(stored, &patch)),
        2 => drop(patch::strategic::apply(stored, &patch, schemas, definition)),
        _ => apply(&stored, &patch, Shape::of_definition(schemas, definition)),
    }
});

/// Applies twice; the second time changes nothing.
fn apply(live: &Value, wanted: &Value, shape: Shape<'_>) {
    if !wanted.is_object() || !managed::check(shape, wanted).is_empty() {
        return;
    }
    let write = Write {
        manager: "fuzz",
        api_version: "v1",
        subresource: "",
        now: "2026-01-01T00:00:00Z",
        reach: Reach::Everything,
        shape,
        versions: &Only,
    };
    let draft = ManagedFields::default().draft(&write, live, wanted);
    let next = draft.object.clone();
    let Ok(owners) = draft.settle(&write, live, &next, true) else { panic!("force has no conflicts") };
    let again = owners.clone().draft(&write, &next, wanted);
    assert_eq!(again.object, next, "applying twice is applying once");
    let text = owners.clone().encode();
    assert_eq!(ManagedFields::decode(&text).expect("owners that were written").encode(), text);
}
