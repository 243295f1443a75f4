//! The end of a definition: first its objects go, then it does.

use std::sync::Arc;
use std::time::Duration;

use kinds::set_condition;
use machinery::{ApiError, Reason};
use serde_json::Value;
use tracing::warn;

use crate::api::Api;
use crate::catalog::Served;
use crate::identity::Identity;
use crate::registry::{Call, DeleteOptions, ListOptions, Place, WriteOptions};

/// What holds a definition while it has objects.
pub(crate) const FINALIZER: &str = "customresourcecleanup.apiextensions.k8s.io";
/// After a failure. Webhooks that refuse a delete are asked again this often.
const RETRY: Duration = Duration::from_secs(2);

/// Writes into a status that the objects are being deleted.
pub(super) fn note(status: &mut Value, now: &str) {
    let (reason, message) =
        ("InstanceDeletionInProgress", "CustomResource deletion is in progress");
    set_condition(status, "Terminating", "True", reason, message, now);
}

/// Deletes the objects of a definition, waits until they are gone and lets the definition go.
pub(super) async fn run(
    api: &Api,
    identity: &Identity,
    name: &str,
    uid: &str,
    storage: Option<&Arc<Served>>,
) {
    if let Some(storage) = storage {
        empty(api, identity, storage).await;
    }
    while let Err(error) = api.registry().release_definition(identity, name, uid).await {
        if error.reason == Reason::NotFound {
            return;
        }
        warn!(name, %error, "a definition cannot be released");
        tokio::time::sleep(RETRY).await;
    }
}

async fn empty(api: &Api, identity: &Identity, storage: &Arc<Served>) {
    let Some(shelf) = storage.shelf() else { return };
    loop {
        let seen = shelf.changed();
        if shelf.all().is_empty() {
            return;
        }
        if let Err(error) = delete_all(api, identity, storage).await {
            warn!(resource = %storage.resource(), %error, "custom resources cannot be deleted");
            tokio::time::sleep(RETRY).await;
            continue;
        }
        if shelf.all().is_empty() {
            return;
        }
        // What is left has finalizers.
        shelf.changed_after(seen).await;
    }
}

async fn delete_all(api: &Api, identity: &Identity, storage: &Arc<Served>) -> Result<(), ApiError> {
    let place = Place { served: storage, namespace: None, name: "" };
    let call = Call { place, identity, options: WriteOptions::internal() };
    let (list, options) = (ListOptions::default(), DeleteOptions::default());
    api.registry().delete_collection(&call, &list, &options).await.map(drop)
}
