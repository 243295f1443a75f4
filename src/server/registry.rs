//! Objects and the verbs on them: one set of rules for every kind.
//!
//! `create` and `change` (every kind of update) prepare a document, let admission and validation see it and
//! write it under optimistic concurrency; `deletion` decides what a delete means; `read` lists and watches.
//! What differs between kinds is asked of [`kinds::Kind`].

mod apply;
mod binding;
mod call;
mod change;
mod continuation;
mod create;
mod definition;
mod delete;
mod deletion;
mod eviction;
mod finalize;
mod list;
mod log;
mod object_meta;
mod options;
mod ownership;
mod patch;
mod picked;
mod policy_status;
mod quota_status;
mod requester;
pub(crate) mod scale;
mod update;
mod versions;
mod watch;

use std::sync::Arc;

use base::{Clock, Random};
use bytes::Bytes;
use machinery::ApiError;
use serde_json::Value;
use store::{Change, Expect, Revision, Store};

pub(crate) use call::{Call, Content, Object, Outcome, Place};
pub(crate) use log::{container, refusal};
pub(crate) use options::{DeleteOptions, ListOptions, WriteOptions};

use crate::admission::{Admission, Extensions, Ledger, Operation, PodSecurity, Request};
use crate::allocate::Allocators;
use crate::authorize::Authorizer;
use crate::cache::{Cache, Cached};
use crate::catalog::{Catalog, Served};
use crate::error::store_failure;
use crate::outgoing::Outgoing;
use crate::{Config, Error};

/// All objects.
#[derive(Debug)]
pub(crate) struct Registry {
    store: Arc<dyn Store>,
    catalog: Arc<Catalog>,
    cache: Arc<Cache>,
    clock: Clock,
    random: Random,
    admission: Admission,
    allocators: Allocators,
    outgoing: Arc<Outgoing>,
}

/// What became of a write.
enum Written {
    /// It happened, and this is the object now.
    Done(Arc<Cached>),
    /// Somebody else wrote meanwhile.
    Lost,
}

impl Registry {
    pub(crate) fn new(
        config: &Config,
        catalog: Arc<Catalog>,
        cache: Arc<Cache>,
        ledger: Arc<Ledger>,
        allocators: Allocators,
        authorizer: Arc<Authorizer>,
        outgoing: Arc<Outgoing>,
    ) -> Result<Self, Error> {
        let pod_security = config.operations.admission_config.as_ref().map(|file| {
            PodSecurity::load(file)
                .map_err(|source| Error::Admission { file: file.clone(), source })
        });
        let extensions = Extensions::new(
            &catalog,
            Arc::clone(&outgoing),
            Arc::clone(&authorizer),
            &config.metrics,
        );
        Ok(Self {
            store: Arc::clone(&config.store),
            catalog,
            cache,
            clock: config.clock.clone(),
            random: config.random.clone(),
            admission: Admission::new(
                config.random.clone(),
                ledger,
                authorizer,
                extensions,
                pod_security.transpose()?.unwrap_or_default(),
                &config.metrics,
            ),
            allocators,
            outgoing,
        })
    }

    /// What the server itself calls.
    pub(crate) fn outgoing(&self) -> &Arc<Outgoing> {
        &self.outgoing
    }

    pub(crate) fn catalog(&self) -> &Catalog {
        &self.catalog
    }

    /// What is used of every quota.
    pub(crate) fn quotas(&self) -> &Arc<Ledger> {
        self.admission.ledger()
    }

    pub(crate) fn random(&self) -> &Random {
        &self.random
    }

    /// Gives back what writes took that nobody waits for and that have not happened, and what is overdue.
    pub(crate) fn settle(&self) {
        self.admission.ledger().settle(self.clock.now());
        self.allocators.settle_doubts();
    }

    pub(crate) fn admission(&self) -> &Admission {
        &self.admission
    }

    pub(crate) fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Lets webhooks and policies see, and change, the document of a request to a subresource that is no object of
    /// the kind.
    pub(crate) async fn admit_document(
        &self,
        call: &Call<'_>,
        subresource: &str,
        document: Value,
    ) -> Result<Value, ApiError> {
        let request = || Request {
            operation: Operation::Create,
            served: call.place.served,
            subresource: Some(subresource),
            namespace: call.place.namespace,
            name: call.place.name,
            generated: false,
            identity: call.identity,
            dry_run: call.options.dry_run,
            options: call.options.to_document("CreateOptions"),
            old: None,
        };
        let made = self.admission.admit_document(&self.catalog, request, || document.clone());
        Ok(made.await?.unwrap_or(document))
    }

    /// Writes a document and waits until readers see it.
    async fn put(
        &self,
        place: &Place<'_>,
        document: &Value,
        expect: Expect,
    ) -> Result<Written, ApiError> {
        let shelf = place.shelf()?;
        let stored = encode(place.served, document).await?;
        let key = place.key();
        let change = Change::Put(stored.clone());
        let path = format!("{}/{key}", shelf.prefix());
        let revision = match self.store.write(&path, expect, change).await {
            Ok(revision) => revision.0,
            Err(store::Error::Conflict { found, .. }) => {
                self.catch_up(found).await?;
                return Ok(Written::Lost);
            }
            Err(error) => return Err(store_failure(error)),
        };
        self.cache.reached(revision).await;
        // Somebody may already have changed it again; the answer is what this write made.
        let cached = shelf.get(&key).filter(|cached| cached.revision == revision);
        let own = || Cached::read(shelf.head(), shelf.selectable(), &key, &stored, revision);
        let object = match cached {
            Some(cached) => cached,
            None => Arc::new(own().map_err(ApiError::internal)?),
        };
        Ok(Written::Done(object))
    }

    /// Whether an object should be written though nothing of it changes: it is stored in an earlier version of its kind
    /// or under an earlier key.
    async fn is_outdated(&self, place: &Place<'_>, current: &Cached) -> Result<bool, ApiError> {
        if current.stored_as.is_some() {
            return Ok(true);
        }
        let path = format!("{}/{}", place.shelf()?.prefix(), place.key());
        self.store.is_outdated(&path).await.map_err(store_failure)
    }

    /// Removes what is at a place if it is still as it was; false when it is not.
    async fn remove(&self, place: &Place<'_>, revision: u64) -> Result<bool, ApiError> {
        let shelf = place.shelf()?;
        let path = format!("{}/{}", shelf.prefix(), place.key());
        let expect = Expect::Unchanged(Revision(revision));
        match self.store.write(&path, expect, Change::Delete).await {
            Ok(revision) => {
                self.cache.reached(revision.0).await;
                Ok(true)
            }
            Err(store::Error::Conflict { found, .. }) => {
                self.catch_up(found).await?;
                Ok(false)
            }
            Err(error) => Err(store_failure(error)),
        }
    }
    /// Waits until the cache has what a conflict is about, so that the next attempt sees it.
    async fn catch_up(&self, found: Option<Revision>) -> Result<(), ApiError> {
        let revision = match found {
            Some(found) => found,
            // It is gone, at a revision the conflict does not name.
            None => self.store.revision().await.map_err(store_failure)?,
        };
        self.cache.reached(revision.0).await;
        Ok(())
    }
}

/// A document of a kind in the bytes that are stored.
async fn encode(served: &Served, document: &Value) -> Result<Bytes, ApiError> {
    let shelf = served.shelf().ok_or_else(ApiError::unknown_path)?;
    match served.stored(document).await? {
        None => shelf.head().encode(document),
        Some(stored) => shelf.head().encode(&stored),
    }
}
