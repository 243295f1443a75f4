//! Addresses of every class, and names.

use std::net::SocketAddr;

use wasip2::sockets::network::{
    IpAddressFamily, IpSocketAddress, Ipv4SocketAddress, Ipv6SocketAddress,
};

/// One or two of each class, with ports on which something often listens.
pub const ALL: &[&str] = &[
    // public
    "1.1.1.1:53",
    "8.8.8.8:53",
    "93.184.215.14:80",
    // loopback
    "127.0.0.1:22",
    "127.0.0.53:53",
    // link-local, with the metadata service of clouds
    "169.254.169.254:80",
    // private and shared
    "10.0.0.1:443",
    "172.17.0.1:2375",
    "192.168.1.1:80",
    "100.64.0.1:80",
    // unspecified, broadcast, multicast
    "0.0.0.0:22",
    "255.255.255.255:68",
    "224.0.0.251:5353",
    // the same in IPv6
    "[2606:4700:4700::1111]:53",
    "[::1]:22",
    "[fe80::1]:80",
    "[fd00:ec2::254]:80",
    "[::]:22",
    "[ff02::fb]:5353",
    "[::ffff:127.0.0.1]:22",
    "[64:ff9b::101:101]:53",
];

/// Names that a real resolver would know.
pub const NAMES: &[&str] = &["example.com", "localhost", "metadata.google.internal", "127.0.0.1"];

/// The family of an address.
pub fn family(address: SocketAddr) -> IpAddressFamily {
    if address.is_ipv4() { IpAddressFamily::Ipv4 } else { IpAddressFamily::Ipv6 }
}

/// The address as the sockets interface spells it.
pub fn to_wasi(address: SocketAddr) -> IpSocketAddress {
    match address {
        SocketAddr::V4(v4) => {
            let [a, b, c, d] = v4.ip().octets();
            IpSocketAddress::Ipv4(Ipv4SocketAddress { port: v4.port(), address: (a, b, c, d) })
        }
        SocketAddr::V6(v6) => {
            let [a, b, c, d, e, f, g, h] = v6.ip().segments();
            IpSocketAddress::Ipv6(Ipv6SocketAddress {
                port: v6.port(),
                flow_info: 0,
                scope_id: 0,
                address: (a, b, c, d, e, f, g, h),
            })
        }
    }
}
