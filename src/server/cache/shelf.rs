//! The objects of one kind: what they are, what they were a moment ago, and who watches.

mod listing;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::task::Waker;

use bytes::Bytes;
use kinds::{FieldLabel, Kind};
use machinery::{ApiError, document};
use serde_json::Value;
use store::Entry;
use tokio::sync::Notify;
use tokio::time::Instant;

use super::change::Change;
use super::follow::Loaded;
use super::history::History;
use super::progress::Progress;
use super::watcher::Watcher;
use super::{Cached, Head, News, Selection};
use listing::{Keys, in_order, select};

pub(crate) use listing::{ListQuery, Listed, Scope};

/// One stored kind.
#[derive(Debug)]
pub(crate) struct Shelf {
    prefix: Box<str>,
    head: Head,
    selectable: Box<[FieldLabel]>,
    /// A kind made at run time, whose schema may have changed since an object was stored.
    made: Option<Arc<dyn Kind>>,
    /// Whether versions of the kind differ in more than their name.
    converts: bool,
    progress: Arc<Progress>,
    state: RwLock<State>,
    /// The state's revision, for those who only ask whether it has moved.
    changed: AtomicU64,
    moved: Notify,
    sent: Sent,
    /// The bytes that its past keeps alive, for those who bound the past of all.
    past: AtomicUsize,
}

/// What was sent to the watches of a kind.
#[derive(Debug, Default)]
pub(crate) struct Sent {
    events: AtomicUsize,
    initial: AtomicUsize,
}

#[derive(Debug, Default)]
struct State {
    objects: BTreeMap<Arc<str>, Arc<Cached>>,
    /// The keys under which something is stored that cannot be read, which is not to say that nothing is there.
    unreadable: BTreeSet<Box<str>>,
    /// The last change of this kind; the cache as a whole may be further or, for a moment, less far.
    revision: u64,
    history: History,
    watchers: Vec<Arc<Watcher>>,
    /// Who waits for changes that have come but were not announced yet.
    sleepers: Vec<Waker>,
    /// What the objects were read at; changes up to there are in them.
    base: u64,
    /// What has happened while the objects are read; only then.
    waiting: Option<Vec<Waiting>>,
    /// Nobody keeps it in step any more: the kind is gone, or has another shelf.
    closed: bool,
}

/// A change that waits for the objects it changes.
#[derive(Debug)]
struct Waiting {
    key: Box<str>,
    revision: u64,
    current: Option<Arc<Cached>>,
}

/// Where a watch begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WatchStart {
    /// With the objects there are.
    State,
    /// With the first change after a revision.
    After(u64),
}

/// What a watch starts with, and where it gets the rest.
#[derive(Debug)]
pub(crate) struct Feed {
    pub(crate) revision: u64,
    pub(crate) initial: Vec<Arc<Cached>>,
    pub(crate) place: WatchPlace,
}

/// The place of a watcher on its shelf, which it leaves when this is dropped: a watch may fail, or its client go,
/// before anything is sent.
#[derive(Debug)]
pub(crate) struct WatchPlace {
    pub(super) shelf: Arc<Shelf>,
    pub(super) watcher: Arc<Watcher>,
}

impl Drop for WatchPlace {
    fn drop(&mut self) {
        self.shelf.unwatch(&self.watcher);
    }
}

impl Shelf {
    pub(crate) fn new(kind: &dyn Kind, progress: Arc<Progress>) -> Self {
        let names = kind.names();
        Self {
            prefix: kind.storage().prefix.as_ref().into(),
            head: Head::new(&names.api_version(), &names.kind),
            selectable: kind.selectable().into(),
            made: None,
            converts: false,
            progress,
            state: RwLock::default(),
            changed: AtomicU64::new(0),
            moved: Notify::new(),
            sent: Sent::default(),
            past: AtomicUsize::new(0),
        }
    }

    /// The shelf of a kind made at run time.
    pub(crate) fn made(kind: Arc<dyn Kind>, converts: bool, progress: Arc<Progress>) -> Self {
        let shelf = Self::new(kind.as_ref(), progress);
        Self { made: Some(kind), converts, ..shelf }
    }

