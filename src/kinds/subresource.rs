//! The paths below an object, and what may be done with each.

use machinery::GroupVersionKind;

use crate::names::Names;
use crate::scale::ScalePaths;

/// Something a client may do, as discovery and RBAC call it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verb {
    /// POST of a new object.
    Create,
    /// DELETE of one object.
    Delete,
    /// DELETE of every selected object.
    DeleteCollection,
    /// GET of one object.
    Get,
    /// GET of every selected object.
    List,
    /// PATCH of one object.
    Patch,
    /// PUT of one object.
    Update,
    /// GET of the changes to come.
    Watch,
}

impl Verb {
    /// What an ordinary kind allows, in the order discovery prints it.
    pub const ALL: &'static [Self] = &[
        Self::Create,
        Self::Delete,
        Self::DeleteCollection,
        Self::Get,
        Self::List,
        Self::Patch,
        Self::Update,
        Self::Watch,
    ];

    /// The verb as discovery and RBAC write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Delete => "delete",
            Self::DeleteCollection => "deletecollection",
            Self::Get => "get",
            Self::List => "list",
            Self::Patch => "patch",
            Self::Update => "update",
            Self::Watch => "watch",
        }
    }
}

/// A path below an object.
#[derive(Debug, Clone)]
pub enum Subresource {
    /// The object, of which only the status is written.
    Status,
    /// How many replicas are wanted, for writers that know nothing else of the kind.
    Scale(ScalePaths),
    /// Places a pod on a node.
    Binding,
    /// Deletes a pod if its disruption budget allows it.
    Eviction,
    /// What a container printed.
    Log,
    /// Runs a command in a container.
    Exec,
    /// Joins the streams of a container.
    Attach,
    /// Reaches the ports of a pod.
    PortForward,
    /// Reaches the HTTP server of an object.
    Proxy,
    /// Adds containers to a running pod.
    EphemeralContainers,
    /// Changes the resources of running containers.
    Resize,
    /// Issues a token for a service account.
    Token,
    /// The object, of which only `spec.finalizers` is written.
    Finalize,
    /// The object, of which only the decision about it is written.
    Approval,
}

const CREATE: &[Verb] = &[Verb::Create];
const READ: &[Verb] = &[Verb::Get];
const STREAM: &[Verb] = &[Verb::Create, Verb::Get];
const REPLACE: &[Verb] = &[Verb::Update];
const CHANGE: &[Verb] = &[Verb::Get, Verb::Patch, Verb::Update];
const FORWARD: &[Verb] = &[Verb::Create, Verb::Delete, Verb::Get, Verb::Patch, Verb::Update];

impl Subresource {
    /// The last part of the path.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Status => "status",
            Self::Scale(_) => "scale",
            Self::Binding => "binding",
            Self::Eviction => "eviction",
            Self::Log => "log",
            Self::Exec => "exec",
            Self::Attach => "attach",
            Self::PortForward => "portforward",
            Self::Proxy => "proxy",
            Self::EphemeralContainers => "ephemeralcontainers",
            Self::Resize => "resize",
            Self::Token => "token",
            Self::Finalize => "finalize",
            Self::Approval => "approval",
        }
    }

    /// What may be done with it.
    pub fn verbs(&self) -> &'static [Verb] {
        match self {
            Self::Status
            | Self::Scale(_)
            | Self::EphemeralContainers
            | Self::Resize
            | Self::Approval => CHANGE,
            Self::Binding | Self::Eviction | Self::Token => CREATE,
            Self::Log => READ,
            Self::Exec | Self::Attach | Self::PortForward => STREAM,
            Self::Proxy => FORWARD,
            Self::Finalize => REPLACE,
        }
    }

    /// The documents it carries, below a kind with these names.
    pub fn carries(&self, parent: &Names) -> GroupVersionKind {
        let foreign = |group: &str, kind: &str| GroupVersionKind {
            group: group.to_owned(),
            version: "v1".to_owned(),
            kind: kind.to_owned(),
        };
        let own = |kind: &str| GroupVersionKind {
            group: parent.group.to_string(),
            version: parent.version.to_string(),
            kind: kind.to_owned(),
        };
        match self {
            Self::Scale(_) => foreign("autoscaling", "Scale"),
            Self::Eviction => foreign("policy", "Eviction"),
            Self::Token => foreign("authentication.k8s.io", "TokenRequest"),
            Self::Binding => own("Binding"),
            Self::Exec => own(&format!("{}ExecOptions", parent.kind)),
            Self::Attach => own(&format!("{}AttachOptions", parent.kind)),
            Self::PortForward => own(&format!("{}PortForwardOptions", parent.kind)),
            Self::Proxy => own(&format!("{}ProxyOptions", parent.kind)),
            Self::Status
            | Self::Log
            | Self::EphemeralContainers
            | Self::Resize
            | Self::Finalize
            | Self::Approval => own(&parent.kind),
        }
    }
}
