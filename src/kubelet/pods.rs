//! All pods of the node: watches them, and gives each one an owner.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base::{Backoff, CancellationToken, Tasks};
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

/// Until a pod whose owner panicked gets another: what made it panic may pass ...
const REPLACE_FIRST: Duration = Duration::from_millis(100);
/// ... or not; then it must not keep the node busy.
const REPLACE_CAP: Duration = Duration::from_mins(5);

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
        let first = Box::new(owner(&self.site, &pod));
        let post = Post {
            site: Arc::clone(&self.site),
            directory: self.directory.clone(),
            key,
            pod,
            inbox,
        };
        owners.spawn("pod", |stop| post.hold(first, stop));
    }

    async fn absent(&self, key: &Key) {
        if let Some(entry) = self.directory.remove(key) {
            let _ = entry.inbox.send(Message::Vanished).await;
        }
    }
}

/// A pod's place on the node, which one owner holds after the other should one of them panic.
struct Post {
    site: Arc<Site>,
    directory: Directory,
    key: Key,
    /// The pod as it was last seen from here.
    pod: Arc<Pod>,
    inbox: mpsc::Receiver<Message>,
}

impl Post {
    async fn hold(mut self, mut owner: Box<Owner>, stop: CancellationToken) {
        let mut backoff = Backoff::new(REPLACE_FIRST, REPLACE_CAP);
        loop {
            // A panic in one pod's owner is that pod's, not the node's.
            let life = AssertUnwindSafe(owner.run(&mut self.inbox, stop.clone())).catch_unwind();
            if Box::pin(life).await.is_ok() {
                return;
            }
            error!(pod = %self.key, "the owner of a pod panicked; another one takes over");
            let pause = self.pause(backoff.next_delay());
            match stop.run_until_cancelled(pause).await {
                Some(true) => *owner = self::owner(&self.site, &self.pod),
                Some(false) => return self.clear(),
                None => return,
            }
        }
    }

    /// Waits, hearing messages so that nobody waits for this pod; false when the pod has vanished meanwhile.
    async fn pause(&mut self, delay: Duration) -> bool {
        let over = tokio::time::sleep(delay);
        tokio::pin!(over);
        loop {
            tokio::select! {
                biased;
                message = self.inbox.recv() => match message {
                    Some(Message::Vanished) | None => return false,
                    Some(Message::Changed(pod)) => self.pod = pod,
                    Some(Message::Log { .. } | Message::Usage { .. }) => {}
                },
                () = &mut over => break,
            }
        }
        // What the owner had heard is known there.
        match self.directory.find(&self.key).filter(|entry| entry.uid == uid(&self.pod)) {
            Some(entry) => self.pod = entry.pod,
            None => return false,
        }
        true
    }

    /// Gives back what a pod had that is gone.
    fn clear(&self) {
        let uid = uid(&self.pod);
        self.site.addresses().release(&uid);
        self.site.ledger().release(&uid);
        if let Err(error) = self.site.volumes.remove(&uid) {
            warn!(%error, "cannot remove a pod's volumes");
        }
        self.site.logs.remove(&self.pod);
    }
}

/// An owner for a pod that has none, from what the API remembers of it.
fn owner(site: &Arc<Site>, pod: &Arc<Pod>) -> Owner {
    let policy = Policy::of(pod);
    let now = site.clock.now();
    let mut state = restore(&policy, pod, now);
    let started = pod.status.as_ref().is_some_and(|status| status.start_time.is_some());
    if !state.is_over() && !started && pod.metadata.deletion_timestamp.is_none() {
        let admitted = site.ledger().admit(&uid(pod), pod);
        if let Err(refusal) = admitted {
            let (reason, message) = (refusal.reason.clone(), refusal.message.clone());
            site.recorder.record(Occurrence::warning(&**pod, &reason, message));
            state = State::over(&policy, Some(refusal), now);
        }
    }
    Owner::new(Arc::clone(site), Arc::clone(pod), policy, state)
}

fn uid(pod: &Pod) -> String {
    pod.metadata.uid.clone().unwrap_or_default()
}
