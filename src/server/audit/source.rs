//! Where a request comes from: what proxies say, then the other end of the connection. Pure.

use std::net::IpAddr;

use http::HeaderMap;

/// Addresses of one request; nobody is behind more proxies.
const ADDRESSES_MAX: usize = 16;

/// The addresses a request has passed, its origin first, as far as anybody says.
pub(super) fn addresses(headers: &HeaderMap, peer: Option<IpAddr>) -> Vec<String> {
    let values = |name: &str| headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
    let forwarded = values("x-forwarded-for").flat_map(|value| value.split(','));
    let address = |text: &str| text.trim().parse::<IpAddr>().ok();
    let mut found: Vec<IpAddr> = forwarded.filter_map(address).take(ADDRESSES_MAX).collect();
    if found.is_empty() {
        found.extend(values("x-real-ip").find_map(address));
    }
    if found.last() != peer.as_ref() {
        found.extend(peer);
    }
    found.iter().map(ToString::to_string).collect()
}

#[cfg(test)]
mod tests;
