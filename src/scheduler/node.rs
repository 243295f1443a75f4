//! One node and what it has promised.

use std::collections::BTreeMap;
use std::sync::Arc;

use k8s_openapi::api::core::v1::{ContainerPort, Node, Taint};

use crate::demand::Demand;
use crate::resources::Resources;

/// A port of the host that a pod takes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct HostPort {
    /// The port.
    pub port: i32,
    /// TCP, UDP or SCTP.
    pub protocol: String,
    /// The host's address, `0.0.0.0` for all of them.
    pub address: String,
}

/// What stands for every address of a host.
const EVERY_ADDRESS: &str = "0.0.0.0";

impl HostPort {
    /// The host port of a container's port, if it takes one.
    pub(crate) fn of(port: &ContainerPort) -> Option<Self> {
        let or = |text: &Option<String>, default: &str| {
            text.clone().filter(|text| !text.is_empty()).unwrap_or_else(|| default.to_owned())
        };
        Some(Self {
            port: port.host_port.filter(|port| *port > 0)?,
            protocol: or(&port.protocol, "TCP"),
            address: or(&port.host_ip, EVERY_ADDRESS),
        })
    }

    fn meets(&self, other: &Self) -> bool {
        let addresses = [self.address.as_str(), other.address.as_str()];
        self.port == other.port
            && self.protocol == other.protocol
            && (addresses[0] == addresses[1] || addresses.contains(&EVERY_ADDRESS))
    }
}

/// A node, what it has, and the sums over the pods on it.
#[derive(Debug, Clone)]
pub struct NodeState {
    /// The node itself, for whatever is read seldom.
    pub node: Arc<Node>,
    /// Its name.
    pub name: String,
    /// What pods may have of it.
    pub allocatable: Resources,
    /// How many pods it takes.
    pub pods_max: i64,
    /// How many it has.
    pub pods: i64,
    /// What they request.
    pub requested: Resources,
    /// What they count as in scores.
    pub scored: Resources,
    /// The host ports they take, and how many pods claim each.
    ports: BTreeMap<HostPort, usize>,
}

impl NodeState {
    pub(crate) fn new(node: Arc<Node>) -> Self {
        let mut state = Self {
            name: node.metadata.name.clone().unwrap_or_default(),
            node: Arc::default(),
            allocatable: Resources::default(),
            pods_max: 0,
            pods: 0,
            requested: Resources::default(),
            scored: Resources::default(),
            ports: BTreeMap::new(),
        };
        state.set(node);
        state
    }

    /// Takes the node's new description; its pods stay.
    pub(crate) fn set(&mut self, node: Arc<Node>) {
        let status = node.status.as_ref();
        let quantities =
            status.and_then(|status| status.allocatable.as_ref().or(status.capacity.as_ref()));
        self.allocatable = quantities.map(Resources::read).unwrap_or_default();
        let pods = self.allocatable.others.remove("pods").unwrap_or(0);
        self.pods_max = i64::try_from(pods).unwrap_or(i64::MAX);
        self.node = node;
    }

    pub(crate) fn add(&mut self, demand: &Demand) {
        self.pods += 1;
        self.requested.add(&demand.requests);
        self.scored.add(&demand.scored);
        for port in &demand.ports {
            *self.ports.entry(port.clone()).or_default() += 1;
        }
    }

    pub(crate) fn remove(&mut self, demand: &Demand) {
        self.pods -= 1;
        self.requested.subtract(&demand.requests);
        self.scored.subtract(&demand.scored);
        for port in &demand.ports {
            if let Some(claims) = self.ports.get_mut(port) {
                *claims -= 1;
            }
        }
        self.ports.retain(|_, claims| *claims > 0);
    }

    pub(crate) fn has_free(&self, port: &HostPort) -> bool {
        !self.ports.keys().any(|taken| taken.meets(port))
    }

    pub(crate) fn label(&self, key: &str) -> Option<&str> {
        self.node.metadata.labels.as_ref()?.get(key).map(String::as_str)
    }

    pub(crate) fn taints(&self) -> &[Taint] {
        self.node.spec.as_ref().and_then(|spec| spec.taints.as_deref()).unwrap_or_default()
    }

    pub(crate) fn is_unschedulable(&self) -> bool {
        self.node.spec.as_ref().and_then(|spec| spec.unschedulable).unwrap_or(false)
    }
}

/// Whether a pod that did not fit before may fit now: heartbeats do not matter.
pub(crate) fn changes_fitness(old: &Node, new: &Node) -> bool {
    let offers = |node: &Node| {
        node.status.as_ref().map(|all| (all.allocatable.clone(), all.capacity.clone()))
    };
    old.spec != new.spec || old.metadata.labels != new.metadata.labels || offers(old) != offers(new)
}
