use super::*;

#[test]
fn a_usual_machine_holds_ten_thousand_containers() {
    let capacity = Capacity::with_mappings(65_530);
    assert_eq!(capacity.containers, 10_088);
    assert_eq!(capacity.bound, "vm.max_map_count is 65530");
}

#[test]
fn the_address_space_binds_when_the_kernel_does_not() {
    let capacity = Capacity::with_mappings(10_000_000);
    assert_eq!(capacity.containers, 20_000);
    assert_eq!(capacity.bound, "the address space of a process");
}

#[test]
fn a_tiny_limit_still_allows_one() {
    assert_eq!(Capacity::with_mappings(100).containers, 1);
}

#[test]
fn the_configuration_can_only_lower_it() {
    assert_eq!(Capacity::with_mappings(65_530).at_most(50).containers, 50);
    assert_eq!(Capacity::with_mappings(65_530).at_most(50_000).containers, 10_088);
}
