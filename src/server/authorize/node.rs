//! What a kubelet may do: for all nodes the same, except that it reads only what its own pods use.

mod references;
mod token;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, RwLock, RwLockReadGuard};

use serde_json::Value;

use super::defaults;
use super::{Action, Rule};
use crate::cache::{Cached, Follower, News, Shelf};
use crate::catalog::Catalog;
use references::References;

pub(crate) use references::referents;

/// Where the leases of nodes are.
pub(crate) const LEASES: &str = "kube-node-lease";

/// Decides for kubelets.
#[derive(Debug)]
pub(super) struct Nodes {
    /// What every node may do, as the role `system:node` has it.
    rules: Vec<Rule>,
    volumes: Option<Arc<Shelf>>,
    pods: RwLock<Pods>,
}

/// What the pods that have a node refer to.
#[derive(Debug)]
struct Pods {
    follower: Option<Follower>,
    by_key: BTreeMap<Arc<str>, References>,
}

/// Why a kubelet may not do something.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Refusal<'a> {
    /// No pod of the node uses it.
    Unrelated(&'a str),
    /// It may be read, not written.
    ReadOnly,
    /// It may be had only by name, so that it can be seen to be used.
    Unnamed,
    /// A part of an object that only the object would be shown of.
    Subresource,
    /// Of this kind, only what is the node's own.
    Foreign,
    /// Of nodes, only itself, not this one or, with no name, all.
    Node(&'a str, String),
    /// No rule allows it.
    NoRule,
}

impl fmt::Display for Refusal<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unrelated(node) => {
                write!(f, "no relationship found between node '{node}' and this object")
            }
            Self::ReadOnly => f.write_str("can only read resources of this type"),
            Self::Unnamed => f.write_str("can only read namespaced object of this type"),
            Self::Subresource => f.write_str("cannot read subresource"),
            Self::Foreign => f.write_str("can only access the object of the requesting node"),
            Self::Node(node, other) if other.is_empty() => {
                write!(f, "node '{node}' cannot read all nodes, only its own Node object")
            }
            Self::Node(node, other) => {
                write!(f, "node '{node}' cannot read '{other}', only its own Node object")
            }
            Self::NoRule => f.write_str("unknown resource or verb for a node"),
        }
    }
}

/// What kind of thing pods refer to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Referent {
    Secret,
    ConfigMap,
    Claim,
    Account,
}

impl Nodes {
    pub(super) fn new(catalog: &Catalog) -> Self {
        let shelf = |plural| catalog.shelf("", "v1", plural);
        let follower = shelf("pods").map(Follower::new);
        Self {
            rules: defaults::node_rules(),
            volumes: shelf("persistentvolumes"),
            pods: RwLock::new(Pods { follower, by_key: BTreeMap::new() }),
        }
    }

    /// Whether a node may do this, and if not, why.
    pub(super) fn decide<'a>(&self, node: &'a str, action: &Action<'_>) -> Result<(), Refusal<'a>> {
        // A new object's name is known to admission, which checks it.
        let own = action.name == node || action.verb == "create";
        match (action.group, action.resource) {
            ("", "secrets") => self.read(node, Referent::Secret, action),
            ("", "configmaps") => self.read(node, Referent::ConfigMap, action),
            ("", "persistentvolumeclaims") => self.read(node, Referent::Claim, action),
            ("", "persistentvolumes") => self.read_volume(node, action),
            ("", "serviceaccounts") => match (action.subresource, action.verb) {
                ("token", "create") => self.related(node, Referent::Account, action),
                ("", _) => self.read(node, Referent::Account, action),
                _ => Err(Refusal::ReadOnly),
            },
            ("", "pods") if action.subresource.is_empty() && action.is_read() => {
                self.see_pods(node, action)
            }
            ("", "nodes") if action.subresource.is_empty() && action.is_read() => {
                see_node(node, action.name)
            }
            ("", "nodes") | ("storage.k8s.io", "csinodes") if !own => Err(Refusal::Foreign),
            ("coordination.k8s.io", "leases") if !own || action.namespace != LEASES => {
                Err(Refusal::Foreign)
            }
            _ if self.rules.iter().any(|rule| rule.allows(action)) => Ok(()),
            _ => Err(Refusal::NoRule),
        }
    }

