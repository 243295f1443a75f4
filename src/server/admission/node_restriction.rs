//! Holds a kubelet to its own node, the pods there and its own lease.

mod mirror;

use machinery::{ApiError, Resource, document};
use serde_json::Value;

use super::{Attributes, MIRROR, Tools};
use crate::authorize::LEASES;
use crate::identity::Identity;
use crate::request::Verb;

/// Labels under this are for administrators to keep nodes apart by.
const RESERVED: &str = "node-restriction.kubernetes.io";
/// Labels of Kubernetes' own that a kubelet may set, besides those under [`KUBELET_DOMAINS`].
const KUBELET_LABELS: &[&str] = &[
    "beta.kubernetes.io/arch",
    "beta.kubernetes.io/instance-type",
    "beta.kubernetes.io/os",
    "failure-domain.beta.kubernetes.io/region",
    "failure-domain.beta.kubernetes.io/zone",
    "failure-domain.kubernetes.io/region",
    "failure-domain.kubernetes.io/zone",
    "kubernetes.io/arch",
    "kubernetes.io/hostname",
    "kubernetes.io/instance-type",
    "kubernetes.io/os",
    "node.kubernetes.io/instance-type",
    "topology.kubernetes.io/region",
    "topology.kubernetes.io/zone",
];
const KUBELET_DOMAINS: &[&str] = &["kubelet.kubernetes.io", "node.kubernetes.io"];
const KUBERNETES_DOMAINS: &[&str] = &["kubernetes.io", "k8s.io"];

pub(super) fn admit(tools: &Tools<'_>, attributes: &Attributes<'_>) -> Result<(), ApiError> {
    let Some(node) = attributes.identity.node() else { return Ok(()) };
    let resource = attributes.served.resource();
    let refusal = match (resource.group.as_ref(), resource.resource.as_ref()) {
        ("", "pods") => pod(tools, node, attributes)?,
        ("", "nodes") => own_node(node, attributes),
        ("coordination.k8s.io", "leases") => lease(node, attributes),
        ("storage.k8s.io", "csinodes") if attributes.name != node => {
            Some("can only access CSINode with the same name as the requesting node".to_owned())
        }
        _ => None,
    };
    match refusal {
        Some(message) => Err(ApiError::forbidden(resource, attributes.name, &message)),
        None => Ok(()),
    }
}

/// A kubelet that runs short evicts what it runs itself.
pub(super) fn check_eviction(identity: &Identity, pod: &Value) -> Result<(), ApiError> {
    let Some(node) = identity.node() else { return Ok(()) };
    if document::str_at(pod, "/spec/nodeName") == node {
        return Ok(());
    }
    let message = format!("node {node} can only evict pods with spec.nodeName set to itself");
    Err(ApiError::forbidden(&Resource::new("", "pods"), document::name(pod), &message))
}

fn pod(
    tools: &Tools<'_>,
    node: &str,
    attributes: &Attributes<'_>,
) -> Result<Option<String>, ApiError> {
    let on_own = |pod: &Value| document::str_at(pod, "/spec/nodeName") == node;
    let what = match (attributes.verb, attributes.old) {
        (Verb::Create, _) if document::annotation(attributes.object, MIRROR).is_none() => {
            return Ok(Some(format!(
                "pod does not have {MIRROR:?} annotation, node {node:?} can only create mirror pods"
            )));
        }
        (Verb::Create, _) if on_own(attributes.object) => {
            return mirror::refusal(tools, node, attributes.object);
        }
        (Verb::Create, _) => "create pods",
        (Verb::Delete, Some(old)) if on_own(old) => return Ok(None),
        (_, Some(old)) if on_own(old) => return Ok(foreign_status(node, attributes.object, old)),
        (Verb::Delete, _) => "delete pods",
        _ => "update pod status for pods",
    };
    Ok(Some(format!("node {node:?} can only {what} with spec.nodeName set to itself")))
}

/// What of a pod does not go with its status: its labels say whom Services send to it.
fn foreign_status(node: &str, new: &Value, old: &Value) -> Option<String> {
    if document::labels(new) != document::labels(old) {
        return Some(format!("node {node:?} cannot update labels through pod status"));
    }
    let differs = |field: &str| new["status"][field] != old["status"][field];
    if differs("resourceClaimStatuses") {
        return Some(format!("node {node:?} cannot update resource claim statues"));
    }
    differs("extendedResourceClaimStatus")
        .then(|| format!("node {node:?} cannot update extended resource claim status"))
}

fn own_node(node: &str, attributes: &Attributes<'_>) -> Option<String> {
    if attributes.name != node {
        return Some(format!("node {node:?} is not allowed to modify node {:?}", attributes.name));
    }
    if attributes.verb == Verb::Delete {
        return None;
    }
    let labels = || forbidden_labels(attributes.object, attributes.old).join(", ");
    let Some(old) = attributes.old else {
        return Some(labels()).filter(|labels| !labels.is_empty()).map(|labels| {
            format!("node {node:?} is not allowed to set the following labels: {labels}")
        });
    };
    let kept = [("/spec/taints", "taints"), ("/metadata/ownerReferences", "ownerReferences")];
    let differs = |field: &str| attributes.object.pointer(field) != old.pointer(field);
    if let Some((_, what)) = kept.iter().find(|(field, _)| differs(field)) {
        return Some(format!("node {node:?} is not allowed to modify {what}"));
    }
    Some(labels())
        .filter(|labels| !labels.is_empty())
        .map(|labels| format!("is not allowed to modify labels: {labels}"))
}

fn lease(node: &str, attributes: &Attributes<'_>) -> Option<String> {
    if attributes.namespace != Some(LEASES) {
        return Some(format!("can only access leases in the {LEASES:?} system namespace"));
    }
    (attributes.name != node)
        .then(|| "can only access node lease with the same name as the requesting node".to_owned())
}

/// The labels that changed and are not a kubelet's to change.
fn forbidden_labels(new: &Value, old: Option<&Value>) -> Vec<String> {
    let before = old.map(document::labels).unwrap_or_default();
    let after = document::labels(new);
    let differs = |key: &&String| before.get(*key) != after.get(*key);
    let mut changed: Vec<String> =
        before.keys().chain(after.keys()).filter(differs).cloned().collect();
    changed.sort();
    changed.dedup();
    changed.retain(|key| !is_kubelets(key));
    changed
}

fn is_kubelets(key: &str) -> bool {
    let domain = key.split_once('/').map_or("", |(domain, _)| domain);
    let under = |root: &str| domain == root || domain.ends_with(&format!(".{root}"));
    let any_under = |roots: &[&str]| roots.iter().any(|root| under(root));
    !under(RESERVED)
        && (!any_under(KUBERNETES_DOMAINS)
            || KUBELET_LABELS.contains(&key)
            || any_under(KUBELET_DOMAINS))
}

#[cfg(test)]
mod tests;
