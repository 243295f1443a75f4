//! One node: runs the pods that the API assigns to it, and says how they are.
//!
//! [`Kubelet::start`] registers the node, then watches its pods. Each pod has one owner (`pod.rs`), which feeds what
//! happens into a pure `step` (`lifecycle/`) and carries out what that orders. [`Endpoint`] answers what the API server
//! asks of a node, such as a container's log.

mod addresses;
mod admission;
mod amounts;
mod endpoint;
mod env;
mod images;
mod lifecycle;
mod logs;
mod meters;
mod node;
mod pod;
mod pods;
mod probes;
mod site;
mod sources;
mod status;
mod streams;
mod usage;
mod volumes;

use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use base::{Clock, Metrics, Random, Tasks};
use ipnet::IpNet;

pub use addresses::{host_address, node_ports_address};
pub use endpoint::{Body, BoxError, Endpoint};
pub use streams::Stream;
pub use volumes::HostPaths;

use site::Site;

/// What a node is made of.
#[derive(Clone)]
pub struct Config {
    /// Speaks to the API server as this node.
    pub client: kube::Client,
    /// The node's name.
    pub node_name: String,
    /// The node's addresses outside the pod network, for its status.
    pub node_addresses: Vec<IpAddr>,
    /// Runs the containers.
    pub runtime: Arc<dyn sandbox::Runtime>,
    /// The pod network. The node itself is at [`host_address`] of `pod_cidr`.
    pub switch: network::Switch,
    /// The images that are here.
    pub images: Arc<::images::Images>,
    /// Where volumes and logs live.
    pub data_dir: PathBuf,
    /// The addresses that the node gives to its pods.
    pub pod_cidr: IpNet,
    /// The domain of the cluster's names, such as `cluster.local`.
    pub cluster_domain: String,
    /// What the node says of its kubelet, such as `v1.35.0+isopod`.
    pub version: String,
    /// What the node says of its runtime, such as `wasmtime://48.0.1`.
    pub runtime_version: String,
    /// Whether pods may mount folders of the host.
    pub host_paths: HostPaths,
    /// Tells the time.
    pub clock: Clock,
    /// Makes container IDs.
    pub random: Random,
    /// Where the node counts.
    pub metrics: Metrics,
    /// Owns the node's tasks.
    pub tasks: Tasks,
}

impl std::fmt::Debug for Config {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Config")
            .field("node_name", &self.node_name)
            .field("data_dir", &self.data_dir)
            .field("pod_cidr", &self.pod_cidr)
            .finish_non_exhaustive()
    }
}

/// Why a node does not start.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A folder cannot be made.
    #[error("cannot use {}", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What went wrong.
        #[source]
        source: std::io::Error,
    },
    /// The node cannot be present on the pod network.
    #[error("cannot join the pod network at {address}")]
    Network {
        /// The node's address there.
        address: IpAddr,
        /// What went wrong.
        #[source]
        source: network::Error,
    },
}

/// A running node.
#[derive(Debug)]
pub struct Kubelet {
    endpoint: Endpoint,
    tasks: Tasks,
}

impl Kubelet {
    /// Starts a node. Returns at once; the API server may come up later.
    pub fn start(config: Config) -> Result<Self, Error> {
        let tasks = config.tasks.child();
        let site = Arc::new(Site::new(&config, &tasks)?);
        let (pods, directory) = pods::Pods::new(Arc::clone(&site), tasks.clone());
        let node = node::Node::new(&config, Arc::clone(&site));
        tasks.spawn("node", |stop| node.run(stop));
        tasks.spawn("pods", |stop| pods.run(stop));
        Ok(Self { endpoint: Endpoint::new(site, directory), tasks })
    }

    /// Answers what the API server asks of the node.
    pub fn endpoint(&self) -> Endpoint {
        self.endpoint.clone()
    }

    /// Ends all containers and tasks. The pods' objects stay as they are, so that the next start
    /// runs them again. False when something outlived `grace`.
    pub async fn stop(&self, grace: Duration) -> bool {
        self.tasks.shutdown(grace).await
    }
}
