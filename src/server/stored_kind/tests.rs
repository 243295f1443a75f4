use super::stored_kind;

#[test]
fn every_kind_is_read_from_the_prefix_it_is_stored_under() {
    for kind in kinds::KINDS {
        let names = kind.names();
        if kind.virtual_review() || kind.storage().conversion.is_some() {
            continue;
        }
        let key = format!("{}/some/object.with.dots", kind.storage().prefix);
        let (group, plural) = stored_kind(&key);
        // Events of both groups share a place.
        if names.plural != "events" {
            assert_eq!((group, plural), (names.group.as_ref(), names.plural.as_ref()), "{key}");
        }
    }
    assert_eq!(stored_kind("/registry/"), ("", ""));
}
