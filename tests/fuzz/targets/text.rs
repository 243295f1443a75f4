//! JSON and YAML bodies, with a schema and without. What is read and written is read again as the same.

#![no_main]

use libfuzzer_sys::fuzz_target;
use machinery::{FieldValidation, Media};

fuzz_target!(|input: &[u8]| {
    let Some((first, rest)) = input.split_first() else { return };
    let media = if first & 1 == 0 { Media::Json } else { Media::Yaml };
    let schemas = kinds::schemas();
    let kind = kinds::KINDS[usize::from(first >> 1) % kinds::KINDS.len()];
    let expected = schemas.definition(kind.schema_name());
    let _ = machinery::decode(rest, media, schemas, expected, FieldValidation::Warn);
    let Ok(parsed) = machinery::parse(rest, media, FieldValidation::Strict) else { return };
    let again = machinery::parse(parsed.object.to_string().as_bytes(), Media::Json, FieldValidation::Strict);
    assert_eq!(again.expect("what was written can be read").object, parsed.object);
});
