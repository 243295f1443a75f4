//! What a controller wants done, as data: the shell carries it out, a test reads it.

use std::fmt;
use std::time::Duration;

use k8s_openapi::api::core::v1::ObjectReference;
use serde::Serialize;
use serde_json::{Value, json};

use crate::{Cached, Key, Occurrence, Resource, Target};

/// Actions in the order in which they happen, and when to look again without a change.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Plan {
    /// What to do.
    pub actions: Vec<Action>,
    /// Look again after this long even if nothing changes.
    pub again_in: Option<Duration>,
}

/// One step of a plan.
#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    /// Make objects.
    Create(Box<Creation>),
    /// Change a part of an object by a merge patch (RFC 7396).
    Patch(Box<Patch>),
    /// Replace an object, or with `subresource` a part of it; the body's resource version guards it.
    Update {
        /// The object.
        target: Target,
        /// Its subresource, or empty.
        subresource: &'static str,
        /// The whole object.
        body: Value,
    },
    /// Replace the status of an object; the body's resource version guards it.
    SetStatus {
        /// The object.
        target: Target,
        /// The whole object.
        body: Value,
    },
    /// Delete an object.
    Delete(Deletion),
    /// Delete every object of a resource in a namespace.
    DeleteAll {
        /// The resource.
        resource: Resource,
        /// The namespace.
        namespace: String,
    },
    /// Ask the server itself, because the caches may lag; if it is not so, drop the rest of the plan and look again later.
    Require(Requirement),
    /// Record an event.
    Emit(Occurrence),
}

/// Objects to make: all of them the same but for a generated name.
#[derive(Debug, Clone, PartialEq)]
pub struct Creation {
    /// The resource.
    pub resource: Resource,
    /// The namespace, or empty.
    pub namespace: String,
    /// The object.
    pub body: Value,
    /// How many of it; more than one needs `generateName`.
    pub count: usize,
    /// The owner in whose name `SuccessfulCreate` and `FailedCreate` are recorded.
    pub announce: Option<ObjectReference>,
}

/// A merge patch.
#[derive(Debug, Clone, PartialEq)]
pub struct Patch {
    /// The object.
    pub target: Target,
    /// Its subresource, or empty.
    pub subresource: &'static str,
    /// The patch.
    pub body: Value,
}

/// The deletion of one object.
#[derive(Debug, Clone, PartialEq)]
pub struct Deletion {
    /// The object.
    pub target: Target,
    /// Only this incarnation of it.
    pub uid: Option<String>,
    /// Only this version of it.
    pub resource_version: Option<String>,
    /// Overrides the object's grace period.
    pub grace_seconds: Option<i64>,
    /// What becomes of the objects it owns.
    pub propagation: Propagation,
    /// The owner in whose name `SuccessfulDelete` and `FailedDelete` are recorded.
    pub announce: Option<ObjectReference>,
}

/// What becomes of the objects that a deleted one owns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Propagation {
    /// They are collected after it.
    Background,
    /// They are collected before it.
    Foreground,
    /// They stay, without an owner.
    Orphan,
    /// As the resource's default and the object's finalizers say.
    Unsaid,
}

/// Something that must be true at the server itself before a plan goes on.
#[derive(Debug, Clone, PartialEq)]
pub enum Requirement {
    /// The object, or this incarnation of it, does not exist.
    Absent {
        /// The object.
        target: Target,
        /// The incarnation; none for any.
        uid: Option<String>,
    },
    /// This incarnation of the object exists, and is not being deleted.
    Alive {
        /// The object.
        target: Target,
        /// The incarnation.
        uid: String,
    },
    /// No object of the resource is in the namespace.
    Empty {
        /// The resource.
        resource: Resource,
        /// The namespace.
        namespace: String,
    },
}

