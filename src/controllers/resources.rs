//! Every resource the server has, as it says itself, with a cache of its objects' metadata.

use std::collections::BTreeMap;
use std::sync::{Arc, RwLock};
use std::time::Duration;

use client::{Cache, Caches, Change, Resource};
use kube::api::DynamicObject;
use kube::core::PartialObjectMeta;
use kube::discovery::{ApiCapabilities, ApiGroup, ApiResource, Discovery, Scope, verbs};
use tokio::sync::Notify;
use tokio::time::Instant;
use tracing::{debug, warn};

/// An object of any kind, without its content.
pub(crate) type Meta = PartialObjectMeta<DynamicObject>;

/// How often the server is asked for new resources, besides when a definition changes: those of other servers are
/// known about this soon.
const REFRESH: Duration = Duration::from_secs(30);
/// After a definition has changed: more often than not several do, and each changes again when its kind is served.
const SETTLE: Duration = Duration::from_millis(200);
/// What defines further resources, here or on other servers.
const DEFINITIONS: [&str; 2] = ["customresourcedefinitions", "apiservices"];
/// How often the server is asked until it answers for the first time.
const FIRST_RETRY: Duration = Duration::from_millis(200);
/// How long others wait for a resource that cannot be listed; its server may be away for days. Kubernetes' garbage
/// collector waits as long.
const PATIENCE: Duration = Duration::from_secs(30);
/// Changed too often and owned by nothing: events are not worth a cache.
const NOT_CACHED: &str = "events";

/// One resource.
#[derive(Debug, Clone)]
pub(crate) struct Known {
    pub(crate) resource: Resource,
    pub(crate) namespaced: bool,
    /// Whether its objects say how many replicas they want, at a path of its own.
    pub(crate) scales: bool,
    /// None for what is not cached.
    pub(crate) objects: Option<Cache<Meta>>,
    /// Since when it is known.
    since: Instant,
}

/// One resource, as the server tells of it.
struct Found {
    resource: Resource,
    namespaced: bool,
    scales: bool,
}

/// Group and plural.
type Id = (String, String);

type Listener = Arc<dyn Fn(&Resource, &Change<Meta>) + Send + Sync>;

/// All resources that can be listed, watched and deleted. Clones share them.
#[derive(Clone)]
pub(crate) struct Resources(Arc<Inner>);

struct Inner {
    caches: Caches,
    table: RwLock<Table>,
    /// A definition has changed.
    news: Arc<Notify>,
    /// Somebody must know everything there is.
    asked: Notify,
}

#[derive(Default)]
struct Table {
    /// By group and plural, each in the version its group prefers of those that have it.
    known: BTreeMap<Id, Known>,
    listeners: Vec<Listener>,
    /// When the last discovery that succeeded began.
    discovered: Option<Instant>,
    /// Why the last one failed, if it did.
    failure: Option<String>,
}

/// Whether everything is known that there was at a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Completeness {
    /// It is.
    Complete,
    /// It will be soon.
    Awaited,
    /// The server did not say what it has.
    Failed(String),
}

impl Resources {
    pub(crate) fn new(caches: &Caches) -> Self {
        Self(Arc::new(Inner {
            caches: caches.clone(),
            table: RwLock::default(),
            news: Arc::default(),
            asked: Notify::new(),
        }))
    }

    /// Asks until the server has answered once.
    pub(crate) async fn first(&self) {
        while let Err(error) = self.discover().await {
            debug!(%error, "cannot discover resources yet");
            tokio::time::sleep(FIRST_RETRY).await;
        }
    }

    /// Asks again whenever something says that there may be other resources.
    pub(crate) async fn refresh(&self) {
        let news = Arc::clone(&self.0.news);
        self.on_change(move |resource, _| {
            if DEFINITIONS.contains(&resource.plural.as_ref()) {
                news.notify_one();
            }
        });
        loop {
            tokio::select! {
                biased;
                () = self.0.asked.notified() => {}
                () = tokio::time::sleep(REFRESH) => {}
                () = self.0.news.notified() => tokio::time::sleep(SETTLE).await,
            }
            if let Err(error) = self.discover().await {
                warn!(%error, "cannot discover resources");
            }
        }
    }

