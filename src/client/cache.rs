//! One kind's objects, kept current by a watch.
//!
//! kube-runtime's watcher supplies lists, watches and recovery. The content is kept here rather than in its reflector
//! store: ordered (so that a run replays), indexed by namespace and controller, with the highest revision seen and with
//! listeners that learn what each object was before.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::ops::Bound;
use std::sync::{Arc, Mutex, RwLock};
use std::time::Duration;

use base::{Backoff, CancellationToken};
use futures::{Stream, StreamExt};
use kube::ResourceExt;
use kube::runtime::watcher::{self, Event};
use serde::de::DeserializeOwned;
use tokio::sync::{Notify, watch};
use tracing::{debug, warn};

use crate::{Error, Key};

/// A refused or broken watch is retried from quickly (a restart of the server in the same process) ...
const RETRY_FIRST: Duration = Duration::from_millis(100);
/// ... to seldom enough that an unreachable server is not hammered by every cache of every node.
const RETRY_CAP: Duration = Duration::from_secs(15);

/// What a typed cache can hold: any k8s-openapi object.
pub trait Cached:
    kube::Resource<DynamicType = ()> + Clone + fmt::Debug + DeserializeOwned + Send + Sync + 'static
{
}

impl<K> Cached for K where
    K: kube::Resource<DynamicType = ()>
        + Clone
        + fmt::Debug
        + DeserializeOwned
        + Send
        + Sync
        + 'static
{
}

/// A change of one object: created (no `old`), changed, or deleted (no `new`).
#[derive(Debug)]
pub struct Change<K> {
    /// The object as it was, if it was known.
    pub old: Option<Arc<K>>,
    /// The object as it is, if it still is.
    pub new: Option<Arc<K>>,
}

impl<K: kube::Resource> Change<K> {
    /// Both states, newest first.
    pub fn states(&self) -> impl Iterator<Item = &Arc<K>> {
        self.new.iter().chain(self.old.iter())
    }

    /// The object's key.
    pub fn key(&self) -> Key {
        self.states().next().map_or_else(|| Key::cluster(""), |object| Key::of(object.as_ref()))
    }
}

type Listener<K> = Arc<dyn Fn(&Change<K>) + Send + Sync>;

/// A shared, live view of one kind. Clones see the same objects.
pub struct Cache<K>(Arc<Inner<K>>);

struct Inner<K> {
    content: RwLock<Content<K>>,
    listeners: Mutex<Vec<Listener<K>>>,
    progress: watch::Sender<Progress>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Progress {
    ready: bool,
    stopped: bool,
    revision: u64,
}

struct Content<K> {
    objects: BTreeMap<Key, Arc<K>>,
    /// Keys by the uid of the controlling owner.
    controlled: BTreeMap<String, BTreeSet<Key>>,
}

impl<K> Default for Content<K> {
    fn default() -> Self {
        Self { objects: BTreeMap::new(), controlled: BTreeMap::new() }
    }
}

impl<K> Clone for Cache<K> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<K> fmt::Debug for Cache<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cache")
            .field("progress", &*self.0.progress.borrow())
            .finish_non_exhaustive()
    }
}

impl<K> Default for Cache<K> {
    /// An empty cache that nobody fills; tests fill it with [`Cache::insert`].
    fn default() -> Self {
        Self(Arc::new(Inner {
            content: RwLock::new(Content::default()),
            listeners: Mutex::new(Vec::new()),
            progress: watch::Sender::new(Progress::default()),
        }))
    }
}

