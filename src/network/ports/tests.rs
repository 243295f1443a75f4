use super::*;

const ANY: IpAddr = LOWEST;
const LOOPBACK: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

#[test]
fn every_ephemeral_port_is_given_once() {
    let mut ports = Ports::default();
    let given: std::collections::BTreeSet<u16> =
        (EPHEMERAL).map(|_| ports.bind(LOOPBACK, 0, ()).unwrap()).collect();
    assert_eq!(given, EPHEMERAL.collect());
    assert_eq!(ports.bind(LOOPBACK, 0, ()), Err(Error::TooMany(Limit::Ports)));
    ports.release(LOOPBACK, 40_000);
    assert_eq!(ports.bind(LOOPBACK, 0, ()), Ok(40_000));
}

#[test]
fn a_released_port_is_not_given_again_at_once() {
    let mut ports = Ports::default();
    let first = ports.bind(ANY, 0, ()).unwrap();
    ports.release(ANY, first);
    assert_ne!(ports.bind(ANY, 0, ()), Ok(first));
}

#[test]
fn a_holder_receives_at_its_address_only() {
    let mut ports = Ports::default();
    ports.bind(LOOPBACK, 80, "loopback").unwrap();
    assert_eq!(ports.receiver(LOOPBACK, 80), Some(&"loopback"));
    assert_eq!(ports.receiver([10, 0, 0, 1].into(), 80), None);
    assert_eq!(ports.bind(ANY, 80, "any"), Err(Error::AddressInUse));
    ports.release(LOOPBACK, 80);
    ports.bind(ANY, 80, "any").unwrap();
    assert_eq!(ports.receiver([10, 0, 0, 1].into(), 80), Some(&"any"));
}
