//! Says of each `ServiceCIDR` whether addresses come from it, and keeps it while Services have some (KEP-1880).

use std::sync::Arc;

use client::{Cache, Caches, Controller, Key, Plan, Watches};
use ipnet::IpNet;
use jiff::Timestamp;
use k8s_openapi::api::networking::v1::{IPAddress, ServiceCIDR};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use serde_json::json;

const FINALIZER: &str = "networking.k8s.io/service-cidr-finalizer";
const READY: &str = "Ready";

/// What a decision is based on.
#[derive(Debug)]
pub(crate) struct Snapshot {
    object: Arc<ServiceCIDR>,
    /// Whether a Service has an address of it.
    used: bool,
    now: Timestamp,
}

/// Decides what to do. Knows no I/O; the shell carries out the plan.
fn reconcile(snapshot: &Snapshot, network: IpNet) -> Plan {
    let mut plan = Plan::default();
    let object = snapshot.object.as_ref();
    let finalizers = object.metadata.finalizers.as_deref().unwrap_or_default();
    let held = finalizers.iter().any(|own| own == FINALIZER);
    let leaving = object.metadata.deletion_timestamp.is_some();
    if leaving && held && !snapshot.used {
        let rest: Vec<&String> = finalizers.iter().filter(|own| *own != FINALIZER).collect();
        plan.patch(object, json!({ "metadata": { "finalizers": rest } }));
        return plan;
    }
    if !leaving && !held {
        let all: Vec<&str> = finalizers.iter().map(String::as_str).chain([FINALIZER]).collect();
        plan.patch(object, json!({ "metadata": { "finalizers": all } }));
        return plan;
    }
    let (status, reason, message) = if leaving {
        ("False", "Terminating", "addresses of this range are still held by Services".to_owned())
    } else if ranges(object).iter().all(|range| same_family(*range, network)) {
        ("True", "", "addresses of Services come from this range".to_owned())
    } else {
        let family = if network.addr().is_ipv4() { "IPv4" } else { "IPv6" };
        ("False", "NotServed", format!("Services of this cluster have {family} addresses only"))
    };
    let wanted = (status, reason, message.as_str());
    if condition(object).is_none_or(|now| (&*now.status, &*now.reason, &*now.message) != wanted) {
        let condition = json!({
            "type": READY,
            "status": status,
            "reason": reason,
            "message": message,
            "lastTransitionTime": snapshot.now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        });
        plan.patch_status(object, json!({ "conditions": [condition] }));
    }
    plan
}

fn same_family(one: IpNet, other: IpNet) -> bool {
    one.addr().is_ipv4() == other.addr().is_ipv4()
}

fn condition(range: &ServiceCIDR) -> Option<&Condition> {
    let conditions = range.status.as_ref()?.conditions.as_deref()?;
    conditions.iter().find(|condition| condition.type_ == READY)
}

fn ranges(object: &ServiceCIDR) -> Vec<IpNet> {
    let all = object.spec.iter().flat_map(|spec| spec.cidrs.iter().flatten());
    all.filter_map(|range| range.parse().ok()).collect()
}

/// Runs [`reconcile`] for every range.
#[derive(Debug)]
pub(crate) struct ServiceCidrs {
    objects: Cache<ServiceCIDR>,
    addresses: Cache<IPAddress>,
    network: IpNet,
}

impl ServiceCidrs {
    pub(crate) fn new(caches: &Caches, network: IpNet) -> Self {
        Self { objects: caches.of(), addresses: caches.of(), network }
    }

    fn is_used(&self, object: &ServiceCIDR) -> bool {
        let ranges = ranges(object);
        self.addresses.list().iter().any(|address| {
            let address = address.metadata.name.as_deref().unwrap_or_default().parse();
            address.is_ok_and(|address| {
                ranges.iter().any(|range| range.contains::<&std::net::IpAddr>(&address))
            })
        })
    }
}

impl Controller for ServiceCidrs {
    type Key = Key;
    type Snapshot = Snapshot;
    const NAME: &'static str = "service-cidr-controller";

    fn watches(&self, watches: &Watches<'_, Key>) {
        watches.each(&self.objects);
        // Only the end of an address can set a range free.
        let objects = self.objects.clone();
        watches.on(&self.addresses, move |change| match &change.new {
            Some(_) => Vec::new(),
            None => objects.list().iter().map(|object| Key::of(object.as_ref())).collect(),
        });
    }

    fn observe(&self, key: &Key, now: Timestamp) -> Option<Snapshot> {
        let object = self.objects.get(key)?;
        // Asked only of those that want to go: it looks at every address.
        let used = object.metadata.deletion_timestamp.is_some() && self.is_used(&object);
        Some(Snapshot { object, used, now })
    }

    fn reconcile(&self, snapshot: &Snapshot) -> Plan {
        reconcile(snapshot, self.network)
    }
}

#[cfg(test)]
mod tests;