impl<K: kube::Resource + Send + Sync + 'static> Cache<K> {
    /// The object under this key.
    pub fn get(&self, key: &Key) -> Option<Arc<K>> {
        self.read(|content| content.objects.get(key).cloned())
    }

    /// Every object, ordered by key.
    pub fn list(&self) -> Vec<Arc<K>> {
        self.read(|content| content.objects.values().cloned().collect())
    }

    /// Every object of a namespace, ordered by name.
    pub fn in_namespace(&self, namespace: &str) -> Vec<Arc<K>> {
        let from = Bound::Included(Key::new(namespace, ""));
        self.read(|content| {
            content
                .objects
                .range((from, Bound::Unbounded))
                .take_while(|(key, _)| key.namespace == namespace)
                .map(|(_, object)| Arc::clone(object))
                .collect()
        })
    }

    /// Every object whose controlling owner has this uid.
    pub fn controlled_by(&self, uid: &str) -> Vec<Arc<K>> {
        self.read(|content| {
            let keys = content.controlled.get(uid).into_iter().flatten();
            keys.filter_map(|key| content.objects.get(key).cloned()).collect()
        })
    }

    /// How many objects there are.
    pub fn len(&self) -> usize {
        self.read(|content| content.objects.len())
    }

    /// Whether there is no object.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The highest resource version seen in this kind.
    pub fn revision(&self) -> u64 {
        self.0.progress.borrow().revision
    }

    /// Whether the first list is complete.
    pub fn is_ready(&self) -> bool {
        self.0.progress.borrow().ready
    }

    /// Waits for the first list.
    pub async fn ready(&self) -> Result<(), Error> {
        self.wait(|progress| progress.ready).await
    }

    /// Waits until the cache has seen `revision` or a later one.
    pub async fn reached(&self, revision: u64) -> Result<(), Error> {
        self.wait(|progress| progress.ready && progress.revision >= revision).await
    }

    async fn wait(&self, done: impl Fn(&Progress) -> bool) -> Result<(), Error> {
        let mut progress = self.0.progress.subscribe();
        let reached = progress.wait_for(|now| now.stopped || done(now)).await;
        match reached {
            Ok(now) if done(&now) => Ok(()),
            _ => Err(Error::Stopped),
        }
    }

    /// Calls `listener` for every object there is and for every change from now on, without a lock held. A change that
    /// happens during the call may be told twice. The listener must not block.
    pub fn on_change(&self, listener: impl Fn(&Change<K>) + Send + Sync + 'static) {
        let listener: Listener<K> = Arc::new(listener);
        self.0.listeners.lock().expect("listeners are only cloned").push(Arc::clone(&listener));
        for object in self.list() {
            listener(&Change { old: None, new: Some(object) });
        }
    }

    /// The keys that change from now on (all present ones first), each once however often it changes.
    pub fn changes(&self) -> Changes {
        let changes = Changes::default();
        let shared = changes.clone();
        self.on_change(move |change| shared.add(change.key()));
        changes
    }

    /// Puts an object into a cache that nobody fills, and marks the cache as ready.
    pub fn insert(&self, object: K) {
        self.apply(object);
        self.0.progress.send_modify(|progress| progress.ready = true);
    }

    /// Takes an object out of a cache that nobody fills.
    pub fn remove(&self, key: &Key) {
        if let Some(old) = self.write(|content| content.remove(key)) {
            self.tell(&Change { old: Some(old), new: None });
        }
    }

    /// Shows nothing any more, and keeps nobody waiting.
    pub(crate) fn end(&self) {
        self.replace(Vec::new());
        self.0.progress.send_modify(|progress| progress.revision = u64::MAX);
    }

    /// Follows a watcher until `stop`.
    pub(crate) async fn follow(
        &self,
        events: impl Stream<Item = watcher::Result<Event<K>>>,
        stop: CancellationToken,
    ) {
        let mut events = std::pin::pin!(events);
        let mut backoff = Backoff::new(RETRY_FIRST, RETRY_CAP);
        let mut listed = Vec::new();
        while let Some(Some(event)) = stop.run_until_cancelled(events.next()).await {
            match event {
                Ok(event) => {
                    backoff.reset();
                    self.take(event, &mut listed);
                }
                Err(error) => {
                    let delay = backoff.next_delay();
                    if delay > RETRY_FIRST {
                        warn!(kind = std::any::type_name::<K>(), %error, ?delay, "watch broken");
                    } else {
                        debug!(kind = std::any::type_name::<K>(), %error, "watch broken");
                    }
                    if stop.run_until_cancelled(tokio::time::sleep(delay)).await.is_none() {
                        break;
                    }
                }
            }
        }
        self.0.progress.send_modify(|progress| progress.stopped = true);
    }

    fn take(&self, event: Event<K>, listed: &mut Vec<K>) {
        match event {
            Event::Init => listed.clear(),
            Event::InitApply(object) => listed.push(object),
            Event::InitDone => self.replace(std::mem::take(listed)),
            Event::Apply(object) => self.apply(object),
            Event::Delete(object) => {
                self.remove(&Key::of(&object));
                self.advance(&object);
            }
        }
    }

    fn replace(&self, objects: Vec<K>) {
        let objects: Vec<Arc<K>> = objects.into_iter().map(lean).collect();
        let kept: BTreeSet<Key> = objects.iter().map(|object| Key::of(object.as_ref())).collect();
        let changes = self.write(|content| {
            let gone = content.objects.keys().filter(|key| !kept.contains(key));
            let gone: Vec<Key> = gone.cloned().collect();
            let gone = gone.iter().map(|key| Change { old: content.remove(key), new: None });
            let mut changes: Vec<Change<K>> = gone.collect();
            changes.extend(objects.iter().filter_map(|object| content.take_in(object)));
            changes
        });
        for change in &changes {
            self.tell(change);
        }
        // Only now: whoever waits for a revision must find everything up to it, and a list has no order of revisions.
        for object in &objects {
            self.advance(object.as_ref());
        }
        self.0.progress.send_modify(|progress| progress.ready = true);
    }

    fn apply(&self, object: K) {
        let new = lean(object);
        if let Some(change) = self.write(|content| content.take_in(&new)) {
            self.tell(&change);
        }
        self.advance(new.as_ref());
    }

    fn tell(&self, change: &Change<K>) {
        let listeners = self.0.listeners.lock().expect("listeners are only cloned").clone();
        for listener in &listeners {
            listener(change);
        }
    }

    fn advance(&self, object: &K) {
        let revision = revision_of(object);
        self.0.progress.send_if_modified(|progress| {
            let higher = revision > progress.revision;
            progress.revision = progress.revision.max(revision);
            higher
        });
    }

    fn read<T>(&self, look: impl FnOnce(&Content<K>) -> T) -> T {
        look(&self.0.content.read().expect("no reader or writer of a cache panics"))
    }

    fn write<T>(&self, change: impl FnOnce(&mut Content<K>) -> T) -> T {
        change(&mut self.0.content.write().expect("no reader or writer of a cache panics"))
    }
}