    /// Whether every resource is known that there was at a time; if not, the server is asked.
    pub(crate) fn completeness_at(&self, time: Instant) -> Completeness {
        let found = self.read(|table| match (table.discovered, &table.failure) {
            (Some(began), _) if began > time => Completeness::Complete,
            (_, Some(failure)) => Completeness::Failed(failure.clone()),
            (_, None) => Completeness::Awaited,
        });
        if found != Completeness::Complete {
            self.0.asked.notify_one();
        }
        found
    }

    async fn discover(&self) -> kube::Result<()> {
        let began = Instant::now();
        let result = self.discover_all().await;
        let mut table = self.0.table.write().expect("the table is only changed whole");
        table.failure = result.as_ref().err().map(ToString::to_string);
        if result.is_ok() {
            table.discovered = Some(began);
        }
        result
    }

    async fn discover_all(&self) -> kube::Result<()> {
        let client = self.0.caches.client();
        let discovery = match Discovery::new(client.clone()).run_aggregated().await {
            Ok(discovery) => discovery,
            // A server from before aggregated discovery.
            Err(_) => Discovery::new(client.clone()).run().await?,
        };
        let mut served = BTreeMap::new();
        for group in discovery.groups() {
            for (kind, capabilities) in by_preference(group) {
                let wanted = [verbs::LIST, verbs::WATCH, verbs::DELETE];
                if wanted.iter().all(|verb| capabilities.supports_operation(verb)) {
                    let resource = Resource {
                        group: kind.group.into(),
                        version: kind.version.into(),
                        plural: kind.plural.into(),
                        kind: kind.kind.into(),
                    };
                    let mut below = capabilities.subresources.iter();
                    let scales = below.any(|(subresource, _)| subresource.plural == "scale");
                    let namespaced = capabilities.scope == Scope::Namespaced;
                    let found = Found { resource, namespaced, scales };
                    served.entry(id(&found.resource)).or_insert(found);
                }
            }
        }
        self.forget_all_but(&served);
        for found in served.into_values() {
            self.learn(found);
        }
        Ok(())
    }

    /// Forgets what is served no more, or now in another version or scope.
    fn forget_all_but(&self, served: &BTreeMap<Id, Found>) {
        let stays = |known: &Known| {
            served.get(&id(&known.resource)).is_some_and(|found| {
                found.resource == known.resource && found.namespaced == known.namespaced
            })
        };
        let gone: Vec<Known> = {
            let mut table = self.0.table.write().expect("the table is only changed whole");
            table.known.extract_if(.., |_, known| !stays(known)).map(|(_, known)| known).collect()
        };
        for known in gone {
            self.0.caches.forget(&known.resource);
        }
    }

    fn learn(&self, found: Found) {
        let Found { resource, namespaced, scales } = found;
        let id = id(&resource);
        {
            let mut table = self.0.table.write().expect("the table is only changed whole");
            if let Some(known) = table.known.get_mut(&id) {
                known.scales = scales;
                return;
            }
        }
        let cached = resource.plural != NOT_CACHED;
        let objects = cached.then(|| self.0.caches.metadata(&resource));
        let known = Known { resource, namespaced, scales, objects, since: Instant::now() };
        let listeners = {
            let mut table = self.0.table.write().expect("the table is only changed whole");
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
            let mut table = self.0.table.write().expect("the table is only changed whole");
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

    /// Whether some resource could not be listed yet, and is worth waiting for.
    pub(crate) fn are_incomplete(&self) -> bool {
        let awaited = |known: &Known| {
            let unlisted = known.objects.as_ref().is_some_and(|all| !all.is_ready());
            unlisted && known.since.elapsed() < PATIENCE
        };
        self.read(|table| table.known.values().any(awaited))
    }

    /// The resource of this very type.
    pub(crate) fn of(&self, resource: &Resource) -> Option<Known> {
        self.read(|table| table.known.get(&id(resource)).cloned())
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
        look(&self.0.table.read().expect("the table is only changed whole"))
    }
}

/// A group's resources in every version that has them, those of its preferred version first.
fn by_preference(group: &ApiGroup) -> impl Iterator<Item = (ApiResource, ApiCapabilities)> {
    let preferred = group.preferred_version_or_latest();
    let others = group.versions().filter(move |version| *version != preferred);
    std::iter::once(preferred).chain(others).flat_map(|version| group.versioned_resources(version))
}

fn id(resource: &Resource) -> Id {
    (resource.group.to_string(), resource.plural.to_string())
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

#[cfg(test)]
mod tests;
