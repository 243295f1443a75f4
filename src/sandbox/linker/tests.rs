use super::*;

#[test]
fn every_interface_is_linked_once_and_only_at_0_2() {
    let linker = linker(&Engine::default());
    assert!(linker.is_ok(), "an interface linked twice would be refused");
}
