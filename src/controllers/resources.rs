//! Every resource the server has, as it says itself, with a cache of its objects' metadata.

use std::collections::BTreeMap;
use std::sync::{Arc, RwLock};
use std::time::Duration;

use client::{Cache, Caches, Change, Resource};
use kube::api::DynamicObject;
use kube::core::PartialObjectMeta;
use kube::discovery::{Discovery, Scope, verbs};
use tokio::sync::Notify;
use tracing::{debug, warn};

/// An object of any kind, without its content.
pub(crate) type Meta = PartialObjectMeta<DynamicObject>;

/// How often the server is asked for new resources, besides when a definition changes: those of other servers are
/// known about this soon.
const REFRESH: Duration = Duration::from_secs(30);
/// After a definition has changed: more often than not several do, and each changes again when its kind is served.
const SETTLE: Duration = Duration::from_millis(200);
/// What defines further resources.
const DEFINITIONS: &str = "customresourcedefinitions";
/// How often the server is asked until it answers for the first time.
const FIRST_RETRY: Duration = Duration::from_millis(200);
/// Changed too often and owned by nothing: events are not worth a cache.
const NOT_CACHED: &str = "events";

/// One resource.
#[derive(Debug, Clone)]
pub(crate) struct Known {
    pub(crate) resource: Resource,
    pub(crate) namespaced: bool,
    /// None for what is not cached.
    pub(crate) objects: Option<Cache<Meta>>,
}

type Listener = Arc<dyn Fn(&Resource, &Change<Meta>) + Send + Sync>;

/// All resources that can be listed, watched and deleted. Clones share them.
#[derive(Clone)]
pub(crate) struct Resources(Arc<Inner>);

struct Inner {
    caches: Caches,
    table: RwLock<Table>,
    /// A definition has changed.
    news: Arc<Notify>,
}

#[derive(Default)]
struct Table {
    /// By group and plural; only the preferred version of each group.
    known: BTreeMap<(String, String), Known>,
    listeners: Vec<Listener>,
}

impl Resources {
    pub(crate) fn new(caches: &Caches) -> Self {
        let inner =
            Inner { caches: caches.clone(), table: RwLock::default(), news: Arc::default() };
        Self(Arc::new(inner))
    }

    /// Asks until the server has answered once.
    pub(crate) async fn first(&self) {
        while let Err(error) = self.discover().await {
            debug!(%error, "cannot discover resources yet");
            tokio::time::sleep(FIRST_RETRY).await;
        }
    }

    /// Asks again and again, for resources that are added later.
    pub(crate) async fn refresh(&self) {
        let news = Arc::clone(&self.0.news);
        self.on_change(move |resource, _| {
            if resource.plural == DEFINITIONS {
                news.notify_one();
            }
        });
        loop {
            if tokio::time::timeout(REFRESH, self.0.news.notified()).await.is_ok() {
                tokio::time::sleep(SETTLE).await;
            }
            if let Err(error) = self.discover().await {
                warn!(%error, "cannot discover resources");
            }
        }
    }

    async fn discover(&self) -> kube::Result<()> {
        let client = self.0.caches.client();
        let discovery = match Discovery::new(client.clone()).run_aggregated().await {
            Ok(discovery) => discovery,
            // A server from before aggregated discovery.
            Err(_) => Discovery::new(client.clone()).run().await?,
        };
        for group in discovery.groups() {
            for (kind, capabilities) in group.recommended_resources() {
                let wanted = [verbs::LIST, verbs::WATCH, verbs::DELETE];
                if wanted.iter().all(|verb| capabilities.supports_operation(verb)) {
                    let resource = Resource {
                        group: kind.group.into(),
                        version: kind.version.into(),
                        plural: kind.plural.into(),
                        kind: kind.kind.into(),
                    };
                    self.learn(resource, capabilities.scope == Scope::Namespaced);
                }
            }
        }
        Ok(())
    }

    fn learn(&self, resource: Resource, namespaced: bool) {
        let id = (resource.group.to_string(), resource.plural.to_string());
        if self.read(|table| table.known.contains_key(&id)) {
            return;
        }
        let cached = resource.plural != NOT_CACHED;
        let objects = cached.then(|| self.0.caches.metadata(&resource));
        let known = Known { resource, namespaced, objects };
        let listeners = {
            let mut table = self.0.table.write().expect("the table is only added to");
            table.known.insert(id, known.clone());
            table.listeners.clone()
        };
        for listener in listeners {
            listen(&known, listener);
        }
    }

    /// Calls `listener` for every object of every resource, present and future.
    pub(crate) fn on_change(
        &self,
        listener: impl Fn(&Resource, &Change<Meta>) + Send + Sync + 'static,
    ) {
        let listener: Listener = Arc::new(listener);
        let known = {
            let mut table = self.0.table.write().expect("the table is only added to");
            table.listeners.push(Arc::clone(&listener));
            table.known.values().cloned().collect::<Vec<_>>()
        };
        for known in known {
            listen(&known, Arc::clone(&listener));
        }
    }

    /// Every resource.
    pub(crate) fn all(&self) -> Vec<Known> {
        self.read(|table| table.known.values().cloned().collect())
    }

    /// The resource of this very type.
    pub(crate) fn of(&self, resource: &Resource) -> Option<Known> {
        let id = (resource.group.to_string(), resource.plural.to_string());
        self.read(|table| table.known.get(&id).cloned())
    }

    /// The resource an owner reference means: by group and kind, whatever the version.
    pub(crate) fn find(&self, api_version: &str, kind: &str) -> Option<Known> {
        let group = api_version.rsplit_once('/').map_or("", |(group, _)| group);
        self.read(|table| {
            let mut found = table.known.values();
            found
                .find(|known| known.resource.group == group && known.resource.kind == kind)
                .cloned()
        })
    }

    fn read<T>(&self, look: impl FnOnce(&Table) -> T) -> T {
        look(&self.0.table.read().expect("the table is only added to"))
    }
}

fn listen(known: &Known, listener: Listener) {
    let resource = known.resource.clone();
    if let Some(objects) = &known.objects {
        objects.on_change(move |change| listener(&resource, change));
    }
}

impl std::fmt::Debug for Resources {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Resources").finish_non_exhaustive()
    }
}
