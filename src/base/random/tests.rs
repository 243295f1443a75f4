use super::*;

#[test]
fn the_same_seed_gives_the_same_names() {
    assert_eq!(Random::seeded(7).suffix(5), Random::seeded(7).suffix(5));
}

#[test]
fn a_uuid_has_version_and_variant() {
    let uuid = Random::seeded(1).uuid();
    assert_eq!(uuid.len(), 36);
    assert_eq!(&uuid[14..15], "4");
    assert!("89ab".contains(&uuid[19..20]), "{uuid}");
}
