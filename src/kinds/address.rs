//! Addresses of the network and ranges of them.

use std::net::IpAddr;

use machinery::FieldPath;

/// Reports text that is not an IP address.
pub(crate) fn validate(address: &str, path: &FieldPath<'_>) {
    if address.parse::<IpAddr>().is_err() {
        path.invalid("", address, "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)");
    }
}

/// Whether text is a range such as `10.42.0.0/24`.
pub(crate) fn is_cidr(text: &str) -> bool {
    let Some((address, bits)) = text.split_once('/') else { return false };
    let most = match address.parse::<IpAddr>() {
        Ok(IpAddr::V4(_)) => 32,
        Ok(IpAddr::V6(_)) => 128,
        Err(_) => return false,
    };
    bits.parse::<u8>().is_ok_and(|bits| bits <= most)
}
