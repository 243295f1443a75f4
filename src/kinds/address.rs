//! Addresses of the network and ranges of them.

use std::net::IpAddr;

use machinery::FieldPath;
use serde_json::Value;

use crate::read::text;

/// Reports text that is not an IP address.
pub(crate) fn validate(address: &str, path: &FieldPath<'_>) {
    if address.parse::<IpAddr>().is_err() {
        path.invalid("", address, "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)");
    }
}

/// Reports an address that nobody can be reached at from another place: where it leads depends on who asks.
pub(crate) fn validate_reachable(address: &str, path: &FieldPath<'_>) {
    let Ok(parsed) = address.parse::<IpAddr>() else { return };
    let local = match parsed {
        IpAddr::V4(v4) => v4.is_link_local(),
        IpAddr::V6(v6) => v6.is_unicast_link_local(),
    };
    if parsed.is_unspecified() {
        path.invalid("", address, &format!("may not be unspecified ({address})"));
    }
    if parsed.is_loopback() {
        let detail = "may not be in the loopback range (127.0.0.0/8, ::1/128)";
        path.invalid("", address, detail);
    }
    if local {
        let detail = "may not be in the link-local range (169.254.0.0/16, fe80::/10)";
        path.invalid("", address, detail);
    }
    if is_local_multicast(parsed) {
        let detail = "may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)";
        path.invalid("", address, detail);
    }
}

/// Whether an object lists where the API server itself is. Of a cluster on one machine that may be where nobody else
/// can reach it.
pub(crate) fn is_of_server(object: &Value) -> bool {
    let metadata = &object["metadata"];
    text(metadata, "namespace") == "default" && text(metadata, "name") == "kubernetes"
}

fn is_local_multicast(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => v4.octets().starts_with(&[224, 0, 0]),
        IpAddr::V6(v6) => v6.segments()[0] & 0xff0f == 0xff02,
    }
}

/// What to say of an address that has a better form.
pub(crate) fn warning(address: &str, path: &str) -> Option<String> {
    let IpAddr::V6(parsed) = address.parse().ok()? else { return None };
    if let Some(v4) = parsed.to_ipv4_mapped() {
        return Some(format!(
            "{path}: non-standard IP address {address:?} will be considered invalid in a future Kubernetes release: \
             use \"{v4}\""
        ));
    }
    let form = parsed.to_string();
    (form != address).then(|| {
        format!(
            "{path}: IPv6 address {address:?} should be in RFC 5952 canonical format ({form:?})"
        )
    })
}

/// Tells of a range that may be meant as an address, or has a better form.
pub(crate) fn warn_of_range(range: &str, path: &str, told: &mut Vec<String>) {
    let Some((address, bits)) = range.split_once('/') else { return };
    let (Ok(parsed), Ok(bits)) = (address.parse::<IpAddr>(), bits.parse::<u8>()) else { return };
    let (first, all) = (masked(parsed, bits), if parsed.is_ipv4() { 32 } else { 128 });
    if first != parsed {
        told.push(format!(
            "{path}: CIDR value {range:?} is ambiguous in this context (should be \"{first}/{bits}\" or \
             \"{parsed}/{all}\"?)"
        ));
    }
    let form = format!("{parsed}/{bits}");
    if parsed.is_ipv6() && form != range {
        told.push(format!(
            "{path}: IPv6 CIDR value {range:?} should be in RFC 5952 canonical format ({form:?})"
        ));
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

/// Whether an address is in the network of that many bits.
pub(crate) fn within(address: IpAddr, network: IpAddr, bits: u8) -> bool {
    match (address, network) {
        (IpAddr::V4(_), IpAddr::V4(_)) | (IpAddr::V6(_), IpAddr::V6(_)) => {
            masked(address, bits) == masked(network, bits)
        }
        _ => false,
    }
}

/// The range as everybody should write it: the lowest address, in its shortest form.
pub(crate) fn canonical_range(range: &str) -> Option<String> {
    let (address, bits) = range.split_once('/')?;
    let bits: u8 = bits.parse().ok()?;
    Some(format!("{}/{bits}", masked(address.parse().ok()?, bits)))
}

/// The address with nothing after the first bits.
fn masked(address: IpAddr, bits: u8) -> IpAddr {
    match address {
        IpAddr::V4(own) => {
            let mask = u32::MAX.checked_shl(32 - u32::from(bits.min(32))).unwrap_or(0);
            IpAddr::V4((own.to_bits() & mask).into())
        }
        IpAddr::V6(own) => {
            let mask = u128::MAX.checked_shl(128 - u32::from(bits.min(128))).unwrap_or(0);
            IpAddr::V6((own.to_bits() & mask).into())
        }
    }
}
