//! Schemas of custom resources, and objects held to them, of which both are a client's.

#![no_main]

use libfuzzer_sys::fuzz_target;
use machinery::{FieldErrors, FieldValidation, GroupVersionKind, Media, Structural};

fuzz_target!(|input: &[u8]| {
    let mut halves = input.splitn(2, |byte| *byte == 0xff);
    let (Some(schema), Some(object)) = (halves.next(), halves.next()) else { return };
    let read = |bytes| machinery::parse(bytes, Media::Json, FieldValidation::Ignore).ok();
    let (Some(schema), Some(object)) = (read(schema), read(object)) else { return };
    let [group, version, kind] = ["fuzz.test", "v1", "Fuzz"].map(str::to_owned);
    let structural = Structural::new(GroupVersionKind { group, version, kind }, &schema.object);
    let mut object = object.object;
    structural.prune(&mut object, kinds::schemas());
    structural.set_defaults(&mut object);
    let filled = object.clone();
    structural.set_defaults(&mut object);
    assert_eq!(object, filled, "defaults are filled in once");
    structural.validate(&object, None, &FieldErrors::new());
    structural.validate(&object, Some(&filled), &FieldErrors::new());
});
