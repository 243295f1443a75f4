//! The nodes and what their pods ask, including pods that are only about to be there.

use std::collections::BTreeMap;
use std::sync::Arc;

use client::Key;
use k8s_openapi::api::core::v1::Node;

use crate::demand::Demand;
use crate::node::{NodeState, changes_fitness};

/// What [`crate::place`] decides on.
#[derive(Debug, Clone, Default)]
pub struct Cluster {
    /// By name.
    nodes: Vec<NodeState>,
    /// Every pod that has a node, be it one not known (yet).
    pods: BTreeMap<Key, Placed>,
}

#[derive(Debug, Clone)]
struct Placed {
    node: String,
    demand: Arc<Demand>,
    /// Whether it is there by our word alone.
    assumed: bool,
}

impl Cluster {
    /// The nodes in the order of their names.
    pub fn nodes(&self) -> &[NodeState] {
        &self.nodes
    }

    /// Adds a node or describes it anew; answers whether a pod may now fit that did not.
    pub fn set_node(&mut self, node: Arc<Node>) -> bool {
        let name = node.metadata.name.clone().unwrap_or_default();
        match self.find(&name) {
            Ok(index) => {
                let changed = changes_fitness(&self.nodes[index].node, &node);
                self.nodes[index].set(node);
                changed
            }
            Err(index) => {
                let mut state = NodeState::new(node);
                for placed in self.pods.values().filter(|placed| placed.node == name) {
                    state.add(&placed.demand);
                }
                self.nodes.insert(index, state);
                true
            }
        }
    }

    /// Forgets a node; its pods count again should it come back.
    pub fn remove_node(&mut self, name: &str) {
        if let Ok(index) = self.find(name) {
            self.nodes.remove(index);
        }
    }

    /// Counts a pod on the node where the API says it is.
    pub fn set_pod(&mut self, node: &str, demand: Arc<Demand>) {
        self.put(node, demand, false);
    }

    /// Counts a pod on a node before the API says so.
    pub fn assume(&mut self, node: &str, demand: Arc<Demand>) {
        self.put(node, demand, true);
    }

    /// Takes back what was assumed of a pod, unless the API has confirmed it since.
    pub fn forget(&mut self, key: &Key, uid: &str) {
        if self.is_assumed(key, uid) {
            self.remove_pod(key);
        }
    }

    /// Whether this very pod is counted by our word alone.
    pub fn is_assumed(&self, key: &Key, uid: &str) -> bool {
        self.pods.get(key).is_some_and(|placed| placed.assumed && placed.demand.uid() == uid)
    }

    /// Stops counting a pod; answers whether it was counted.
    pub fn remove_pod(&mut self, key: &Key) -> bool {
        let Some(placed) = self.pods.remove(key) else { return false };
        if let Ok(index) = self.find(&placed.node) {
            self.nodes[index].remove(&placed.demand);
        }
        true
    }

    fn put(&mut self, node: &str, demand: Arc<Demand>, assumed: bool) {
        let key = demand.key();
        self.remove_pod(&key);
        if let Ok(index) = self.find(node) {
            self.nodes[index].add(&demand);
        }
        self.pods.insert(key, Placed { node: node.to_owned(), demand, assumed });
    }

    fn find(&self, name: &str) -> Result<usize, usize> {
        self.nodes.binary_search_by(|node| node.name.as_str().cmp(name))
    }
}
