//! The process's shared caches: one per kind, started when first asked for.

use std::any::{Any, TypeId};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base::{CancellationToken, Tasks};
use futures::future::BoxFuture;
use futures::{FutureExt, TryStreamExt};
use kube::Api;
use kube::api::{ApiResource, DynamicObject};
use kube::core::{NamespaceResourceScope, PartialObjectMeta};
use kube::runtime::watcher;
use serde::de::DeserializeOwned;
use tracing::warn;

use crate::lean::{self, Lean};
use crate::{Cache, Cached, Error, Key, Resource};

/// How long is waited for the metadata of all resources. Whoever serves one of them may never answer; upstream's garbage
/// collector has as much patience.
const METADATA_PATIENCE: Duration = Duration::from_secs(30);

/// Hands out the caches of a process, and the client of whoever asks. Clones share them.
#[derive(Clone)]
pub struct Caches {
    client: kube::Client,
    shared: Arc<Shared>,
}

struct Shared {
    /// Fills the caches of whole kinds.
    reader: kube::Client,
    tasks: Tasks,
    caches: Mutex<BTreeMap<Slot, Entry>>,
}

/// Objects of a kind that are known by their type, or only their metadata.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Slot {
    Typed(Resource, TypeId),
    Metadata(Resource),
    /// A part of a kind: it never shows what happens outside it.
    Part(String),
}

struct Entry {
    cache: Arc<dyn Any + Send + Sync>,
    erased: Arc<dyn Erased>,
    /// Ends its watch.
    end: CancellationToken,
}

/// What can be asked of a cache of any kind.
trait Erased: Send + Sync {
    fn ready(&self) -> BoxFuture<'static, Result<(), Error>>;
    fn reached(&self, revision: u64) -> BoxFuture<'static, Result<(), Error>>;
    fn lives(&self, key: &Key, uid: &str) -> bool;
    fn revision(&self) -> u64;
    fn end(&self);
}

impl<K: kube::Resource + Send + Sync + 'static> Erased for Cache<K> {
    fn ready(&self) -> BoxFuture<'static, Result<(), Error>> {
        let cache = self.clone();
        async move { Cache::ready(&cache).await }.boxed()
    }

    fn reached(&self, revision: u64) -> BoxFuture<'static, Result<(), Error>> {
        let cache = self.clone();
        async move { Cache::reached(&cache, revision).await }.boxed()
    }

    fn lives(&self, key: &Key, uid: &str) -> bool {
        self.get(key).is_some_and(|object| {
            let meta = object.meta();
            meta.uid.as_deref() == Some(uid) && meta.deletion_timestamp.is_none()
        })
    }

    fn revision(&self) -> u64 {
        Cache::revision(self)
    }

    fn end(&self) {
        Cache::end(self);
    }
}

impl Caches {
    /// No caches yet; those asked for run on `tasks`.
    pub fn new(client: kube::Client, tasks: &Tasks) -> Self {
        let (reader, tasks) = (client.clone(), tasks.clone());
        let shared = Shared { reader, tasks, caches: Mutex::default() };
        Self { client, shared: Arc::new(shared) }
    }

    /// The same caches for another part of the process, which may read what they show and writes as somebody else.
    pub fn writing_with(&self, client: kube::Client) -> Self {
        Self { client, shared: Arc::clone(&self.shared) }
    }

    /// The client of whoever has these.
    pub fn client(&self) -> &kube::Client {
        &self.client
    }

    /// The cache of all objects of kind `K`, started at the first call.
    pub fn of<K: Cached>(&self) -> Cache<K> {
        let slot = Slot::Typed(Resource::of::<K>(), TypeId::of::<K>());
        let api = Api::all(self.shared.reader.clone());
        self.shared(slot, |end| self.follow_lean(api, watcher::Config::default(), end))
    }

    /// The cache of the metadata of all objects of a resource, started at the first call.
    pub fn metadata(&self, resource: &Resource) -> Cache<PartialObjectMeta<DynamicObject>> {
        self.shared(Slot::Metadata(resource.clone()), |end| {
            let kind = ApiResource {
                group: resource.group.to_string(),
                version: resource.version.to_string(),
                api_version: resource.api_version(),
                kind: resource.kind.to_string(),
                plural: resource.plural.to_string(),
            };
            let api = Api::all_with(self.shared.reader.clone(), &kind);
            self.follow_lean(api, watcher::Config::default(), end)
        })
    }

