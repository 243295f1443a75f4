//! A request as webhooks and policies see it.

use std::sync::Arc;

use machinery::document;
use serde_json::{Value, json};

use crate::catalog::Served;
use crate::identity::Identity;

/// The group of webhook configurations and policies.
pub(super) const GROUP: &str = "admissionregistration.k8s.io";

/// What is done to an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operation {
    Create,
    Update,
    Delete,
    Connect,
}

/// What somebody wants to do, but for the object itself.
#[derive(Debug)]
pub(crate) struct Request<'a> {
    pub(crate) operation: Operation,
    pub(crate) served: &'a Arc<Served>,
    pub(crate) subresource: Option<&'a str>,
    pub(crate) namespace: Option<&'a str>,
    /// What the object is called, or what its name will begin with.
    pub(crate) name: &'a str,
    /// Whether the server has yet to make up the name.
    pub(crate) generated: bool,
    pub(crate) identity: &'a Identity,
    pub(crate) dry_run: bool,
    /// `CreateOptions` and the like; null for a connection.
    pub(crate) options: Value,
    pub(crate) old: Option<&'a Value>,
}

impl Operation {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Create => "CREATE",
            Self::Update => "UPDATE",
            Self::Delete => "DELETE",
            Self::Connect => "CONNECT",
        }
    }
}

impl Request<'_> {
    /// Whether nothing is ever asked: what could lock everybody out of changing what locks them out.
    pub(super) fn is_exempt(&self) -> bool {
        self.served.resource().group == GROUP
    }

    /// Whether it is about an object inside a namespace.
    pub(super) fn is_namespaced(&self) -> bool {
        self.namespace.is_some()
    }

    /// The name that was asked for.
    pub(super) fn asked_name(&self) -> &str {
        if self.generated { "" } else { self.name }
    }

    pub(super) fn is_about_namespaces(&self) -> bool {
        let resource = self.served.resource();
        resource.group.is_empty() && resource.resource == "namespaces"
    }

    /// The namespace it is about or in; empty for other objects of the cluster.
    pub(super) fn namespace_name(&self) -> &str {
        if self.is_about_namespaces() {
            self.asked_name()
        } else {
            self.namespace.unwrap_or_default()
        }
    }

    /// Who makes it, as reviews have it.
    pub(super) fn user_info(&self) -> Value {
        let user = &self.identity.user;
        let mut info = json!({ "username": user.name, "groups": user.groups });
        if !user.uid.is_empty() {
            info["uid"] = user.uid.clone().into();
        }
        if !user.extra.is_empty() {
            info["extra"] = json!(user.extra);
        }
        info
    }
}

/// Group, version and kind of a document.
pub(super) fn kind_of(document: &Value) -> Value {
    let api_version = document::api_version(document);
    let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
    json!({ "group": group, "version": version, "kind": document::kind(document) })
}

/// Group, version and plural under which a kind is served.
pub(super) fn resource_of(served: &Served) -> Value {
    let names = served.kind().names();
    json!({ "group": names.group, "version": names.version, "resource": names.plural })
}