    /// The kind made at run time whose objects are stored here.
    pub(crate) fn made_kind(&self) -> Option<&dyn Kind> {
        self.made.as_deref()
    }

    /// Reads what is stored, maybe long ago, under a key of this shelf.
    pub(crate) fn read_stored(
        &self,
        key: &str,
        entry: &Entry,
    ) -> Result<Cached, serde_json::Error> {
        let renewed = self.renewed(&entry.value);
        let value = renewed.as_ref().unwrap_or(&entry.value);
        Cached::read(&self.head, &self.selectable, key, value, entry.revision.0)
    }

    /// A stored object as the schema of today has it: without what is no longer known, with what is left out by
    /// default. `None` when it is so already.
    fn renewed(&self, stored: &[u8]) -> Option<Bytes> {
        let schema = self.made.as_ref()?.structural()?;
        let before: Value = serde_json::from_slice(stored).ok()?;
        if self.converts && document::api_version(&before) != self.head.api_version() {
            // The schema it fits is another one; whoever reads it has it converted.
            return None;
        }
        let mut object = before.clone();
        schema.prune(&mut object, kinds::schemas());
        schema.set_defaults(&mut object);
        if object == before { None } else { self.head.encode(&object).ok() }
    }

    /// The same for an object stored just now, which has passed the schema but for defaults.
    pub(super) fn completed(&self, stored: &[u8]) -> Option<Bytes> {
        let has_defaults = self.made.as_ref()?.structural()?.has_defaults();
        if has_defaults { self.renewed(stored) } else { None }
    }

    pub(crate) fn prefix(&self) -> &str {
        &self.prefix
    }

    pub(crate) fn head(&self) -> &Head {
        &self.head
    }

    /// The fields whose values are kept with each object.
    pub(crate) fn selectable(&self) -> &[FieldLabel] {
        &self.selectable
    }

    pub(crate) fn progress(&self) -> &Progress {
        &self.progress
    }

    /// The object under a key.
    pub(crate) fn get(&self, key: &str) -> Option<Arc<Cached>> {
        self.read().objects.get(key).cloned()
    }

    /// Whether something is stored under a key that cannot be read.
    pub(crate) fn is_unreadable(&self, key: &str) -> bool {
        self.read().unreadable.contains(key)
    }

    /// A key of something in a namespace, or anywhere, that cannot be read.
    pub(crate) fn unreadable(&self, namespace: Option<&str>) -> Option<String> {
        let within = |key: &str| match (namespace, key.split_once('/')) {
            (Some(wanted), Some((own, _))) => own == wanted,
            _ => true,
        };
        self.read().unreadable.iter().find(|key| within(key)).map(ToString::to_string)
    }

    /// How many objects there are.
    pub(crate) fn len(&self) -> usize {
        self.read().objects.len()
    }

    /// How many watches are open.
    pub(crate) fn watchers(&self) -> usize {
        self.read().watchers.len()
    }

    /// What was sent to watches.
    pub(crate) fn sent(&self) -> &Sent {
        &self.sent
    }

    /// Every object there is.
    pub(crate) fn all(&self) -> Vec<Arc<Cached>> {
        self.read().objects.values().cloned().collect()
    }

    /// The revision of the last change.
    pub(crate) fn changed(&self) -> u64 {
        self.changed.load(Ordering::Acquire)
    }

    /// Waits for a change after a revision.
    pub(crate) async fn changed_after(&self, revision: u64) {
        loop {
            let moved = self.moved.notified();
            if self.changed() > revision {
                return;
            }
            moved.await;
        }
    }

    /// What has happened since a revision, and the revision this leads to.
    pub(super) fn news(&self, since: Option<u64>) -> (u64, News) {
        let state = self.read();
        let news = match since.filter(|since| state.history.covers(*since)) {
            Some(since) => News::Changes(state.history.after(since).cloned().collect()),
            None => News::Everything(state.objects.values().cloned().collect()),
        };
        (state.revision, news)
    }

