//! Shows each cluster address of a Service as an `IPAddress` (KEP-1880), and takes away those that nobody holds.
//!
//! The server gives addresses out; what is here follows the Services, so that people and other controllers can see
//! which address is whose.

use std::fmt;
use std::sync::Arc;

use client::{Cache, Caches, Controller, Key, Plan, Watches};
use jiff::Timestamp;
use k8s_openapi::api::core::v1::Service;
use k8s_openapi::api::networking::v1::{IPAddress, IPAddressSpec, ParentReference};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

/// Says who looks after the object; those of others are left alone.
const MANAGED_BY: &str = "ipaddress.kubernetes.io/managed-by";
const MANAGER: &str = "ipallocator.k8s.io";
const FAMILY: &str = "ipaddress.kubernetes.io/ip-family";

/// One piece of work.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Work {
    /// A Service, whose addresses have to be shown.
    Service(Key),
    /// An address, which may be nobody's.
    Address(Key),
}

impl fmt::Display for Work {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Service(key) => write!(f, "service {key}"),
            Self::Address(key) => write!(f, "address {key}"),
        }
    }
}

/// What a decision is based on.
#[derive(Debug)]
pub(crate) enum Snapshot {
    /// A Service and what is shown of each of its addresses.
    Service(Arc<Service>, Vec<(String, Option<Arc<IPAddress>>)>),
    /// An address that its Service does not hold.
    Left(Arc<IPAddress>),
}

/// Decides what to do. Knows no I/O; the shell carries out the plan.
fn reconcile(snapshot: &Snapshot) -> Plan {
    let mut plan = Plan::default();
    match snapshot {
        Snapshot::Left(address) => {
            plan.delete(address.as_ref());
        }
        Snapshot::Service(service, shown) => {
            let owner = Key::of(service.as_ref());
            for (address, object) in shown {
                let holder = object.as_deref().and_then(holder);
                if holder.as_ref() == Some(&owner) {
                    continue;
                }
                // Whose it was cannot be changed, and the Service that has it now is right.
                if let Some(object) = object {
                    plan.delete(object.as_ref());
                }
                plan.create(&address_of(&owner, address));
            }
        }
    }
    plan
}

/// The Service an address belongs to.
fn holder(address: &IPAddress) -> Option<Key> {
    let parent = &address.spec.as_ref()?.parent_ref;
    let is_service =
        parent.resource == "services" && parent.group.as_deref().unwrap_or("").is_empty();
    is_service.then(|| Key::new(parent.namespace.clone().unwrap_or_default(), &parent.name))
}

fn is_managed(address: &IPAddress) -> bool {
    let labels = address.metadata.labels.as_ref();
    labels.and_then(|labels| labels.get(MANAGED_BY)).is_some_and(|manager| manager == MANAGER)
}

fn addresses(service: &Service) -> Vec<String> {
    let spec = service.spec.iter();
    let all = spec.flat_map(|spec| spec.cluster_ips.iter().flatten());
    all.filter(|address| *address != "None" && !address.is_empty()).cloned().collect()
}

fn address_of(owner: &Key, address: &str) -> IPAddress {
    let family = if address.contains(':') { "IPv6" } else { "IPv4" };
    let labels = [(FAMILY, family), (MANAGED_BY, MANAGER)];
    IPAddress {
        metadata: ObjectMeta {
            name: Some(address.to_owned()),
            labels: Some(labels.map(|(key, value)| (key.to_owned(), value.to_owned())).into()),
            ..ObjectMeta::default()
        },
        spec: Some(IPAddressSpec {
            parent_ref: ParentReference {
                group: Some(String::new()),
                resource: "services".to_owned(),
                namespace: Some(owner.namespace.clone()),
                name: owner.name.clone(),
            },
        }),
    }
}

/// Runs [`reconcile`] for every Service and every address.
#[derive(Debug)]
pub(crate) struct IpAddresses {
    services: Cache<Service>,
    addresses: Cache<IPAddress>,
}

impl IpAddresses {
    pub(crate) fn new(caches: &Caches) -> Self {
        Self { services: caches.of(), addresses: caches.of() }
    }
}

impl Controller for IpAddresses {
    type Key = Work;
    type Snapshot = Snapshot;
    const NAME: &'static str = "ipaddress-controller";

    fn watches(&self, watches: &Watches<'_, Work>) {
        watches.on(&self.services, |change| {
            let all = change.states().flat_map(|service| addresses(service));
            let gone = all.map(|address| Work::Address(Key::cluster(address)));
            gone.chain([Work::Service(change.key())]).collect()
        });
        // What somebody has deleted is made again.
        watches.on(&self.addresses, |change| {
            let holders = change.states().filter_map(|address| holder(address));
            holders.map(Work::Service).chain([Work::Address(change.key())]).collect()
        });
    }

    fn observe(&self, work: &Work, _now: Timestamp) -> Option<Snapshot> {
        match work {
            Work::Service(key) => {
                let service = self.services.get(key)?;
                service.metadata.deletion_timestamp.is_none().then_some(())?;
                let shown = addresses(&service).into_iter().map(|address| {
                    let object = self.addresses.get(&Key::cluster(&address));
                    (address, object)
                });
                let shown = shown.collect();
                Some(Snapshot::Service(service, shown))
            }
            Work::Address(key) => {
                let address = self.addresses.get(key).filter(|address| is_managed(address))?;
                let service = holder(&address).and_then(|holder| self.services.get(&holder));
                let held = service.is_some_and(|service| addresses(&service).contains(&key.name));
                (!held).then_some(Snapshot::Left(address))
            }
        }
    }

    fn reconcile(&self, snapshot: &Snapshot) -> Plan {
        reconcile(snapshot)
    }
}

#[cfg(test)]
mod tests;
