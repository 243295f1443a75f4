//! Writes into aggregated cluster roles what they gather, for people to read. Decisions do not wait for it.

use std::sync::Arc;
use std::time::Duration;

use base::Tasks;
use machinery::{ApiError, Reason};
use serde_json::json;
use tracing::warn;

use super::own_identity;
use super::rbac::{Aggregate, GROUP};
use crate::api::Api;

/// After a write that failed for another reason than somebody else's write.
const RETRY: Duration = Duration::from_secs(1);

/// Starts to keep them in step.
pub(crate) fn start(tasks: &Tasks, api: Arc<Api>) {
    tasks.spawn_until_stop("cluster role aggregation", async move { follow(&api).await });
}

async fn follow(api: &Api) {
    let roles = api.registry().catalog().shelf(GROUP, "v1", "clusterroles");
    let Some(roles) = roles else { return };
    loop {
        let seen = roles.changed();
        for aggregate in api.authorizer().rbac().stale_aggregates() {
            match write(api, aggregate).await {
                Err(error) if error.reason != Reason::Conflict => {
                    warn!(%error, "an aggregated cluster role cannot be written");
                    tokio::time::sleep(RETRY).await;
                }
                _ => {}
            }
        }
        roles.changed_after(seen).await;
    }
}

async fn write(api: &Api, aggregate: Aggregate) -> Result<(), ApiError> {
    let registry = api.registry();
    let Some(served) = registry.catalog().find(GROUP, "v1", "clusterroles") else { return Ok(()) };
    let found = served.shelf().and_then(|shelf| shelf.get(&aggregate.name));
    let Some(found) = found else { return Ok(()) };
    let mut role = served.document(&found);
    role["rules"] = json!(aggregate.rules);
    let own = own_identity();
    registry.replace_object(&own, GROUP, "v1", "clusterroles", None, role).await.map(drop)
}
