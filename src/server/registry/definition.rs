//! What the server writes about definitions of kinds, and the shelves it keeps for them.

use std::sync::Arc;

use kinds::{CLEANUP_FINALIZER, Kind};
use machinery::{ApiError, document};
use serde_json::Value;

use super::call::{Call, Place};
use super::change::{Origin, Part, Proposal};
use super::{Registry, WriteOptions};
use crate::cache::Shelf;
use crate::definitions::{GROUP, PLURAL};
use crate::error::store_failure;
use crate::identity::Identity;

impl Registry {
    /// Keeps the objects of a kind made at run time from now on.
    pub(crate) async fn open_shelf(
        &self,
        kind: Arc<dyn Kind>,
        converts: bool,
    ) -> Result<Arc<Shelf>, ApiError> {
        let shelf = Arc::new(Shelf::made(kind, converts, Arc::clone(self.cache.progress())));
        self.cache.add(self.store.as_ref(), &shelf).await.map_err(store_failure)?;
        Ok(shelf)
    }

    /// Keeps them no longer.
    pub(crate) fn close_shelf(&self, shelf: &Arc<Shelf>) {
        self.cache.remove(shelf);
    }

    /// Writes what has become of a definition, unless it has changed since it was looked at.
    pub(crate) async fn write_definition_status(
        &self,
        identity: &Identity,
        name: &str,
        version: &str,
        status: Value,
    ) -> Result<(), ApiError> {
        self.change_definition(identity, name, Origin::STATUS, |old| {
            let mut definition = old.clone();
            if document::resource_version(old) == version {
                document::as_map_mut(&mut definition).insert("status".to_owned(), status.clone());
            }
            Ok(Proposal::new(definition, Vec::new()))
        })
        .await
    }

    /// Lets a definition go whose objects are gone.
    pub(crate) async fn release_definition(
        &self,
        identity: &Identity,
        name: &str,
        uid: &str,
    ) -> Result<(), ApiError> {
        let origin = Origin { part: Part::Internal, subresource: None };
        self.change_definition(identity, name, origin, |old| {
            let mut definition = old.clone();
            if document::uid(old) == uid {
                let finalizers = document::finalizers(old).into_iter();
                let left: Vec<&str> = finalizers.filter(|own| *own != CLEANUP_FINALIZER).collect();
                document::metadata_mut(&mut definition)
                    .insert("finalizers".to_owned(), left.into());
            }
            Ok(Proposal::new(definition, Vec::new()))
        })
        .await
    }

    async fn change_definition(
        &self,
        identity: &Identity,
        name: &str,
        origin: Origin<'_>,
        propose: impl Fn(&Value) -> Result<Proposal, ApiError>,
    ) -> Result<(), ApiError> {
        let served = self.catalog.find(GROUP, "v1", PLURAL).ok_or_else(ApiError::unknown_path)?;
        let place = Place { served: &served, namespace: None, name };
        let call = Call { place, identity, options: WriteOptions::internal() };
        match self.change(&call, origin, propose).await {
            Err(error) if error.reason == machinery::Reason::NotFound => Ok(()),
            outcome => outcome.map(drop),
        }
    }
}
