//! Checks that a pod fits, although the scheduler thought so: someone may have named the node directly.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::Pod;

use crate::amounts::{Amounts, add, requests};
use crate::lifecycle::Setback;

/// What the pods of a node take from it.
#[derive(Debug)]
pub(crate) struct Ledger {
    allocatable: Amounts,
    taken: BTreeMap<String, Amounts>,
    /// The sum of all that is taken.
    used: Amounts,
}

impl Ledger {
    pub(crate) fn new(allocatable: Amounts) -> Self {
        Self { allocatable, taken: BTreeMap::new(), used: Amounts::new() }
    }

    /// Books what a pod takes, or says what is lacking.
    pub(crate) fn admit(&mut self, uid: &str, pod: &Pod) -> Result<(), Setback> {
        let wanted = wanted(pod);
        for (resource, amount) in &wanted {
            let of = |amounts: &Amounts| amounts.get(resource).copied().unwrap_or(0);
            // What the pod has been given before is its own.
            let used = of(&self.used) - self.taken.get(uid).map_or(0, of);
            let capacity = self.allocatable.get(resource).copied().unwrap_or(0);
            if *amount > 0 && used.saturating_add(*amount) > capacity {
                return Err(refusal(resource, *amount, used, capacity));
            }
        }
        self.enter(uid, wanted);
        Ok(())
    }

    /// Books what a pod takes that is here already.
    pub(crate) fn book(&mut self, uid: &str, pod: &Pod) {
        self.enter(uid, wanted(pod));
    }

    /// Gives back what a pod took.
    pub(crate) fn release(&mut self, uid: &str) {
        for (resource, amount) in self.taken.remove(uid).unwrap_or_default() {
            let used = self.used.entry(resource).or_default();
            *used = used.saturating_sub(amount);
        }
    }

    fn enter(&mut self, uid: &str, wanted: Amounts) {
        self.release(uid);
        add(&mut self.used, &wanted);
        self.taken.insert(uid.to_owned(), wanted);
    }
}

/// What a pod takes, itself included.
fn wanted(pod: &Pod) -> Amounts {
    let mut wanted = requests(pod);
    wanted.insert("pods".to_owned(), 1000);
    wanted
}

/// The words Kubernetes has for it. Processor time is counted in thousandths, all else in units.
fn refusal(resource: &str, wanted: i64, used: i64, capacity: i64) -> Setback {
    let unit = if resource == "cpu" { 1 } else { 1000 };
    let message = format!(
        "Pod was rejected: Node didn't have enough resource: {resource}, requested: {}, used: {}, capacity: {}",
        wanted / unit,
        used / unit,
        capacity / unit
    );
    Setback::new(format!("OutOf{resource}"), message)
}

#[cfg(test)]
mod tests;
