//! Kinds made at run time: follows the definitions and serves what they make.
//!
//! One task takes in every change of a `CustomResourceDefinition`: it decides about names, opens the shelf of the
//! objects, puts the kinds into the catalog and only then writes the status that says so. Whoever has written a
//! definition is answered when that is done, so the next request finds the kind as it was written. Deleting the
//! objects of a definition that goes away is a task of its own (`cleanup`).

mod cleanup;
mod made;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use base::Tasks;
use kinds::{CLEANUP_FINALIZER, NamesDecision, Rival, decide_names};
use machinery::{ApiError, document};
use serde_json::Value;
use tokio::sync::watch;
use tracing::{error, warn};

use crate::api::Api;
use crate::cache::{Cached, Follower, News, Shelf};
use crate::catalog::Served;
use crate::identity::{Identity, MASTERS, User};

use made::Made;

pub(crate) const GROUP: &str = "apiextensions.k8s.io";
pub(crate) const PLURAL: &str = "customresourcedefinitions";
/// How long a writer waits for its definition to be served. That takes milliseconds unless the store is stuck.
const SETTLE_MAX: Duration = Duration::from_secs(30);
/// After a failure to read or write the store.
const RETRY: Duration = Duration::from_millis(500);

/// How far the definitions have been taken in.
#[derive(Debug)]
pub(crate) struct Definitions(watch::Sender<u64>);

impl Default for Definitions {
    fn default() -> Self {
        Self(watch::Sender::new(0))
    }
}

impl Definitions {
    /// Waits until the definitions up to a revision are served.
    pub(crate) async fn settled(&self, revision: u64) {
        let mut applied = self.0.subscribe();
        let reached = applied.wait_for(|applied| *applied >= revision);
        if tokio::time::timeout(SETTLE_MAX, reached).await.is_err() {
            warn!(revision, "a definition is not served yet");
        }
    }
}

/// Whether objects of a kind make kinds.
pub(crate) fn is_definition(served: &Served) -> bool {
    let names = served.kind().names();
    names.plural == PLURAL && names.group == GROUP
}

/// Kinds are kept compiled, with some hundred kilobytes for each; the largest collections of operators define about
/// two thousand.
const DEFINITIONS_MAX: usize = 4_096;

/// Whether there may be one more definition.
pub(crate) fn check_room(served: &Served, name: &str) -> Result<(), ApiError> {
    if served.shelf().is_none_or(|shelf| shelf.len() < DEFINITIONS_MAX) {
        return Ok(());
    }
    let why = format!("there are {DEFINITIONS_MAX} definitions of kinds already");
    Err(ApiError::forbidden(served.resource(), name, &why))
}

/// Serves every definition there is, and keeps to their changes.
pub(crate) async fn start(tasks: &Tasks, api: Arc<Api>) {
    let Some(shelf) = api.registry().catalog().shelf(GROUP, "v1", PLURAL) else { return };
    let mut keeper = Keeper::new(Arc::clone(&api), tasks.clone(), Arc::clone(&shelf));
    keeper.catch_up().await;
    tasks.spawn_until_stop("custom resource definitions", async move {
        loop {
            tokio::select! {
                biased;
                () = shelf.changed_after(keeper.seen) => {}
                () = tokio::time::sleep(RETRY), if !keeper.owed.is_empty() => {}
            }
            keeper.catch_up().await;
        }
    });
}

/// The kinds that are served, and what is known of the definitions.
struct Keeper {
    api: Arc<Api>,
    tasks: Tasks,
    identity: Identity,
    definitions: Arc<Shelf>,
    follower: Follower,
    seen: u64,
    /// The names each definition holds, with its group.
    names: BTreeMap<String, (String, Rival)>,
    made: BTreeMap<String, Made>,
    /// Definitions that wait for a name somebody else has.
    waiting: BTreeSet<String>,
    /// Definitions that something failed for, to be looked at again soon.
    owed: BTreeSet<String>,
    /// Definitions whose objects are being deleted.
    cleaned: BTreeMap<String, Cleaned>,
}

/// A definition whose objects are being deleted.
struct Cleaned {
    uid: String,
    /// Where the objects are, which changes with the definition.
    storage: watch::Sender<Option<Arc<Served>>>,
}

/// What is to be written about a definition once its kinds are served.
struct Verdict {
    name: String,
    /// The version of the definition that was looked at.
    version: String,
    status: Value,
}

impl Keeper {
    fn new(api: Arc<Api>, tasks: Tasks, definitions: Arc<Shelf>) -> Self {
        Self {
            api,
            tasks,
            identity: Identity::new(User::new("system:apiserver", &[MASTERS])),
            follower: Follower::new(Arc::clone(&definitions)),
            definitions,
            seen: 0,
            names: BTreeMap::new(),
            made: BTreeMap::new(),
            waiting: BTreeSet::new(),
            owed: BTreeSet::new(),
            cleaned: BTreeMap::new(),
        }
    }

    /// Takes in what has changed: names first, then the catalog, then what the definitions say about it.
    async fn catch_up(&mut self) {
        let seen = self.definitions.changed();
        let changed = self.changed_names();
        let mut verdicts = Vec::new();
        for name in changed {
            verdicts.extend(self.take_in(&name).await);
        }
        self.publish();
        self.seen = seen;
        self.api.definitions().0.send_replace(seen);
        for verdict in verdicts {
            self.write(verdict).await;
        }
    }

