//! Lets claims and volumes that are being deleted go once nothing uses them.
//!
//! Admission gives every claim and volume a finalizer; this takes it away again.

use std::sync::Arc;

use client::{Cache, Cached, Caches, Controller, Key, Plan, Watches};
use jiff::Timestamp;
use k8s_openapi::api::core::v1::{PersistentVolume, PersistentVolumeClaim, Pod};
use serde_json::json;

use crate::pod;

const CLAIM_FINALIZER: &str = "kubernetes.io/pvc-protection";
const VOLUME_FINALIZER: &str = "kubernetes.io/pv-protection";

/// An object that may be held by a finalizer.
#[derive(Debug)]
pub(crate) struct Snapshot<K> {
    object: Arc<K>,
    used: bool,
}

/// Takes the finalizer from an object that is to go and that nothing uses.
fn reconcile<K: Cached>(snapshot: &Snapshot<K>, finalizer: &str) -> Plan {
    let mut plan = Plan::default();
    let meta = snapshot.object.meta();
    let finalizers = meta.finalizers.as_deref().unwrap_or_default();
    let held = finalizers.iter().any(|own| own == finalizer);
    if meta.deletion_timestamp.is_some() && held && !snapshot.used {
        let rest: Vec<&String> = finalizers.iter().filter(|own| *own != finalizer).collect();
        let body = json!({ "metadata": { "finalizers": rest } });
        plan.patch(snapshot.object.as_ref(), body);
    }
    plan
}

/// The claims a pod keeps from going: it has a node, which may have mounted them.
fn claims(pod: &Pod) -> Vec<Key> {
    let namespace = pod.metadata.namespace.as_deref().unwrap_or_default();
    let name = pod.metadata.name.as_deref().unwrap_or_default();
    let volumes = pod.spec.as_ref().and_then(|spec| spec.volumes.as_deref()).unwrap_or_default();
    let named = volumes.iter().filter_map(|volume| match &volume.persistent_volume_claim {
        Some(claim) => Some(claim.claim_name.clone()),
        None => volume.ephemeral.as_ref().map(|_| format!("{name}-{}", volume.name)),
    });
    named.map(|claim| Key::new(namespace, &claim)).collect()
}

/// Runs [`reconcile`] for every claim.
#[derive(Debug)]
pub(crate) struct ClaimProtection {
    claims: Cache<PersistentVolumeClaim>,
    pods: Cache<Pod>,
}

impl ClaimProtection {
    pub(crate) fn new(caches: &Caches) -> Self {
        Self { claims: caches.of(), pods: caches.of() }
    }
}

impl Controller for ClaimProtection {
    type Key = Key;
    type Snapshot = Snapshot<PersistentVolumeClaim>;
    const NAME: &'static str = "persistentvolumeclaim-protection-controller";

    fn watches(&self, watches: &Watches<'_, Key>) {
        watches.each(&self.claims);
        // Only the end of a pod can set a claim free.
        watches.on(&self.pods, |change| match &change.new {
            Some(_) => Vec::new(),
            None => change.states().flat_map(|pod| claims(pod)).collect(),
        });
    }

    fn observe(&self, key: &Key, _now: Timestamp) -> Option<Self::Snapshot> {
        let object = self.claims.get(key)?;
        object.metadata.deletion_timestamp.as_ref()?;
        let pods = self.pods.in_namespace(&key.namespace);
        let used = pods.iter().any(|pod| !pod::node(pod).is_empty() && claims(pod).contains(key));
        Some(Snapshot { object, used })
    }

    fn reconcile(&self, snapshot: &Self::Snapshot) -> Plan {
        reconcile(snapshot, CLAIM_FINALIZER)
    }
}

/// Runs [`reconcile`] for every volume.
#[derive(Debug)]
pub(crate) struct VolumeProtection {
    volumes: Cache<PersistentVolume>,
}

impl VolumeProtection {
    pub(crate) fn new(caches: &Caches) -> Self {
        Self { volumes: caches.of() }
    }
}

impl Controller for VolumeProtection {
    type Key = Key;
    type Snapshot = Snapshot<PersistentVolume>;
    const NAME: &'static str = "persistentvolume-protection-controller";

    fn watches(&self, watches: &Watches<'_, Key>) {
        watches.each(&self.volumes);
    }

    fn observe(&self, key: &Key, _now: Timestamp) -> Option<Self::Snapshot> {
        let object = self.volumes.get(key)?;
        let phase = object.status.as_ref().and_then(|status| status.phase.as_deref());
        let used = phase == Some("Bound");
        Some(Snapshot { object, used })
    }

    fn reconcile(&self, snapshot: &Self::Snapshot) -> Plan {
        reconcile(snapshot, VOLUME_FINALIZER)
    }
}

#[cfg(test)]
mod tests;
