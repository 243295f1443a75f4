//! What a pod as a whole asks for and may use.

use std::collections::BTreeMap;

use machinery::Quantity;
use serde_json::Value;

pub use crate::amount::parse as amount;
use crate::read::{items, text};

/// Amounts by the names of resources.
pub type Amounts = BTreeMap<String, Quantity>;

/// A map of amounts; what is no amount is left out.
pub fn amounts(map: &Value) -> Amounts {
    let entries = map.as_object().into_iter().flatten();
    entries.filter_map(|(name, value)| Some((name.clone(), amount(value)?))).collect()
}

/// What the pod asks for, its overhead included.
pub fn requests(spec: &Value) -> Amounts {
    let mut total = total(spec, "requests");
    add(&mut total, &amounts(&spec["overhead"]));
    total
}

/// What the pod may use. Overhead raises the limits there are and makes none.
pub fn limits(spec: &Value) -> Amounts {
    let mut total = total(spec, "limits");
    let mut overhead = amounts(&spec["overhead"]);
    overhead.retain(|name, _| total.contains_key(name));
    add(&mut total, &overhead);
    total
}

/// Whether an init container keeps running beside the others (KEP-753).
pub fn is_sidecar(container: &Value) -> bool {
    text(container, "restartPolicy") == "Always"
}

/// What is said of the pod as a whole (KEP-2837), and of its containers where that is silent.
fn total(spec: &Value, side: &str) -> Amounts {
    let mut total = of_containers(spec, side);
    total.extend(amounts(&spec["resources"][side]));
    total
}

/// The most that is in use at any time: containers and sidecars together, or an init container beside the
/// sidecars that started before it.
pub(crate) fn of_containers(spec: &Value, side: &str) -> Amounts {
    let of = |container: &Value| amounts(&container["resources"][side]);
    let (mut sidecars, mut peak) = (Amounts::new(), Amounts::new());
    for container in items(spec, "initContainers") {
        let mut at_once = of(container);
        add(&mut at_once, &sidecars);
        raise(&mut peak, &at_once);
        if is_sidecar(container) {
            sidecars = at_once;
        }
    }
    let mut running = sidecars;
    for container in items(spec, "containers") {
        add(&mut running, &of(container));
    }
    raise(&mut running, &peak);
    running
}

/// Adds amount by amount.
fn add(total: &mut Amounts, more: &Amounts) {
    for (name, amount) in more {
        match total.get_mut(name) {
            Some(sum) => *sum = *sum + *amount,
            None => drop(total.insert(name.clone(), *amount)),
        }
    }
}

/// Raises each amount to at least another.
pub fn raise(total: &mut Amounts, least: &Amounts) {
    for (name, amount) in least {
        match total.get_mut(name) {
            Some(known) if *known >= *amount => {}
            Some(known) => *known = *amount,
            None => drop(total.insert(name.clone(), *amount)),
        }
    }
}
