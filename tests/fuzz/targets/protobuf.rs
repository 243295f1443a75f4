//! Protobuf bodies of every kind. What decodes must be a document that decodes again.

#![no_main]

use libfuzzer_sys::fuzz_target;
use machinery::{FieldValidation, Media};

fuzz_target!(|input: &[u8]| {
    let Some((first, rest)) = input.split_first() else { return };
    let schemas = kinds::schemas();
    let kind = kinds::KINDS[usize::from(*first) % kinds::KINDS.len()];
    let expected = schemas.definition(kind.schema_name());
    // The envelope that begins every body would otherwise have to be guessed.
    let body = [b"k8s\0", rest].concat();
    let Ok(decoded) = machinery::decode(&body, Media::Protobuf, schemas, expected, FieldValidation::Strict) else {
        return;
    };
    let json = decoded.object.to_string();
    let _ = machinery::decode(json.as_bytes(), Media::Json, schemas, expected, FieldValidation::Ignore);
});