    /// Reads of what a pod of the node refers to.
    fn read<'a>(
        &self,
        node: &'a str,
        referent: Referent,
        action: &Action<'_>,
    ) -> Result<(), Refusal<'a>> {
        if !action.is_read() {
            return Err(Refusal::ReadOnly);
        }
        if !action.subresource.is_empty() {
            return Err(Refusal::Subresource);
        }
        if action.namespace.is_empty() || action.name.is_empty() {
            return Err(Refusal::Unnamed);
        }
        self.related(node, referent, action)
    }

    fn related<'a>(
        &self,
        node: &'a str,
        referent: Referent,
        action: &Action<'_>,
    ) -> Result<(), Refusal<'a>> {
        let pods = self.pods();
        let related = pods.of(node, action.namespace).any(|pod| pod.has(referent, action.name));
        if related { Ok(()) } else { Err(Refusal::Unrelated(node)) }
    }

    /// A volume is its claim's, and the claim must be a pod's.
    fn read_volume<'a>(&self, node: &'a str, action: &Action<'_>) -> Result<(), Refusal<'a>> {
        if action.verb != "get" || !action.subresource.is_empty() {
            return Err(Refusal::ReadOnly);
        }
        let volume = self.volumes.as_ref().and_then(|shelf| shelf.get(action.name));
        let Some(volume) = volume.map(|volume| volume.object()) else {
            return Err(Refusal::Unrelated(node));
        };
        let text = |field: &str| {
            volume["spec"]["claimRef"].get(field).and_then(Value::as_str).unwrap_or_default()
        };
        let claim =
            Action { namespace: text("namespace"), name: text("name"), ..Action::default() };
        self.related(node, Referent::Claim, &claim)
    }

    /// Its own pods one by one, or all of them by the selector that selects only them.
    fn see_pods<'a>(&self, node: &'a str, action: &Action<'_>) -> Result<(), Refusal<'a>> {
        if action.verb != "get" {
            let own = action.selected("spec.nodeName") == Some(node);
            return if own { Ok(()) } else { Err(Refusal::Foreign) };
        }
        let key = format!("{}/{}", action.namespace, action.name);
        let own = self.pods().by_key.get(&*key).is_some_and(|pod| &*pod.node == node);
        if own { Ok(()) } else { Err(Refusal::Unrelated(node)) }
    }

    /// The pods, in step with everything that was written before this call.
    fn pods(&self) -> RwLockReadGuard<'_, Pods> {
        let read = || self.pods.read().expect("nothing panics while it holds the pods");
        let pods = read();
        if !pods.follower.as_ref().is_some_and(Follower::is_behind) {
            return pods;
        }
        drop(pods);
        self.pods.write().expect("nothing panics while it holds the pods").catch_up();
        read()
    }
}

/// Itself by name; a selector that selects only one node names it.
fn see_node<'a>(node: &'a str, name: &str) -> Result<(), Refusal<'a>> {
    if name == node { Ok(()) } else { Err(Refusal::Node(node, name.to_owned())) }
}

impl Pods {
    /// The pods of a node in a namespace.
    fn of<'a>(&'a self, node: &'a str, namespace: &str) -> impl Iterator<Item = &'a References> {
        let start: Arc<str> = format!("{namespace}/").into();
        let prefix = Arc::clone(&start);
        let pods = self.by_key.range(start..).take_while(move |(key, _)| key.starts_with(&*prefix));
        pods.map(|(_, pod)| pod).filter(move |pod| &*pod.node == node)
    }

    fn catch_up(&mut self) {
        let Some(follower) = &mut self.follower else { return };
        match follower.catch_up() {
            News::Everything(pods) => {
                self.by_key.clear();
                for pod in &pods {
                    self.take_in(&pod.key, Some(pod));
                }
            }
            News::Changes(changes) => {
                for change in &changes {
                    self.take_in(change.key(), change.current.as_deref());
                }
            }
        }
    }

    fn take_in(&mut self, key: &Arc<str>, pod: Option<&Cached>) {
        match pod.and_then(References::read) {
            Some(references) => self.by_key.insert(Arc::clone(key), references),
            None => self.by_key.remove(key),
        };
    }
}
