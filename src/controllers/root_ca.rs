//! Publishes the cluster's certificate authority to every namespace, for pods to trust the API server by.

use std::collections::BTreeMap;
use std::sync::Arc;

use client::{Cache, Caches, Controller, Key, Plan, Watches};
use jiff::Timestamp;
use k8s_openapi::api::core::v1::{ConfigMap, Namespace};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::runtime::watcher;

use crate::service_account::is_open;

const NAME: &str = "kube-root-ca.crt";
const ENTRY: &str = "ca.crt";
const DESCRIPTION: &str = "kubernetes.io/description";
const DESCRIPTION_TEXT: &str =
    "The certificate authority by which pods verify the API server's in-cluster addresses.";

/// What a decision about one namespace is based on.
#[derive(Debug)]
pub(crate) struct Snapshot {
    namespace: String,
    published: Option<Arc<ConfigMap>>,
}

fn reconcile(snapshot: &Snapshot, pem: &str) -> Plan {
    let mut plan = Plan::default();
    let data = Some(BTreeMap::from([(ENTRY.to_owned(), pem.to_owned())]));
    match snapshot.published.as_deref() {
        None => plan.create(&ConfigMap {
            metadata: ObjectMeta {
                name: Some(NAME.to_owned()),
                namespace: Some(snapshot.namespace.clone()),
                annotations: Some([(DESCRIPTION.to_owned(), DESCRIPTION_TEXT.to_owned())].into()),
                ..ObjectMeta::default()
            },
            data,
            ..ConfigMap::default()
        }),
        Some(published) if published.data != data => {
            plan.update(&ConfigMap { data, binary_data: None, ..published.clone() });
        }
        Some(_) => {}
    }
    plan
}

/// Runs [`reconcile`] for every open namespace.
#[derive(Debug)]
pub(crate) struct RootCa {
    namespaces: Cache<Namespace>,
    published: Cache<ConfigMap>,
    pem: String,
}

impl RootCa {
    pub(crate) fn new(caches: &Caches, pem: String) -> Self {
        let named = watcher::Config::default().fields(&format!("metadata.name={NAME}"));
        Self { namespaces: caches.of(), published: caches.part(None, named), pem }
    }
}

impl Controller for RootCa {
    type Key = Key;
    type Snapshot = Snapshot;
    const NAME: &'static str = "root-ca-certificate-publisher-controller";

    fn watches(&self, watches: &Watches<'_, Key>) {
        watches.each(&self.namespaces);
        watches.on(&self.published, |change| vec![Key::cluster(change.key().namespace)]);
    }

    fn observe(&self, key: &Key, _now: Timestamp) -> Option<Snapshot> {
        self.namespaces.get(key).filter(|namespace| is_open(namespace))?;
        let published = self.published.get(&Key::new(&key.name, NAME));
        Some(Snapshot { namespace: key.name.clone(), published })
    }

    fn reconcile(&self, snapshot: &Snapshot) -> Plan {
        reconcile(snapshot, &self.pem)
    }
}
