//! Writes what is used of each quota into its status.
//!
//! Admission does not wait for this: what it decides with is in memory. The status is what people and clients
//! see, at most a moment later.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use base::Tasks;
use futures::StreamExt;
use tracing::warn;

use crate::api::Api;
use crate::identity::{Identity, MASTERS, User};

/// Between rounds: a namespace that fills up costs ten writes a second more, not one per object.
const PAUSE: Duration = Duration::from_millis(100);
/// How often writes are looked at whose callers went away, and pods that should be gone.
const SETTLING: Duration = Duration::from_secs(30);
/// Writes under way at a time: enough to share the store's commits, few enough to leave room for others.
const CONCURRENT_WRITES: usize = 32;

/// Starts to follow the quotas.
pub(crate) fn start(tasks: &Tasks, api: Arc<Api>) {
    let identity = Identity::new(User::new("system:apiserver", &[MASTERS]));
    let writer = Arc::clone(&api);
    tasks.spawn_until_stop("quota status", async move {
        loop {
            let changed = writer.registry().quotas().changed().await;
            write(&writer, &identity, changed).await;
            tokio::time::sleep(PAUSE).await;
        }
    });
    tasks.spawn_until_stop("quota settling", async move {
        loop {
            tokio::time::sleep(SETTLING).await;
            api.registry().settle();
        }
    });
}

async fn write(api: &Api, identity: &Identity, quotas: BTreeSet<(String, String)>) {
    let writes = quotas.into_iter().map(|quota| write_one(api, identity, quota));
    futures::stream::iter(writes).buffer_unordered(CONCURRENT_WRITES).collect::<()>().await;
}

async fn write_one(api: &Api, identity: &Identity, (namespace, name): (String, String)) {
    let written = api.registry().write_quota_status(identity, &namespace, &name).await;
    if let Err(error) = written {
        warn!(namespace, name, %error, "the status of a quota cannot be written");
    }
}