impl Plan {
    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.actions.is_empty()
    }

    /// Looks again after `delay`, or sooner if already asked.
    pub fn again_in(&mut self, delay: Duration) {
        self.again_in = Some(self.again_in.map_or(delay, |sooner| sooner.min(delay)));
    }

    /// Adds a step.
    pub fn push(&mut self, action: Action) {
        self.actions.push(action);
    }

    /// Makes one object.
    pub fn create<K: Cached + Serialize>(&mut self, object: &K) {
        self.create_many(object, 1, None);
    }

    /// Makes `count` objects in the name of an owner.
    pub fn create_many<K: Cached + Serialize>(
        &mut self,
        object: &K,
        count: usize,
        announce: Option<ObjectReference>,
    ) {
        if count > 0 {
            self.push(Action::Create(Box::new(Creation {
                resource: Resource::of::<K>(),
                namespace: object.meta().namespace.clone().unwrap_or_default(),
                body: document(object),
                count,
                announce,
            })));
        }
    }

    /// Changes an object by a merge patch, provided it is still as it was observed.
    pub fn patch<K: Cached>(&mut self, observed: &K, mut body: Value) {
        if let Some(version) = &observed.meta().resource_version {
            body["metadata"]["resourceVersion"] = json!(version);
        }
        let target = Target::of(observed);
        self.push(Action::Patch(Box::new(Patch { target, subresource: "", body })));
    }

    /// Changes an object's status by a merge patch, provided it is still as it was observed.
    pub fn patch_status<K: Cached>(&mut self, observed: &K, status: Value) {
        let version = &observed.meta().resource_version;
        let body = json!({ "metadata": { "resourceVersion": version }, "status": status });
        let target = Target::of(observed);
        self.push(Action::Patch(Box::new(Patch { target, subresource: "status", body })));
    }

    /// Replaces an object.
    pub fn update<K: Cached + Serialize>(&mut self, object: &K) {
        let target = Target::of(object);
        self.push(Action::Update { target, subresource: "", body: document(object) });
    }

    /// Replaces an object's status.
    pub fn set_status<K: Cached + Serialize>(&mut self, object: &K) {
        self.push(Action::SetStatus { target: Target::of(object), body: document(object) });
    }

    /// Deletes this incarnation of an object; its dependents follow in the background.
    pub fn delete<K: Cached>(&mut self, object: &K) -> &mut Deletion {
        self.push(Action::Delete(Deletion {
            target: Target::of(object),
            uid: object.meta().uid.clone(),
            resource_version: None,
            grace_seconds: None,
            propagation: Propagation::Background,
            announce: None,
        }));
        match self.actions.last_mut() {
            Some(Action::Delete(deletion)) => deletion,
            _ => unreachable!("a deletion was just pushed"),
        }
    }

    /// Records an event.
    pub fn emit(&mut self, occurrence: Occurrence) {
        self.push(Action::Emit(occurrence));
    }
}

fn document<K: Serialize>(object: &K) -> Value {
    serde_json::to_value(object).expect("API objects are plain data with text keys")
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for action in &self.actions {
            writeln!(f, "{action}")?;
        }
        self.again_in.map_or(Ok(()), |delay| writeln!(f, "again in {delay:?}"))
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Create(creation) => write!(f, "{creation}"),
            Self::Patch(patch) => write!(
                f,
                "patch {}{} {}",
                patch.target,
                slashed(patch.subresource),
                without_version(&patch.body)
            ),
            Self::Update { target, subresource, .. } => {
                write!(f, "update {target}{}", slashed(subresource))
            }
            Self::SetStatus { target, body } => write!(f, "status {target} {}", body["status"]),
            Self::Delete(deletion) => write!(f, "{deletion}"),
            Self::DeleteAll { resource, namespace } => {
                write!(f, "delete all {resource} of {namespace}")
            }
            Self::Require(requirement) => write!(f, "{requirement}"),
            Self::Emit(occurrence) => write!(f, "{occurrence}"),
        }
    }
}

fn slashed(subresource: &str) -> String {
    if subresource.is_empty() { String::new() } else { format!("/{subresource}") }
}

fn without_version(body: &Value) -> Value {
    let mut body = body.clone();
    if let Some(meta) = body["metadata"].as_object_mut() {
        meta.remove("resourceVersion");
    }
    if let Some(fields) = body.as_object_mut() {
        fields.retain(|_, value| !value.is_null() && *value != json!({}));
    }
    body
}

impl fmt::Display for Creation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let meta = &self.body["metadata"];
        let name = meta["name"].as_str().map(str::to_owned);
        let name = name
            .unwrap_or_else(|| format!("{}*", meta["generateName"].as_str().unwrap_or_default()));
        write!(f, "create {} {name}", self.resource.kind.to_lowercase())?;
        if self.count > 1 {
            write!(f, " ×{}", self.count)?;
        }
        Ok(())
    }
}

impl fmt::Display for Deletion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "delete {}", self.target)?;
        match self.propagation {
            Propagation::Background | Propagation::Unsaid => Ok(()),
            Propagation::Foreground => f.write_str(" foreground"),
            Propagation::Orphan => f.write_str(" orphan"),
        }?;
        self.grace_seconds.map_or(Ok(()), |grace| write!(f, " grace {grace}s"))
    }
}

impl fmt::Display for Requirement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Absent { target, .. } => write!(f, "require no {target}"),
            Self::Alive { target, .. } => write!(f, "require {target}"),
            Self::Empty { resource, namespace } => {
                write!(f, "require no {resource} in {namespace}")
            }
        }
    }
}

impl Propagation {
    /// As `DeleteOptions` say it.
    pub fn as_str(self) -> Option<&'static str> {
        match self {
            Self::Background => Some("Background"),
            Self::Foreground => Some("Foreground"),
            Self::Orphan => Some("Orphan"),
            Self::Unsaid => None,
        }
    }
}

impl Deletion {
    /// The deletion of an object known by its place alone.
    pub fn of(target: Target, uid: Option<String>) -> Self {
        Self {
            target,
            uid,
            resource_version: None,
            grace_seconds: None,
            propagation: Propagation::Background,
            announce: None,
        }
    }

    /// The object's key.
    pub fn key(&self) -> &Key {
        &self.target.key
    }
}
