//! The one form that subsets of Endpoints are kept in, however their writer groups them.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::fill::set;
use crate::read::{items, text};

/// What tells addresses apart: pods may have had the same one after another.
type Whose<'v> = (&'v str, &'v str);

/// What tells ports apart, in the order they are kept.
type Port<'v> = (&'v str, i64, &'v str, Option<&'v str>);

/// Who offers a port, and who of them is ready.
type Offers<'v> = BTreeMap<Whose<'v>, bool>;

/// Ports, in order.
type Ports<'v> = BTreeMap<Port<'v>, &'v Value>;

/// How long all addresses may be when each stands with every group of ports. An address is repeated for ports that
/// others offer too, and so few of them could come to fill the memory. It is more than an object may be long.
const BYTES_MAX: usize = 4 << 20;

/// The subsets with every address once for each port, and ports with the same addresses together. Who is listed both as
/// ready and as not ready is not. Nothing if that would be too long.
///
/// Kubernetes orders ports and subsets by a hash of how it prints them, and its controller compares what it would write
/// with what is stored by that order. With several subsets or ports it thus updates more often than needed; the update
/// is found to change nothing.
pub(super) fn repacked(subsets: &[Value]) -> Option<Vec<Value>> {
    let groups = grouped(subsets);
    let bytes: Vec<usize> = subsets.iter().map(length_of_addresses).collect();
    if groups.keys().flatten().map(|place| bytes[*place]).sum::<usize>() > BYTES_MAX {
        return None;
    }
    let mut addresses = BTreeMap::new();
    for (address, _) in subsets.iter().flat_map(addresses_of) {
        addresses.entry(whose(address)).or_insert(address);
    }
    let mut together: BTreeMap<Offers<'_>, Ports<'_>> = BTreeMap::new();
    for (places, ports) in groups {
        let mut offers = Offers::new();
        for (address, ready) in places.iter().flat_map(|place| addresses_of(&subsets[*place])) {
            *offers.entry(whose(address)).or_insert(ready) &= ready;
        }
        together.entry(offers).or_default().extend(ports);
    }
    let subset = |(offers, ports): (&Offers<'_>, &Ports<'_>)| {
        let ports: Vec<&Value> = ports.values().copied().collect();
        let listed = |wanted: bool| {
            let offers = offers.iter().filter(move |(_, ready)| **ready == wanted);
            offers.map(|(whose, _)| addresses[whose]).collect::<Vec<_>>()
        };
        let mut subset = json!({});
        let lists = [("addresses", &listed(true)), ("notReadyAddresses", &listed(false))];
        for (name, list) in lists.into_iter().chain([("ports", &ports)]) {
            if !list.is_empty() {
                set(&mut subset, name, json!(list));
            }
        }
        subset
    };
    Some(together.iter().map(subset).collect())
}

/// The ports that the same subsets list, by the places of those.
fn grouped(subsets: &[Value]) -> BTreeMap<BTreeSet<usize>, Ports<'_>> {
    let mut listed: BTreeMap<Option<Port<'_>>, (Option<&Value>, BTreeSet<usize>)> = BTreeMap::new();
    for (place, subset) in subsets.iter().enumerate() {
        for port in ports_or_none(subset) {
            let (_, places) = listed.entry(port.map(port_of)).or_insert((port, BTreeSet::new()));
            places.insert(place);
        }
    }
    let mut groups: BTreeMap<BTreeSet<usize>, Ports<'_>> = BTreeMap::new();
    for (key, (port, places)) in listed {
        groups.entry(places).or_default().extend(key.zip(port));
    }
    groups
}

fn addresses_of(subset: &Value) -> impl Iterator<Item = (&Value, bool)> {
    let listed = [("addresses", true), ("notReadyAddresses", false)];
    listed.into_iter().flat_map(|(list, ready)| items(subset, list).map(move |own| (own, ready)))
}

fn length_of_addresses(subset: &Value) -> usize {
    addresses_of(subset).map(|(address, _)| address.to_string().len()).sum()
}

/// The ports of a subset; one that is none if it has none, so that its addresses are kept all the same.
pub(super) fn ports_or_none(subset: &Value) -> Vec<Option<&Value>> {
    let ports: Vec<_> = items(subset, "ports").map(Some).collect();
    if ports.is_empty() { vec![None] } else { ports }
}

fn whose(address: &Value) -> Whose<'_> {
    (text(address, "ip"), text(&address["targetRef"], "uid"))
}

fn port_of(port: &Value) -> Port<'_> {
    let number = port["port"].as_i64().unwrap_or_default();
    (text(port, "name"), number, text(port, "protocol"), port["appProtocol"].as_str())
}

#[cfg(test)]
mod tests;
