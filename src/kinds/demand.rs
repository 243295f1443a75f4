//! What a pod as a whole asks for and may use.

use serde_json::Value;

use super::read::{Amounts, amounts, items, text};

/// What the pod asks for, its overhead included.
pub(super) fn requests(spec: &Value) -> Amounts {
    let mut total = total(spec, "requests");
    add(&mut total, &amounts(&spec["overhead"]));
    total
}

/// What the pod may use. Overhead raises the limits there are and makes none.
pub(super) fn limits(spec: &Value) -> Amounts {
    let mut total = total(spec, "limits");
    let mut overhead = amounts(&spec["overhead"]);
    overhead.retain(|name, _| total.contains_key(name));
    add(&mut total, &overhead);
    total
}

/// Whether an init container keeps running beside the others (KEP-753).
pub(super) fn is_sidecar(container: &Value) -> bool {
    text(container, "restartPolicy") == "Always"
}

/// The most that is in use at any time: containers and sidecars together, or an init container beside the
/// sidecars that started before it. What is said of the pod as a whole (KEP-2837) comes first.
fn total(spec: &Value, side: &str) -> Amounts {
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
    running.extend(amounts(&spec["resources"][side]));
    running
}

/// Adds amount by amount.
pub(super) fn add(total: &mut Amounts, more: &Amounts) {
    for (name, amount) in more {
        match total.get_mut(name) {
            Some(sum) => *sum = *sum + *amount,
            None => drop(total.insert(name.clone(), *amount)),
        }
    }
}

/// Raises each amount to at least another.
pub(super) fn raise(total: &mut Amounts, least: &Amounts) {
    for (name, amount) in least {
        match total.get_mut(name) {
            Some(known) if *known >= *amount => {}
            Some(known) => *known = *amount,
            None => drop(total.insert(name.clone(), *amount)),
        }
    }
}