/// Without what makes half of a typical object's size, and nothing here reads.
fn lean<K: kube::Resource>(mut object: K) -> Arc<K> {
    object.meta_mut().managed_fields = None;
    Arc::new(object)
}

impl<K: kube::Resource> Content<K> {
    /// Takes in an object; the change, unless it is there already.
    fn take_in(&mut self, new: &Arc<K>) -> Option<Change<K>> {
        let old = self.insert(Key::of(new.as_ref()), Arc::clone(new));
        let repeated = old.as_ref().is_some_and(|old| same_revision(old.as_ref(), new.as_ref()));
        (!repeated).then(|| Change { old, new: Some(Arc::clone(new)) })
    }

    fn insert(&mut self, key: Key, object: Arc<K>) -> Option<Arc<K>> {
        let old = self.remove(&key);
        if let Some(uid) = controller_uid(object.as_ref()) {
            self.controlled.entry(uid.to_owned()).or_default().insert(key.clone());
        }
        self.objects.insert(key, object);
        old
    }

    fn remove(&mut self, key: &Key) -> Option<Arc<K>> {
        let old = self.objects.remove(key)?;
        if let Some(uid) = controller_uid(old.as_ref())
            && let Some(keys) = self.controlled.get_mut(uid)
        {
            keys.remove(key);
            if keys.is_empty() {
                self.controlled.remove(uid);
            }
        }
        Some(old)
    }
}

fn controller_uid<K: kube::Resource>(object: &K) -> Option<&str> {
    let owners = object.meta().owner_references.as_deref().unwrap_or_default();
    owners.iter().find(|owner| owner.controller == Some(true)).map(|owner| owner.uid.as_str())
}

/// The object's resource version as a number; zero where it is none, which no wait depends on.
pub(crate) fn revision_of<K: kube::Resource>(object: &K) -> u64 {
    object.meta().resource_version.as_deref().and_then(|text| text.parse().ok()).unwrap_or(0)
}

fn same_revision<K: kube::Resource>(old: &K, new: &K) -> bool {
    old.resource_version().is_some()
        && old.resource_version() == new.resource_version()
        && old.uid() == new.uid()
}

/// Keys that changed, each kept once: bounded by the number of objects, however slow the reader.
#[derive(Debug, Clone, Default)]
pub struct Changes(Arc<(Mutex<BTreeSet<Key>>, Notify)>);

impl Changes {
    fn add(&self, key: Key) {
        self.0.0.lock().expect("the set is only changed whole").insert(key);
        self.0.1.notify_one();
    }

    /// Waits for changes and takes all there are. One reader at a time.
    pub async fn next(&self) -> BTreeSet<Key> {
        loop {
            let changed = self.take();
            if !changed.is_empty() {
                return changed;
            }
            self.0.1.notified().await;
        }
    }

    /// Takes the changes there are, without waiting.
    pub fn take(&self) -> BTreeSet<Key> {
        std::mem::take(&mut *self.0.0.lock().expect("the set is only changed whole"))
    }
}

#[cfg(test)]
mod tests;
