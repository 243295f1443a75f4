//! What every kind makes of a document that fits its schema: defaults, preparation, validation, columns.

#![no_main]

use libfuzzer_sys::fuzz_target;
use machinery::{FieldErrors, FieldValidation, Media};

fuzz_target!(|input: &[u8]| {
    let Some((first, rest)) = input.split_first() else { return };
    let schemas = kinds::schemas();
    let kind = kinds::KINDS[usize::from(*first) % kinds::KINDS.len()];
    let expected = schemas.definition(kind.schema_name());
    let Ok(decoded) = machinery::decode(rest, Media::Json, schemas, expected, FieldValidation::Ignore) else {
        return;
    };
    let sent = decoded.object;
    let mut object = sent.clone();
    kind.set_defaults(&mut object);
    kind.prepare_create(&mut object);
    kinds::validate_create(kind, &object, &FieldErrors::new());
    let mut twice = object.clone();
    kind.set_defaults(&mut twice);
    assert_eq!(twice, object, "defaults are filled in once");
    let mut changed = sent;
    kind.set_defaults(&mut changed);
    kind.prepare_update(&mut changed, &object);
    kinds::validate_update(kind, &changed, &object, &FieldErrors::new());
    let _ = kinds::warnings(kind, &object);
    let now = "2026-01-01T00:00:00Z".parse().expect("a time");
    for column in kind.columns() {
        let _ = column.cell(&object, now);
    }
    for field in kind.selectable() {
        let _ = field.read(&object);
    }
});
