//! What a container wants done after its start and before its stop.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use k8s_openapi::api::core::v1::{Container, LifecycleHandler};

use super::{Done, Owner};
use crate::lifecycle::{Input, Phase, StopOrder};
use crate::probes::{self, Outcome};
use crate::site::Site;

/// How long a hook's endpoint may take to answer after the start, where no grace period bounds it.
const POST_START_LIMIT: Duration = Duration::from_secs(30);

impl Owner {
    pub(super) fn begin_hook(&mut self, index: usize) {
        let limit = match &self.state.containers[index].phase {
            Phase::Stopping { order: StopOrder::Hook { until }, .. } => {
                Duration::try_from(until.duration_since(self.now())).unwrap_or_default()
            }
            _ => Duration::ZERO,
        };
        let own = self.container(index).clone();
        let handler = own.lifecycle.as_ref().and_then(|hooks| hooks.pre_stop.clone());
        let address = self.ground.as_ref().map(|ground| ground.address);
        let site = Arc::clone(&self.site);
        self.work.push(Box::pin(async move {
            let (Some(handler), Some(address)) = (handler, address) else {
                return Done::Hooked { container: index, complaint: None };
            };
            let run = run(&site, address, &own, &handler, limit);
            let complaint = match tokio::time::timeout(limit, run).await {
                Ok(result) => result.err(),
                Err(_) => Some("it took longer than the grace period".to_owned()),
            };
            Done::Hooked { container: index, complaint }
        }));
    }

    pub(super) fn end_hook(&mut self, index: usize, complaint: Option<String>) {
        if let Some(complaint) = complaint {
            self.warn(Some(index), "FailedPreStopHook", format!("PreStopHook failed: {complaint}"));
        }
        self.feed(Input::HookEnded { container: index });
    }
}

/// Runs a container's postStart hook, if it has one.
pub(super) async fn post_start(
    site: &Site,
    address: IpAddr,
    own: &Container,
) -> Result<(), String> {
    let handler = own.lifecycle.as_ref().and_then(|hooks| hooks.post_start.as_ref());
    match handler {
        Some(handler) => run(site, address, own, handler, POST_START_LIMIT).await,
        None => Ok(()),
    }
}

async fn run(
    site: &Site,
    address: IpAddr,
    own: &Container,
    handler: &LifecycleHandler,
    limit: Duration,
) -> Result<(), String> {
    if let Some(sleep) = &handler.sleep {
        tokio::time::sleep(Duration::from_secs(u64::try_from(sleep.seconds).unwrap_or(0))).await;
        Ok(())
    } else if let Some(get) = &handler.http_get {
        match probes::call(&site.presence, address, own, get, limit).await {
            Outcome::Passed => Ok(()),
            Outcome::Failed(why) | Outcome::Unknown(why) => Err(why),
        }
    } else {
        Err("only sleep and httpGet hooks are supported for WebAssembly components".to_owned())
    }
}
