//! Events are forgotten after a while, an hour unless the operator says otherwise.

use std::sync::Arc;
use std::time::Duration;

use base::Tasks;
use futures::StreamExt;
use jiff::Timestamp;
use serde::Deserialize;
use tracing::warn;

use crate::api::Api;
use crate::cache::Cached;

/// Between rounds; an event may live so much longer.
const ROUND: Duration = Duration::from_mins(1);
/// Deletes under way at a time: enough to share the store's commits, few enough to leave room for others.
const CONCURRENT_DELETES: usize = 32;

/// The times in an event, whichever of the two APIs wrote it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Times {
    metadata: Metadata,
    last_timestamp: Option<String>,
    event_time: Option<String>,
    series: Option<Series>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Metadata {
    creation_timestamp: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Series {
    last_observed_time: Option<String>,
}

/// Starts to remove events that were last seen so long ago.
pub(crate) fn start(tasks: &Tasks, api: Arc<Api>, lifetime: Duration) {
    tasks.spawn_until_stop("event expiry", async move {
        loop {
            tokio::time::sleep(ROUND).await;
            remove_old(&api, lifetime).await;
        }
    });
}

async fn remove_old(api: &Api, lifetime: Duration) {
    let registry = api.registry();
    let Some(events) = registry.catalog().find("", "v1", "events") else { return };
    let Some(shelf) = events.shelf() else { return };
    let now = registry.clock().now();
    let all = shelf.all();
    // Each is read, and there may be many: other requests of this thread would wait for it.
    let old = tokio::task::spawn_blocking(move || {
        let is_old = |event: &Arc<Cached>| is_old(&event.bytes, now, lifetime);
        all.into_iter().filter(is_old).collect::<Vec<_>>()
    });
    let Ok(old) = old.await else { return };
    let removals = futures::stream::iter(old).map(|event| registry.expire(&events, event));
    let mut removals = removals.buffer_unordered(CONCURRENT_DELETES);
    while let Some(removed) = removals.next().await {
        if let Err(error) = removed {
            warn!(%error, "an old event cannot be removed");
        }
    }
}

/// Whether an event was last seen too long ago.
fn is_old(event: &[u8], now: Timestamp, lifetime: Duration) -> bool {
    let Ok(times) = serde_json::from_slice::<Times>(event) else { return false };
    let seen = [
        times.metadata.creation_timestamp,
        times.last_timestamp,
        times.event_time,
        times.series.and_then(|series| series.last_observed_time),
    ];
    let seen = seen.iter().flatten().filter_map(|text| text.parse::<Timestamp>().ok());
    // Clients write most of these times, and one that is to come would keep the event for ever.
    let last = seen.filter(|at| *at <= now).max();
    last.is_some_and(|last| now.duration_since(last).unsigned_abs() > lifetime)
}

#[cfg(test)]
mod tests;
