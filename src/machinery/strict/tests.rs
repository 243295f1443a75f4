use super::*;
use crate::short::PLACE_BYTES;

/// A body of three megabytes must not make an answer of three hundred.
#[test]
fn a_place_is_told_in_few_words() {
    let key = "é".repeat(1 << 20);
    let mut strictness = Strictness::new(FieldValidation::Warn);
    let path = Path::ROOT.field(&key);
    for name in ["a", "b"] {
        strictness.duplicate_field(&path.field(name));
    }
    let told = strictness.finish().unwrap();
    assert_eq!(told, [format!("duplicate field \"{}…\"", "é".repeat(PLACE_BYTES / 2))]);
}
