//! Addresses are nobody's, then one pod's, then nobody's again.

use super::*;

fn small() -> Addresses {
    Addresses::new("10.42.3.0/29".parse().unwrap())
}

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

#[test]
fn a_released_address_rests_before_it_means_another_pod() {
    let mut addresses = small();
    assert_eq!(addresses.allocate("a"), Some(ip("10.42.3.2")));
    assert_eq!(addresses.allocate("a"), Some(ip("10.42.3.2")));
    addresses.release("a");
    assert_eq!(addresses.allocate("b"), Some(ip("10.42.3.3")));
    for pod in ["c", "d"] {
        assert!(addresses.allocate(pod).is_some());
    }
    assert_eq!(addresses.allocate("f"), Some(ip("10.42.3.2")));
    assert_eq!(addresses.allocate("g"), None);
}

#[test]
fn an_address_is_kept_for_the_pod_that_had_it() {
    let mut addresses = small();
    assert!(addresses.reserve("a", "10.42.3.2".parse().unwrap()));
    assert!(!addresses.reserve("b", "10.42.3.2".parse().unwrap()));
    assert!(!addresses.reserve("b", "10.42.3.1".parse().unwrap()));
    assert!(!addresses.reserve("b", "10.42.3.6".parse().unwrap()));
    assert!(!addresses.reserve("b", "10.42.3.7".parse().unwrap()));
    assert!(!addresses.reserve("b", "10.9.0.2".parse().unwrap()));
    assert_eq!(addresses.allocate("b"), Some(ip("10.42.3.3")));
    assert_eq!(addresses.allocate("a"), Some(ip("10.42.3.2")));
}

#[test]
fn clients_of_the_hosts_ports_come_from_an_address_of_their_own() {
    let range = "10.42.3.0/29".parse().unwrap();
    let own = node_ports_address(range);
    assert_eq!(own, ip("10.42.3.6"));
    assert_ne!(own, host_address(range));
    assert!(!Addresses::new(range).reserve("a", own));
}

#[test]
fn the_node_has_the_first_address() {
    assert_eq!(host_address("10.42.3.0/24".parse().unwrap()), ip("10.42.3.1"));
}
