//! The roles and bindings every cluster has, as Kubernetes has them, in tables.
//!
//! What differs from Kubernetes: the controllers run as one user, so `system:kube-controller-manager` holds what
//! all of them need, and there is no role and account for each.

mod bindings;
mod components;
mod people;

use serde_json::{Value, json};

use super::rules::Rule;

/// A role.
#[derive(Debug)]
pub(super) struct Role {
    pub(super) name: &'static str,
    /// `None` for a `ClusterRole`.
    pub(super) namespace: Option<&'static str>,
    /// The label by which other roles gather this one's rules.
    label: Option<&'static str>,
    /// The label of the roles whose rules this one gathers.
    gathers: Option<&'static str>,
    clauses: &'static [Clause],
}

/// A binding of a role to subjects.
#[derive(Debug)]
pub(super) struct Binding {
    pub(super) name: &'static str,
    /// `None` for a `ClusterRoleBinding`.
    pub(super) namespace: Option<&'static str>,
    role: &'static str,
    subjects: &'static [Subject],
}

#[derive(Debug)]
enum Subject {
    User(&'static str),
    Group(&'static str),
    /// Namespace and name.
    Account(&'static str, &'static str),
}

/// A rule, as a table writes it.
#[derive(Debug, Clone, Copy)]
struct Clause {
    groups: Words,
    resources: Words,
    names: Words,
    paths: Words,
    verbs: Words,
}

type Words = &'static [&'static str];

const ALL: Words = &["*"];
const CORE: Words = &[""];
const APPS: Words = &["apps"];
const AUTHENTICATION: Words = &["authentication.k8s.io"];
const AUTHORIZATION: Words = &["authorization.k8s.io"];
const AUTOSCALING: Words = &["autoscaling"];
const BATCH: Words = &["batch"];
const CERTIFICATES: Words = &["certificates.k8s.io"];
const COORDINATION: Words = &["coordination.k8s.io"];
const DISCOVERY: Words = &["discovery.k8s.io"];
const EVENTS: Words = &["", "events.k8s.io"];
const METRICS: Words = &["metrics.k8s.io"];
const NETWORKING: Words = &["networking.k8s.io"];
const NODE: Words = &["node.k8s.io"];
const POLICY: Words = &["policy"];
const RBAC: Words = &["rbac.authorization.k8s.io"];
const RESOURCE: Words = &["resource.k8s.io"];
const STORAGE: Words = &["storage.k8s.io"];

const CREATE: Words = &["create"];
const GET: Words = &["get"];
const READ: Words = &["get", "list", "watch"];
const FOLLOW: Words = &["list", "watch"];
const WRITE: Words = &["create", "delete", "deletecollection", "patch", "update"];
const READ_WRITE: Words =
    &["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"];
const CHANGE: Words = &["patch", "update"];
/// What a component does that says what it has done.
const RECORD: Clause = on(EVENTS, &["events"], &["create", "patch", "update"]);

impl Clause {
    const NONE: Self = Self { groups: &[], resources: &[], names: &[], paths: &[], verbs: &[] };
}

const fn on(groups: Words, resources: Words, verbs: Words) -> Clause {
    Clause { groups, resources, verbs, ..Clause::NONE }
}

const fn on_named(groups: Words, resources: Words, names: Words, verbs: Words) -> Clause {
    Clause { groups, resources, names, verbs, ..Clause::NONE }
}

const fn at(paths: Words, verbs: Words) -> Clause {
    Clause { paths, verbs, ..Clause::NONE }
}

const fn role(name: &'static str, clauses: &'static [Clause]) -> Role {
    Role { name, namespace: None, label: None, gathers: None, clauses }
}

const fn role_in(namespace: &'static str, name: &'static str, clauses: &'static [Clause]) -> Role {
    Role { namespace: Some(namespace), ..role(name, clauses) }
}

/// Every role, those of the cluster first.
pub(super) fn roles() -> impl Iterator<Item = &'static Role> {
    [people::ROLES, components::ROLES, components::NAMESPACED].into_iter().flatten()
}

/// Every binding, those of the cluster first.
pub(super) fn bindings() -> impl Iterator<Item = &'static Binding> {
    bindings::BINDINGS.iter()
}

/// What every node may do.
pub(super) fn node_rules() -> Vec<Rule> {
    components::NODE_RULES.iter().map(Clause::rule).collect()
}

impl Role {
    pub(super) fn document(&'static self) -> Value {
        let kind = if self.namespace.is_some() { "Role" } else { "ClusterRole" };
        let mut document = begin(kind, self.name, self.namespace);
        if let Some(label) = self.label {
            document["metadata"]["labels"][label] = "true".into();
        }
        if let Some(label) = self.gathers {
            let selector = json!({ "matchLabels": { label: "true" } });
            document["aggregationRule"] = json!({ "clusterRoleSelectors": [selector] });
        }
        document["rules"] = self.rules();
        document
    }

    /// Its own rules, or those it gathers from the other roles of the tables.
    fn rules(&'static self) -> Value {
        let mut rules: Vec<Rule> = Vec::new();
        let mut open = vec![self];
        while let Some(role) = open.pop() {
            for rule in role.clauses.iter().map(Clause::rule) {
                if !rules.contains(&rule) {
                    rules.push(rule);
                }
            }
            let gathered =
                roles().filter(|other| role.gathers.is_some() && other.label == role.gathers);
            open.extend(gathered);
        }
        json!(rules)
    }
}

impl Binding {
    pub(super) fn document(&self) -> Value {
        let kind = if self.namespace.is_some() { "RoleBinding" } else { "ClusterRoleBinding" };
        let role = if self.namespace.is_some() { "Role" } else { "ClusterRole" };
        let mut document = begin(kind, self.name, self.namespace);
        document["roleRef"] = json!({ "apiGroup": RBAC[0], "kind": role, "name": self.role });
        document["subjects"] = self.subjects.iter().map(Subject::document).collect();
        document
    }
}

impl Subject {
    fn document(&self) -> Value {
        match self {
            Self::User(name) => json!({ "apiGroup": RBAC[0], "kind": "User", "name": name }),
            Self::Group(name) => json!({ "apiGroup": RBAC[0], "kind": "Group", "name": name }),
            Self::Account(namespace, name) => {
                json!({ "kind": "ServiceAccount", "name": name, "namespace": namespace })
            }
        }
    }
}

impl Clause {
    fn rule(&self) -> Rule {
        let own = |words: Words| words.iter().map(|&word| word.into()).collect();
        Rule {
            verbs: own(self.verbs),
            api_groups: own(self.groups),
            resources: own(self.resources),
            resource_names: own(self.names),
            paths: own(self.paths),
        }
    }
}

fn begin(kind: &str, name: &str, namespace: Option<&str>) -> Value {
    let mut document = json!({
        "apiVersion": format!("{}/v1", RBAC[0]),
        "kind": kind,
        "metadata": {
            "name": name,
            "labels": { "kubernetes.io/bootstrapping": "rbac-defaults" },
            "annotations": { "rbac.authorization.kubernetes.io/autoupdate": "true" },
        },
    });
    if let Some(namespace) = namespace {
        document["metadata"]["namespace"] = namespace.into();
    }
    document
}

#[cfg(test)]
mod tests;
