//! Nobody can dial 0.0.0.0.

use super::*;

#[test]
fn an_address_of_ones_own_is_advertised_as_it_is() {
    for address in ["127.0.0.1:6443", "192.0.2.7:6443", "[::1]:6443"] {
        let address: SocketAddr = address.parse().unwrap();
        assert_eq!(advertised(address), address);
    }
}

#[test]
fn a_server_on_every_address_is_known_by_one_that_can_be_dialled() {
    for address in ["0.0.0.0:6443", "[::]:6443"] {
        let address: SocketAddr = address.parse().unwrap();
        let known = advertised(address);
        assert!(!known.ip().is_unspecified());
        assert_eq!((known.is_ipv4(), known.port()), (address.is_ipv4(), 6443));
        // It is this host's: one can listen there.
        std::net::TcpListener::bind((known.ip(), 0)).unwrap();
    }
}
