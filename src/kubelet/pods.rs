//! All pods of the node: watches them, and gives each one an owner.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base::{CancellationToken, Tasks};
use client::{Cache, Key, Occurrence};
use futures::FutureExt;
use k8s_openapi::api::core::v1::Pod;
use kube::runtime::watcher;
use tokio::sync::mpsc;
use tracing::{error, warn};

use crate::lifecycle::{Policy, State, restore};
use crate::pod::{INBOX, Message, Owner};
use crate::site::Site;

/// How long pods may take to end when the node stops: a guest is interrupted within milliseconds.
const STOP_GRACE: Duration = Duration::from_secs(5);

/// The owners of the node's pods, to whom messages can be sent.
#[derive(Debug, Clone, Default)]
pub(crate) struct Directory(Arc<Mutex<Entries>>);

#[derive(Debug, Default)]
struct Entries {
    by_key: BTreeMap<Key, Entry>,
}

#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) uid: String,
    pub(crate) pod: Arc<Pod>,
    pub(crate) inbox: mpsc::Sender<Message>,
}

impl Directory {
    /// The owner of a pod.
    pub(crate) fn find(&self, key: &Key) -> Option<Entry> {
        self.0.lock().expect("nothing panics while it is held").by_key.get(key).cloned()
    }

    /// The objects of all pods.
    pub(crate) fn pods(&self) -> Vec<Arc<Pod>> {
        let entries = self.0.lock().expect("nothing panics while it is held");
        entries.by_key.values().map(|entry| Arc::clone(&entry.pod)).collect()
    }

    /// Where the owners of all pods hear.
    pub(crate) fn inboxes(&self) -> Vec<(Key, mpsc::Sender<Message>)> {
        let entries = self.0.lock().expect("nothing panics while it is held");
        entries.by_key.iter().map(|(key, entry)| (key.clone(), entry.inbox.clone())).collect()
    }

    fn insert(&self, key: Key, entry: Entry) {
        self.0.lock().expect("nothing panics while it is held").by_key.insert(key, entry);
    }

    fn remove(&self, key: &Key) -> Option<Entry> {
        self.0.lock().expect("nothing panics while it is held").by_key.remove(key)
    }
}

/// Watches the node's pods.
pub(crate) struct Pods {
    site: Arc<Site>,
    directory: Directory,
    tasks: Tasks,
}

impl Pods {
    pub(crate) fn new(site: Arc<Site>, tasks: Tasks) -> (Self, Directory) {
        let directory = Directory::default();
        (Self { site, directory: directory.clone(), tasks }, directory)
    }

    /// Follows the API until the node stops, then ends all pods.
    pub(crate) async fn run(self, stop: CancellationToken) {
        let owners = self.tasks.child();
        stop.run_until_cancelled(self.follow(&owners)).await;
        if !owners.shutdown(STOP_GRACE).await {
            warn!("some pods did not end in time");
        }
    }

    async fn follow(&self, owners: &Tasks) {
        let part =
            watcher::Config::default().fields(&format!("spec.nodeName={}", self.site.node_name));
        let pods: Cache<Pod> = self.site.caches.part(None, part);
        if pods.ready().await.is_err() || self.site.services.ready().await.is_err() {
            return;
        }
        self.take_over(&pods.list());
        let changes = pods.changes();
        loop {
            for key in changes.next().await {
                match pods.get(&key) {
                    Some(pod) => self.present(key, pod, owners).await,
                    None => self.absent(&key).await,
                }
            }
        }
    }

    /// Makes room for what an earlier process left: its pods keep their addresses, and what belongs
    /// to no pod any more is removed.
    fn take_over(&self, pods: &[Arc<Pod>]) {
        let mut alive = BTreeSet::new();
        for pod in pods {
            let uid = uid(pod);
            alive.insert(uid.clone());
            let status = pod.status.as_ref();
            let over = matches!(
                status.and_then(|status| status.phase.as_deref()),
                Some("Succeeded" | "Failed")
            );
            let address = status.and_then(|status| status.pod_ip.as_deref());
            if let (false, Some(Ok(address))) = (over, address.map(str::parse)) {
                self.site.addresses().reserve(&uid, address);
                self.site.ledger().book(&uid, pod);
            }
        }
        let cleaned = self.site.volumes.remove_orphans(&alive);
        let cleaned = cleaned.and_then(|()| self.site.logs.remove_orphans(&alive));
        if let Err(error) = cleaned {
            warn!(%error, "cannot remove what earlier pods left");
        }
    }

    async fn present(&self, key: Key, pod: Arc<Pod>, owners: &Tasks) {
        let uid = uid(&pod);
        if let Some(mut entry) = self.directory.find(&key) {
            if entry.uid == uid {
                let _ = entry.inbox.send(Message::Changed(Arc::clone(&pod))).await;
                entry.pod = pod;
                return self.directory.insert(key, entry);
            }
            self.absent(&key).await;
        }
        let (sender, inbox) = mpsc::channel(INBOX);
        self.directory.insert(key.clone(), Entry { uid, pod: Arc::clone(&pod), inbox: sender });
        let (owner, name) = (self.owner(pod), key.to_string());
        owners.spawn("pod", |stop| async move {
            // A panic in one pod's owner is that pod's, not the node's.
            let life = AssertUnwindSafe(owner.run(inbox, stop)).catch_unwind();
            if life.await.is_err() {
                error!(pod = name, "the owner of a pod panicked; the pod is left alone");
            }
        });
    }

    async fn absent(&self, key: &Key) {
        if let Some(entry) = self.directory.remove(key) {
            let _ = entry.inbox.send(Message::Vanished).await;
        }
    }

    fn owner(&self, pod: Arc<Pod>) -> Owner {
        let policy = Policy::of(&pod);
        let now = self.site.clock.now();
        let mut state = restore(&policy, &pod, now);
        let started = pod.status.as_ref().is_some_and(|status| status.start_time.is_some());
        if !state.is_over() && !started && pod.metadata.deletion_timestamp.is_none() {
            let admitted = self.site.ledger().admit(&uid(&pod), &pod);
            if let Err(refusal) = admitted {
                let (reason, message) = (refusal.reason.clone(), refusal.message.clone());
                self.site.recorder.record(Occurrence::warning(&*pod, &reason, message));
                state = State::over(&policy, Some(refusal), now);
            }
        }
        Owner::new(Arc::clone(&self.site), pod, policy, state)
    }
}

fn uid(pod: &Pod) -> String {
    pod.metadata.uid.clone().unwrap_or_default()
}