    /// Lists; `None` when the revision asked for is before what is remembered here.
    pub(crate) fn list(&self, query: &ListQuery) -> Option<Listed> {
        let state = self.read();
        // Nothing later than this is in the map, and everything up to it is.
        let now = state.revision.max(self.progress.applied());
        let revision = query.at.unwrap_or(now);
        let keys = Keys::of(query);
        if revision >= state.revision {
            let items = state.objects.range::<str, _>(keys.bounds()).map(|(_, object)| object);
            return Some(select(query, revision, items));
        }
        if !state.history.covers(revision) {
            return None;
        }
        let mut changed: BTreeMap<&str, Option<&Arc<Cached>>> = BTreeMap::new();
        let changes = state.history.after(revision).rev();
        for change in changes.filter(|change| keys.contain(change.key())) {
            changed.insert(change.key(), change.previous.as_ref());
        }
        let now = state.objects.range::<str, _>(keys.bounds());
        let same = now.filter(|(key, _)| !changed.contains_key(key.as_ref()));
        let before = changed.values().copied().flatten();
        let past = in_order(same.map(|(_, object)| object), before);
        Some(select(query, revision, past))
    }

    /// Whether what was found here until now was the present.
    pub(crate) fn check_followed(&self) -> Result<(), ApiError> {
        self.read().check_followed()
    }

    /// Starts a watch.
    pub(crate) fn watch(
        self: &Arc<Self>,
        scope: &Scope,
        selection: Selection,
        start: WatchStart,
    ) -> Result<Feed, ApiError> {
        let mut state = self.write();
        state.check_followed()?;
        let revision = state.revision.max(self.progress.applied());
        let after = match start {
            WatchStart::State => revision,
            WatchStart::After(after) => after,
        };
        // A client may know more than this server yet; it is told no revision before that.
        let revision = revision.max(after);
        if !state.history.covers(after) {
            return Err(ApiError::expired(format!(
                "too old resource version: {after} ({revision})"
            )));
        }
        let watcher = Arc::new(Watcher::new(scope.clone(), selection, after));
        let initial = match start {
            WatchStart::State => state.current(&watcher),
            WatchStart::After(after) => {
                watcher.fill(state.history.after(after));
                Vec::new()
            }
        };
        state.watchers.push(Arc::clone(&watcher));
        let place = WatchPlace { shelf: Arc::clone(self), watcher };
        Ok(Feed { revision, initial, place })
    }

    /// Forgets a watcher.
    fn unwatch(&self, watcher: &Arc<Watcher>) {
        self.write().watchers.retain(|other| !Arc::ptr_eq(other, watcher));
    }

    /// Takes in one change of the store. Watches hear of it when it is announced.
    pub(super) fn apply(&self, key: &str, revision: u64, current: Option<Arc<Cached>>) {
        let mut state = self.write();
        if let Some(waiting) = &mut state.waiting {
            waiting.push(Waiting { key: key.into(), revision, current });
        } else {
            self.take_in(&mut state, key, revision, current);
        }
    }

    fn take_in(&self, state: &mut State, key: &str, revision: u64, current: Option<Arc<Cached>>) {
        if revision <= state.base {
            return;
        }
        let previous = match &current {
            Some(object) => state.objects.insert(Arc::clone(&object.key), Arc::clone(object)),
            None => state.objects.remove(key),
        };
        state.unreadable.remove(key);
        self.advance(state, revision);
        if previous.is_none() && current.is_none() {
            return;
        }
        let change = Arc::new(Change::new(revision, previous, current));
        let State { watchers, sleepers, history, .. } = state;
        history.push(Arc::clone(&change));
        self.past.store(history.bytes(), Ordering::Relaxed);
        watchers.retain(|watcher| watcher.offer(&change, history.since(), sleepers));
    }

    /// Wakes the watches for which there was something: once for changes that come together, which then leave together.
    pub(super) fn announce(&self) {
        let sleepers = std::mem::take(&mut self.write().sleepers);
        sleepers.into_iter().for_each(Waker::wake);
    }