    /// The cache of a part of a kind, such as the pods of one node or the leases of one namespace, started at the first
    /// call. Plans do not wait until it shows what they wrote.
    pub fn part<K>(&self, namespace: Option<&str>, part: watcher::Config) -> Cache<K>
    where
        K: Cached + kube::Resource<Scope = NamespaceResourceScope>,
    {
        let client = self.client.clone();
        let api: Api<Lean<K>> = match namespace {
            Some(namespace) => Api::namespaced(client, namespace),
            None => Api::all(client),
        };
        let scope = format!("{} {part:?} {}", api.resource_url(), std::any::type_name::<K>());
        self.shared(Slot::Part(scope), |end| self.follow_lean(api, part, end))
    }

    /// Gives up the cache of the metadata of a resource that is no more: what it shows is gone, and nobody waits for it.
    pub fn forget(&self, resource: &Resource) {
        let slot = Slot::Metadata(resource.clone());
        let entry =
            self.shared.caches.lock().expect("the table is only changed whole").remove(&slot);
        if let Some(entry) = entry {
            entry.end.cancel();
            entry.erased.end();
        }
    }

    /// Waits until every shared cache asked for so far has its first list; for those of metadata alone, not for ever.
    pub async fn ready(&self) -> Result<(), Error> {
        for cache in self.all(|slot| !slot.is_metadata()) {
            cache.ready().await?;
        }
        let metadata = async {
            for cache in self.all(Slot::is_metadata) {
                cache.ready().await?;
            }
            Ok(())
        };
        tokio::time::timeout(METADATA_PATIENCE, metadata).await.unwrap_or_else(|_| {
            warn!("some resources cannot be listed; what depends on them waits");
            Ok(())
        })
    }

    /// Waits until every shared cache of `resource` has seen `revision`; at once if there is none.
    pub(crate) async fn reached(&self, resource: &Resource, revision: u64) -> Result<(), Error> {
        for cache in self.all(|slot| slot.shows_all_of(resource)) {
            cache.reached(revision).await?;
        }
        Ok(())
    }

    /// Waits until no shared cache of `resource` shows this object as alive.
    pub(crate) async fn deleted(
        &self,
        resource: &Resource,
        key: &Key,
        uid: &str,
    ) -> Result<(), Error> {
        for cache in self.all(|slot| slot.shows_all_of(resource)) {
            while cache.lives(key, uid) {
                let seen = cache.revision();
                cache.reached(seen + 1).await?;
            }
        }
        Ok(())
    }

    fn all(&self, wanted: impl Fn(&Slot) -> bool) -> Vec<Arc<dyn Erased>> {
        let caches = self.shared.caches.lock().expect("the table is only changed whole");
        caches
            .iter()
            .filter(|(slot, _)| wanted(slot))
            .map(|(_, entry)| Arc::clone(&entry.erased))
            .collect()
    }

    fn shared<K>(&self, slot: Slot, start: impl FnOnce(&CancellationToken) -> Cache<K>) -> Cache<K>
    where
        K: kube::Resource + Send + Sync + 'static,
    {
        let mut caches = self.shared.caches.lock().expect("the table is only changed whole");
        let entry = caches.entry(slot).or_insert_with(|| {
            let end = CancellationToken::new();
            let cache = start(&end);
            Entry { cache: Arc::new(cache.clone()), erased: Arc::new(cache), end }
        });
        entry.cache.downcast_ref::<Cache<K>>().expect("a slot names the type it holds").clone()
    }

    fn follow_lean<K>(
        &self,
        api: Api<Lean<K>>,
        part: watcher::Config,
        end: &CancellationToken,
    ) -> Cache<K>
    where
        K: kube::Resource + Clone + fmt::Debug + DeserializeOwned + Send + Sync + 'static,
    {
        let events = watcher(api, part).map_ok(lean::plain);
        let cache = Cache::<K>::default();
        let filled = cache.clone();
        let end = end.clone();
        self.shared.tasks.spawn("cache", |stop| async move {
            end.run_until_cancelled(filled.follow(events, stop)).await;
        });
        cache
    }
}

impl Slot {
    fn is_metadata(&self) -> bool {
        matches!(self, Self::Metadata(_))
    }

    fn shows_all_of(&self, wanted: &Resource) -> bool {
        match self {
            Self::Typed(resource, _) | Self::Metadata(resource) => resource == wanted,
            Self::Part(..) => false,
        }
    }
}

impl fmt::Debug for Caches {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Caches").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
