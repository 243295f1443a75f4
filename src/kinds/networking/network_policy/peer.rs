//! Who is at the other end of a connection: pods, namespaces, or a range of addresses.

use std::net::IpAddr;

use machinery::FieldPath;
use serde_json::Value;

use crate::address::{is_cidr, within};
use crate::read::{items, text};
use crate::selector;

const CIDR: &str = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)";

/// Checks a peer at `path`.
pub(super) fn validate(peer: &Value, path: &FieldPath<'_>) {
    let (pods, namespaces) = (&peer["podSelector"], &peer["namespaceSelector"]);
    let block = &peer["ipBlock"];
    let selects = !pods.is_null() || !namespaces.is_null();
    if !selects && block.is_null() {
        path.required("", "must specify a peer");
    } else if selects && !block.is_null() {
        path.forbidden("", "may not specify both ipBlock and another peer");
    }
    selector::validate(pods, &path.at("podSelector"));
    selector::validate(namespaces, &path.at("namespaceSelector"));
    if !block.is_null() {
        validate_block(block, &path.at("ipBlock"));
    }
}

fn validate_block(block: &Value, path: &FieldPath<'_>) {
    let range = text(block, "cidr");
    if range.is_empty() {
        path.required("cidr", "");
        return;
    }
    if !is_cidr(range) {
        path.invalid("cidr", range, CIDR);
        return;
    }
    for (index, except) in items(block, "except").filter_map(Value::as_str).enumerate() {
        let path = path.at("except").index(index);
        if !is_cidr(except) {
            path.invalid("", except, CIDR);
        } else if !is_strictly_within(except, range) {
            path.invalid("", except, "must be a strict subset of `cidr`");
        }
    }
}

fn is_strictly_within(inner: &str, outer: &str) -> bool {
    let split = |range: &str| -> Option<(IpAddr, u8)> {
        let (address, bits) = range.split_once('/')?;
        Some((address.parse().ok()?, bits.parse().ok()?))
    };
    let (Some((address, inner_bits)), Some((network, bits))) = (split(inner), split(outer)) else {
        return false;
    };
    inner_bits > bits && within(address, network, bits)
}
