//! The node's own object: registers it, says how it is, and shows that it lives.

mod lease;
mod machine;
mod status;

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use base::{Backoff, CancellationToken, Clock};
use ipnet::IpNet;
use jiff::Timestamp;
use k8s_openapi::api::core::v1::{Node as NodeObject, NodeSpec, NodeStatus};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::Api;
use kube::api::{Patch, PatchParams, PostParams};
use serde_json::json;
use tokio::time::Instant;
use tracing::{info, warn};

pub(crate) use machine::allocatable;

use crate::Config;
use crate::site::Site;
use machine::Machine;

/// How often the node shows that it lives, as Kubernetes has it.
const HEARTBEAT: Duration = Duration::from_secs(10);

/// How often the status is written even when nothing has changed, as Kubernetes has it.
const STATUS_AT_LEAST: Duration = Duration::from_mins(5);

/// The first wait for an API server that is not there yet: in the same process it is, within milliseconds.
const REGISTER_FIRST: Duration = Duration::from_millis(20);

/// The longest such wait.
const REGISTER_LONGEST: Duration = Duration::from_secs(5);

/// Keeps the node's object.
pub(crate) struct Node {
    name: String,
    addresses: Vec<IpAddr>,
    pod_cidr: IpNet,
    version: String,
    runtime_version: String,
    machine: Machine,
    clock: Clock,
    site: Arc<Site>,
}

impl Node {
    pub(crate) fn new(config: &Config, site: Arc<Site>) -> Self {
        Self {
            name: config.node_name.clone(),
            addresses: config.node_addresses.clone(),
            pod_cidr: config.pod_cidr,
            version: config.version.clone(),
            runtime_version: config.runtime_version.clone(),
            machine: Machine::read(&config.data_dir, &config.runtime.capacity()),
            clock: config.clock.clone(),
            site,
        }
    }

    /// Registers the node, then keeps its status and its lease until the node stops.
    pub(crate) async fn run(self, stop: CancellationToken) {
        stop.run_until_cancelled(Box::pin(self.live())).await;
    }

    async fn live(&self) {
        let mut object = self.register().await;
        let mut written = Instant::now();
        loop {
            if let Err(error) = self.renew_lease(&object).await {
                warn!(%error, "the node's lease could not be renewed");
            }
            match self.write_status(written).await {
                Ok((newer, wrote)) => {
                    object = newer;
                    if wrote {
                        written = Instant::now();
                    }
                }
                Err(kube::Error::Api(status)) if status.code == 404 => {
                    object = self.register().await;
                }
                Err(error) => warn!(%error, "the node's status could not be written"),
            }
            tokio::time::sleep(HEARTBEAT).await;
        }
    }

    fn api(&self) -> Api<NodeObject> {
        Api::all(self.site.client.clone())
    }

    /// Makes the node's object, or takes over the one that is there. Tries until it succeeds.
    async fn register(&self) -> NodeObject {
        let mut backoff = Backoff::new(REGISTER_FIRST, REGISTER_LONGEST);
        loop {
            match self.try_register().await {
                Ok(object) => {
                    info!(node = self.name, "registered the node");
                    return object;
                }
                Err(error) => {
                    let wait = backoff.next_delay();
                    if wait >= REGISTER_LONGEST {
                        warn!(%error, "the node could not be registered");
                    }
                    tokio::time::sleep(wait).await;
                }
            }
        }
    }

    async fn try_register(&self) -> kube::Result<NodeObject> {
        let created = self.api().create(&PostParams::default(), &self.object()).await;
        match created {
            Err(kube::Error::Api(status)) if status.code == 409 => (),
            other => return other,
        }
        let params = PatchParams::default();
        let patch = json!({"metadata": {"labels": self.labels()}});
        let object = self.api().patch(&self.name, &params, &Patch::Merge(patch)).await?;
        let now = self.clock.now();
        let before = object.status.clone().unwrap_or_default();
        let change = status::patch(&before, &self.status(&before, now));
        self.api().patch_status(&self.name, &params, &Patch::Strategic(change)).await
    }

    /// Writes the status if it is another one than the API has, or has not been written for long; answers the object
    /// and whether it did. Others write there, too: that nobody knows how the node is, after it was silent.
    async fn write_status(&self, written: Instant) -> kube::Result<(NodeObject, bool)> {
        let object = self.api().get(&self.name).await?;
        let now = self.clock.now();
        let before = object.status.clone().unwrap_or_default();
        let status = self.status(&before, now);
        let due = written.elapsed() >= STATUS_AT_LEAST;
        if !due && status::says_the_same(&before, &status) {
            return Ok((object, false));
        }
        let change = status::patch(&before, &status);
        let params = PatchParams::default();
        let change = Patch::Strategic(change);
        let object = self.api().patch_status(&self.name, &params, &change).await?;
        Ok((object, true))
    }

    fn status(&self, before: &NodeStatus, now: Timestamp) -> NodeStatus {
        status::render(self, before, now)
    }

    fn object(&self) -> NodeObject {
        let cidr = self.pod_cidr.to_string();
        NodeObject {
            metadata: ObjectMeta {
                name: Some(self.name.clone()),
                labels: Some(self.labels()),
                ..ObjectMeta::default()
            },
            spec: Some(NodeSpec {
                pod_cidr: Some(cidr.clone()),
                pod_cidrs: Some(vec![cidr]),
                ..NodeSpec::default()
            }),
            status: Some(self.status(&NodeStatus::default(), self.clock.now())),
        }
    }

    /// The labels charts and schedulers look for. The architecture is the guests', not the machine's.
    fn labels(&self) -> BTreeMap<String, String> {
        [
            ("kubernetes.io/hostname", self.name.as_str()),
            ("kubernetes.io/os", "linux"),
            ("kubernetes.io/arch", machine::ARCHITECTURE),
            ("beta.kubernetes.io/os", "linux"),
            ("beta.kubernetes.io/arch", machine::ARCHITECTURE),
            ("isopod.dev/wasi", "0.2"),
        ]
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
    }
}

#[cfg(test)]
mod tests;