    /// The definitions to look at: those that changed, those that something failed for, and those that wait for a name,
    /// which may be free now.
    fn changed_names(&mut self) -> Vec<String> {
        let mut names: BTreeSet<String> = match self.follower.catch_up() {
            News::Changes(changes) => {
                changes.iter().map(|change| change.key().to_string()).collect()
            }
            News::Everything(all) => {
                let known: Vec<String> = self.names.keys().cloned().collect();
                for definition in &all {
                    // Names that were given stay given, whoever is looked at first.
                    self.hold_names(definition.name(), &definition.object());
                }
                let all = all.iter().map(|definition| definition.name().to_owned());
                known.into_iter().chain(all).collect()
            }
        };
        names.append(&mut self.owed);
        let waiting = std::mem::take(&mut self.waiting);
        let held: Vec<String> = names.iter().cloned().collect();
        names.extend(waiting);
        // Those that wait come last: what they wait for may go in this round.
        let last = names.iter().filter(|name| !held.contains(name)).cloned();
        held.iter().cloned().chain(last).collect()
    }

    async fn take_in(&mut self, name: &str) -> Option<Verdict> {
        let Some(cached) = self.definitions.get(name) else {
            self.names.remove(name);
            self.cleaned.remove(name);
            self.drop_kinds(name);
            return None;
        };
        let mut definition = cached.object();
        let decision = self.decide(name, &definition);
        let now = self.api.registry().clock().now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        let mut status = decision.status(&definition, &now);
        if cached.terminating {
            cleanup::note(&mut status, &now);
        }
        let established = decision.is_established(&definition);
        let version = document::resource_version(&definition).to_owned();
        let changed = definition["status"] != status;
        definition["status"] = status.clone();
        self.hold_names(name, &definition);
        if !established {
            self.drop_kinds(name);
        } else if let Err(error) = self.make(name, &definition, &cached).await {
            // What is served stays as it was, and so does what is said about it.
            error!(name, %error, "the objects of a definition cannot be read");
            self.owed.insert(name.to_owned());
            return None;
        }
        if cached.terminating {
            self.clean(name, &definition);
        }
        changed.then(|| Verdict { name: name.to_owned(), version, status })
    }

    fn decide(&mut self, name: &str, definition: &Value) -> NamesDecision {
        let group = document::str_at(definition, "/spec/group");
        let others = self.names.iter().filter(|(other, _)| *other != name);
        let of_group =
            others.filter(|(_, (own, _))| own == group).map(|(_, (_, rival))| rival.clone());
        let mut rivals: Vec<Rival> = of_group.collect();
        let kinds = self.api.registry().catalog().load();
        let built_in = kinds.iter().filter(|served| served.is_built_in());
        rivals.extend(
            built_in
                .map(|served| served.kind().names())
                .filter(|names| names.group == group)
                .map(Rival::of_names),
        );
        let decision = decide_names(definition, &rivals);
        if decision.conflict.is_some() {
            self.waiting.insert(name.to_owned());
        }
        decision
    }

    fn hold_names(&mut self, name: &str, definition: &Value) {
        let group = document::str_at(definition, "/spec/group").to_owned();
        self.names.insert(name.to_owned(), (group, Rival::of(definition)));
    }

    /// Makes the kinds of a definition, if they are not made yet.
    async fn make(
        &mut self,
        name: &str,
        definition: &Value,
        source: &Arc<Cached>,
    ) -> Result<(), ApiError> {
        let registry = self.api.registry();
        let made = made::make(registry, definition, source, self.made.get(name)).await?;
        self.made.extend(made.map(|made| (name.to_owned(), made)));
        Ok(())
    }

    fn drop_kinds(&mut self, name: &str) {
        if let Some(made) = self.made.get_mut(name) {
            made.dropped = true;
        }
    }

    /// Serves what is made now, and lets shelves go that are no longer used.
    fn publish(&mut self) {
        let registry = self.api.registry();
        let changed = self.made.values().any(|made| made.is_new || made.dropped);
        if !changed {
            return;
        }
        let kept = self.made.values().filter(|made| !made.dropped);
        let all = kept.flat_map(|made| made.served.iter().cloned());
        registry.catalog().serve(all.collect());
        for made in self.made.values_mut() {
            if let Some(old) = made.replaced.take() {
                registry.close_shelf(&old);
            }
            if std::mem::take(&mut made.is_new) {
                registry.quotas().recount_kind(made.shelf.prefix());
            }
            if made.dropped {
                registry.close_shelf(&made.shelf);
            }
        }
        self.made.retain(|_, made| !made.dropped);
    }

    /// Deletes the objects of a definition, once, wherever they are meanwhile.
    fn clean(&mut self, name: &str, definition: &Value) {
        if !document::finalizers(definition).contains(&CLEANUP_FINALIZER) {
            return;
        }
        let uid = document::uid(definition).to_owned();
        let storage = self.made.get(name).map(|made| Arc::clone(&made.storage));
        if let Some(cleaned) = self.cleaned.get(name).filter(|cleaned| cleaned.uid == uid) {
            cleaned.storage.send_replace(storage);
            return;
        }
        let (sender, storage) = watch::channel(storage);
        self.cleaned.insert(name.to_owned(), Cleaned { uid: uid.clone(), storage: sender });
        let (api, identity, name) = (Arc::clone(&self.api), self.identity.clone(), name.to_owned());
        self.tasks.spawn_until_stop("custom resource cleanup", async move {
            cleanup::run(&api, &identity, &name, &uid, storage).await;
        });
    }

    async fn write(&mut self, verdict: Verdict) {
        let Verdict { name, version, status } = verdict;
        let registry = self.api.registry();
        let written =
            registry.write_definition_status(&self.identity, &name, &version, status).await;
        if let Err(error) = written {
            warn!(name, %error, "the status of a definition cannot be written");
            self.owed.insert(name);
        }
    }
}

#[cfg(test)]
mod tests;
