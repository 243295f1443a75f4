//! The one form that subsets of Endpoints are kept in, however their writer groups them.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::fill::set;
use crate::read::{items, text};

/// What tells addresses apart: pods may have had the same one after another.
type Whose<'v> = (&'v str, &'v str);

/// What tells ports apart, in the order they are kept.
type Port<'v> = (&'v str, i64, &'v str, Option<&'v str>);

/// Who offers a port, and who of them is ready.
type Offers<'v> = BTreeMap<Whose<'v>, bool>;

/// The subsets with every address once for each port, and ports with the same addresses together. Who is listed both as
/// ready and as not ready is not.
///
/// Kubernetes orders ports and subsets by a hash of how it prints them; an order that people can follow says as much.
pub(super) fn repacked(subsets: &[Value]) -> Vec<Value> {
    let mut addresses = BTreeMap::new();
    let mut offered: BTreeMap<Option<Port<'_>>, (Option<&Value>, Offers<'_>)> = BTreeMap::new();
    for subset in subsets {
        for port in ports_or_none(subset) {
            let (_, offers) = offered.entry(port.map(port_of)).or_insert((port, Offers::new()));
            for (list, ready) in [("addresses", true), ("notReadyAddresses", false)] {
                for address in items(subset, list) {
                    addresses.entry(whose(address)).or_insert(address);
                    *offers.entry(whose(address)).or_insert(ready) &= ready;
                }
            }
        }
    }
    let mut together: BTreeMap<Offers<'_>, Vec<&Value>> = BTreeMap::new();
    for (port, offers) in offered.into_values() {
        together.entry(offers).or_default().extend(port);
    }
    let subset = |(offers, ports): (&Offers<'_>, &Vec<&Value>)| {
        let listed = |wanted: bool| {
            let offers = offers.iter().filter(move |(_, ready)| **ready == wanted);
            offers.map(|(whose, _)| addresses[whose]).collect::<Vec<_>>()
        };
        let mut subset = json!({});
        let lists = [("addresses", &listed(true)), ("notReadyAddresses", &listed(false))];
        for (name, list) in lists.into_iter().chain([("ports", ports)]) {
            if !list.is_empty() {
                set(&mut subset, name, json!(list));
            }
        }
        subset
    };
    together.iter().map(subset).collect()
}

/// The ports of a subset; one that is none if it has none, so that its addresses are kept all the same.
fn ports_or_none(subset: &Value) -> Vec<Option<&Value>> {
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
