//! Writes into the status of each `ValidatingAdmissionPolicy` what is wrong with it about the kinds it names.
//!
//! A policy counts as soon as it is written; what is said about it is there a moment later, and again for each new
//! generation. A kind that is made later changes nothing until the policy does, as in Kubernetes.

use std::sync::Arc;
use std::time::Duration;

use base::Tasks;
use machinery::document;
use serde_json::{Value, json};
use tracing::warn;

use crate::admission::warnings;
use crate::api::Api;
use crate::cache::Cached;
use crate::catalog::Snapshot;
use crate::identity::{Identity, MASTERS, User};

/// Between rounds. A policy that is written again and again is looked at once in a round.
const PAUSE: Duration = Duration::from_millis(100);
/// After a failure to write the store.
const RETRY: Duration = Duration::from_millis(500);

/// Starts to follow the policies.
pub(crate) fn start(tasks: &Tasks, api: Arc<Api>) {
    let catalog = api.registry().catalog();
    let (group, plural) = ("admissionregistration.k8s.io", "validatingadmissionpolicies");
    let Some(shelf) = catalog.shelf(group, "v1", plural) else { return };
    let identity = Identity::new(User::new("system:apiserver", &[MASTERS]));
    tasks.spawn_until_stop("policy status", async move {
        loop {
            let seen = shelf.changed();
            let mut owed = false;
            for policy in shelf.all() {
                owed |= !look_at(&api, &identity, &policy).await;
            }
            tokio::select! {
                biased;
                () = shelf.changed_after(seen) => tokio::time::sleep(PAUSE).await,
                () = tokio::time::sleep(RETRY), if owed => {}
            }
        }
    });
}

/// Says whether nothing is left to be said of a policy.
async fn look_at(api: &Api, identity: &Identity, policy: &Cached) -> bool {
    let object = policy.object();
    let observed = &object["status"]["observedGeneration"];
    if policy.terminating || *observed == object["metadata"]["generation"] {
        return true;
    }
    let version = document::resource_version(&object).to_owned();
    let kinds = api.registry().catalog().load_full();
    // Many expressions, each about several kinds, keep a thread busy for long.
    let status = tokio::task::spawn_blocking(move || status(&object, &kinds)).await;
    let Ok(status) = status else { return true };
    let name = policy.name();
    let written = api.registry().write_policy_status(identity, name, &version, status).await;
    if let Err(error) = &written {
        warn!(name, %error, "the status of a policy cannot be written");
    }
    written.is_ok()
}

fn status(policy: &Value, kinds: &Snapshot) -> Value {
    let found = warnings(policy, kinds);
    let checking =
        if found.is_empty() { json!({}) } else { json!({ "expressionWarnings": found }) };
    let mut status = policy["status"].as_object().cloned().unwrap_or_default();
    status.insert("observedGeneration".to_owned(), policy["metadata"]["generation"].clone());
    status.insert("typeChecking".to_owned(), checking);
    status.into()
}
