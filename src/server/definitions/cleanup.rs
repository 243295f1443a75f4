//! The end of a definition: first its objects go, then it does.

use std::sync::Arc;
use std::time::Duration;

use kinds::set_condition;
use machinery::Reason;
use serde_json::Value;
use tokio::sync::watch;
use tracing::warn;

use crate::api::Api;
use crate::catalog::Served;
use crate::identity::Identity;

/// After a failure.
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
    mut storage: watch::Receiver<Option<Arc<Served>>>,
) {
    while !is_empty(api, &mut storage).await {}
    while let Err(error) = api.registry().release_definition(identity, name, uid).await {
        if error.reason == Reason::NotFound {
            return;
        }
        warn!(name, %error, "a definition cannot be released");
        tokio::time::sleep(RETRY).await;
    }
}

/// Deletes what there is; waits for a change if something stays.
async fn is_empty(api: &Api, storage: &mut watch::Receiver<Option<Arc<Served>>>) -> bool {
    // A definition that changes meanwhile may get another shelf, and nothing is ever heard of the old one.
    let Some(served) = storage.borrow_and_update().clone() else { return true };
    let Some(shelf) = served.shelf() else { return true };
    let seen = shelf.changed();
    let refused = api.registry().delete_all(&served).await.err();
    if let Some(error) = &refused {
        warn!(resource = %served.resource(), %error, "custom resources cannot be deleted");
    }
    if shelf.all().is_empty() {
        return true;
    }
    tokio::select! {
        biased;
        // The definition is gone, however that came to be.
        changed = storage.changed() => return changed.is_err(),
        // What is left has finalizers.
        () = shelf.changed_after(seen), if refused.is_none() => {}
        () = tokio::time::sleep(RETRY), if refused.is_some() => {}
    }
    false
}