    /// Whoever sees the new revision waits for the lock that is held here, and then sees the change too.
    fn advance(&self, state: &mut State, revision: u64) {
        state.revision = revision;
        self.changed.store(revision, Ordering::Release);
        self.moved.notify_waiters();
    }

    /// Replaces everything by what the store held at a revision; those who watch have to start over.
    pub(super) fn restart(&self, revision: u64, loaded: Loaded) {
        self.refill(&mut self.write(), revision, loaded);
    }

    /// From now on changes wait for the objects.
    pub(super) fn begin_fill(&self) {
        self.write().waiting = Some(Vec::new());
    }

    /// Takes in what the store held at a revision, and what has happened since.
    pub(super) fn end_fill(&self, revision: u64, loaded: Loaded) {
        let mut state = self.write();
        // Without it, everything has been read anew meanwhile.
        let Some(waiting) = state.waiting.take() else { return };
        self.refill(&mut state, revision, loaded);
        for Waiting { key, revision, current } in waiting {
            self.take_in(&mut state, &key, revision, current);
        }
    }

    fn refill(&self, state: &mut State, revision: u64, loaded: Loaded) {
        let Loaded { objects, unreadable } = loaded;
        state.waiting = None;
        state.base = revision;
        state.objects =
            objects.into_iter().map(|object| (Arc::clone(&object.key), object)).collect();
        state.unreadable = unreadable;
        self.advance(state, revision);
        state.history.restart(revision);
        self.past.store(0, Ordering::Relaxed);
        state.close_watches();
    }

    /// Drops the past that is too old by now: of a kind that has gone quiet, nothing else would.
    pub(super) fn trim(&self, now: Instant) {
        self.forget(|history| history.trim(now));
    }

    /// The bytes that its past keeps alive.
    pub(super) fn past(&self) -> usize {
        self.past.load(Ordering::Relaxed)
    }

    /// Drops the oldest changes until they keep no more than so many bytes alive.
    pub(super) fn shrink_past(&self, bytes: usize) {
        self.forget(|history| history.shrink(bytes));
    }

    fn forget(&self, forget: impl FnOnce(&mut History)) {
        let mut state = self.write();
        forget(&mut state.history);
        self.past.store(state.history.bytes(), Ordering::Relaxed);
    }

    /// Ends every watch.
    pub(super) fn close_watches(&self) {
        self.write().close_watches();
    }

    /// Ends every watch for good: nothing that happens from now on will be found here.
    pub(super) fn close(&self) {
        let mut state = self.write();
        state.closed = true;
        state.close_watches();
    }

    fn read(&self) -> RwLockReadGuard<'_, State> {
        self.state.read().expect("nothing panics while it holds a shelf")
    }

    fn write(&self) -> RwLockWriteGuard<'_, State> {
        self.state.write().expect("nothing panics while it holds a shelf")
    }
}

impl Sent {
    pub(crate) fn events(&self) -> usize {
        self.events.load(Ordering::Relaxed)
    }

    pub(crate) fn initial(&self) -> usize {
        self.initial.load(Ordering::Relaxed)
    }

    pub(super) fn count_event(&self) {
        self.events.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn count_initial(&self, objects: usize) {
        self.initial.fetch_add(objects, Ordering::Relaxed);
    }
}

impl State {
    /// A request that has found the kind just before its definition changed finds the new one when it asks again.
    fn check_followed(&self) -> Result<(), ApiError> {
        if self.closed {
            return Err(ApiError::expired("the definition of the resource has changed"));
        }
        Ok(())
    }

    fn close_watches(&mut self) {
        self.watchers.drain(..).for_each(|watcher| watcher.close());
        self.sleepers.drain(..).for_each(Waker::wake);
    }

    /// The objects a watcher selects.
    fn current(&self, watcher: &Watcher) -> Vec<Arc<Cached>> {
        let query = ListQuery { scope: watcher.scope().clone(), ..ListQuery::default() };
        let keys = Keys::of(&query);
        let objects = self.objects.range::<str, _>(keys.bounds()).map(|(_, object)| object);
        objects.filter(|object| watcher.selects(object)).cloned().collect()
    }
}
