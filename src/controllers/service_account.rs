//! Gives every namespace its `default` `ServiceAccount`.

use client::{Cache, Caches, Controller, Key, Plan, Watches};
use jiff::Timestamp;
use k8s_openapi::api::core::v1::{Namespace, ServiceAccount};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::runtime::watcher;

const NAME: &str = "default";

/// Whether a namespace takes new objects.
pub(crate) fn is_open(namespace: &Namespace) -> bool {
    let phase = namespace.status.as_ref().and_then(|status| status.phase.as_deref());
    namespace.metadata.deletion_timestamp.is_none() && phase != Some("Terminating")
}

/// A namespace that lacks the account.
fn reconcile(namespace: &str) -> Plan {
    let mut plan = Plan::default();
    plan.create(&ServiceAccount {
        metadata: ObjectMeta {
            name: Some(NAME.to_owned()),
            namespace: Some(namespace.to_owned()),
            ..ObjectMeta::default()
        },
        ..ServiceAccount::default()
    });
    plan
}

/// Runs [`reconcile`] for every open namespace without a default account.
#[derive(Debug)]
pub(crate) struct ServiceAccounts {
    namespaces: Cache<Namespace>,
    accounts: Cache<ServiceAccount>,
}

impl ServiceAccounts {
    pub(crate) fn new(caches: &Caches) -> Self {
        let default = watcher::Config::default().fields(&format!("metadata.name={NAME}"));
        Self { namespaces: caches.of(), accounts: caches.part(None, default) }
    }
}

impl Controller for ServiceAccounts {
    type Key = Key;
    type Snapshot = String;
    const NAME: &'static str = "serviceaccount-controller";

    fn watches(&self, watches: &Watches<'_, Key>) {
        watches.each(&self.namespaces);
        watches.on(&self.accounts, |change| {
            let gone = change.new.is_none().then(|| change.key().namespace);
            gone.map(Key::cluster).into_iter().collect()
        });
    }

    fn observe(&self, key: &Key, _now: Timestamp) -> Option<String> {
        self.namespaces.get(key).filter(|namespace| is_open(namespace))?;
        let present = self.accounts.get(&Key::new(&key.name, NAME)).is_some();
        (!present).then(|| key.name.clone())
    }

    fn reconcile(&self, namespace: &String) -> Plan {
        reconcile(namespace)
    }
}
