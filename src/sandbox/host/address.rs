//! Addresses as the interfaces spell them and as std does.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV6};

use wasmtime_wasi::p2::bindings::sockets::network::{
    ErrorCode, IpAddress, IpAddressFamily, IpSocketAddress, Ipv4SocketAddress, Ipv6SocketAddress,
};

pub(super) fn to_std(address: IpSocketAddress) -> SocketAddr {
    match address {
        IpSocketAddress::Ipv4(v4) => {
            let (a, b, c, d) = v4.address;
            SocketAddr::new(Ipv4Addr::new(a, b, c, d).into(), v4.port)
        }
        IpSocketAddress::Ipv6(v6) => {
            let s = v6.address;
            let address = Ipv6Addr::new(s.0, s.1, s.2, s.3, s.4, s.5, s.6, s.7);
            SocketAddr::V6(SocketAddrV6::new(address, v6.port, v6.flow_info, v6.scope_id))
        }
    }
}

pub(super) fn from_std(address: SocketAddr) -> IpSocketAddress {
    let port = address.port();
    match from_ip(address.ip()) {
        IpAddress::Ipv4(address) => IpSocketAddress::Ipv4(Ipv4SocketAddress { port, address }),
        IpAddress::Ipv6(address) => {
            IpSocketAddress::Ipv6(Ipv6SocketAddress { port, flow_info: 0, address, scope_id: 0 })
        }
    }
}

pub(super) fn from_ip(address: IpAddr) -> IpAddress {
    match address {
        IpAddr::V4(v4) => {
            let [a, b, c, d] = v4.octets();
            IpAddress::Ipv4((a, b, c, d))
        }
        IpAddr::V6(v6) => {
            let s = v6.segments();
            IpAddress::Ipv6((s[0], s[1], s[2], s[3], s[4], s[5], s[6], s[7]))
        }
    }
}

/// An address a socket of `family` can be bound to: of that family, unicast, and not one in the other's clothes.
pub(super) fn bindable(
    address: IpSocketAddress,
    family: IpAddressFamily,
) -> Result<SocketAddr, ErrorCode> {
    let address = to_std(address);
    let unicast = match address.ip() {
        IpAddr::V4(v4) => {
            matches!(family, IpAddressFamily::Ipv4) && !v4.is_multicast() && !v4.is_broadcast()
        }
        IpAddr::V6(v6) => {
            matches!(family, IpAddressFamily::Ipv6)
                && !v6.is_multicast()
                && v6.to_ipv4_mapped().is_none()
        }
    };
    if unicast { Ok(address) } else { Err(ErrorCode::InvalidArgument) }
}

/// An address a socket of `family` can send to: bindable, and naming a host and a port.
pub(super) fn reachable(
    address: IpSocketAddress,
    family: IpAddressFamily,
) -> Result<SocketAddr, ErrorCode> {
    let address = bindable(address, family)?;
    if address.ip().is_unspecified() || address.port() == 0 {
        return Err(ErrorCode::InvalidArgument);
    }
    Ok(address)
}
