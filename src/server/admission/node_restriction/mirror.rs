//! What a kubelet may mirror: pods from manifests on its machine, which are its own and need nothing of the API.
//!
//! A kubelet may read what the pods of its node refer to, so it must not make pods that refer to what it likes.

use std::collections::BTreeSet;

use machinery::{ApiError, Resource, document};
use serde_json::Value;

use crate::admission::Tools;
use crate::admission::read::{items, text};
use crate::authorize::{Referent, referents};

/// Fields of a volume that stand for an object of the API.
const VOLUMES: &[(&str, &str)] = &[
    ("csi", "csidrivers (via CSI volumes)"),
    ("glusterfs", "endpoints (via glusterFS volumes)"),
    ("persistentVolumeClaim", "persistentvolumeclaims"),
    ("ephemeral", "persistentvolumeclaims (via ephemeral volumes)"),
    ("azureFile", "secrets (via azureFile volumes)"),
];
/// Fields of a source of a projected volume that do.
const SOURCES: &[(&str, &str)] = &[
    ("serviceAccountToken", "serviceaccounts (via projected volumes)"),
    ("clusterTrustBundle", "clustertrustbundles"),
    ("podCertificate", "podcertificates"),
];

/// Why a node may not create a mirror pod.
pub(super) fn refusal(
    tools: &Tools<'_>,
    node: &str,
    pod: &Value,
) -> Result<Option<String>, ApiError> {
    let owners = document::list_at(pod, "/metadata/ownerReferences");
    if let Some(refusal) = foreign_owner(node, owners) {
        return Ok(Some(refusal));
    }
    let Some(object) = tools.get("", "nodes", None, node) else {
        return Err(ApiError::not_found(&Resource::new("", "nodes"), node));
    };
    let (object, named) = (object.object(), text(&owners[0], "uid"));
    if named != document::uid(&object) {
        let own = document::uid(&object);
        return Ok(Some(format!("node {node} UID mismatch: expected {named} got {own}")));
    }
    let referents = referents(pod).map_err(|error| ApiError::bad_request(error.to_string()))?;
    let reference = reference(&referents, pod);
    Ok(reference
        .map(|resource| format!("node {node:?} can not create pods that reference {resource:?}")))
}

/// Such a pod has one owner: the node, whose end is its end.
fn foreign_owner(node: &str, owners: &[Value]) -> Option<String> {
    let only = |what: &str| format!("node {node:?} can only create pods with {what} set to itself");
    let owner = match owners {
        [owner] => owner,
        [] => return Some(only("an owner reference")),
        _ => return Some(only("a single owner reference")),
    };
    let said = ["apiVersion", "kind", "name"].map(|field| text(owner, field));
    if said != ["v1", "Node", node] {
        return Some(only("an owner reference"));
    }
    if owner["controller"] != true {
        return Some(only("a controller owner reference"));
    }
    (owner["blockOwnerDeletion"] == true)
        .then(|| format!("node {node:?} must not set blockOwnerDeletion on an owner reference"))
}

/// The first resource of the API that a pod refers to.
fn reference(referents: &BTreeSet<Referent>, pod: &Value) -> Option<&'static str> {
    let spec = &pod["spec"];
    let named = [
        (Referent::Account, "serviceaccounts"),
        (Referent::Secret, "secrets"),
        (Referent::ConfigMap, "configmaps"),
    ];
    if let Some((_, resource)) = named.iter().find(|(referent, _)| referents.contains(referent)) {
        return Some(resource);
    }
    if items(spec, "resourceClaims").next().is_some() {
        return Some("resourceclaims");
    }
    items(spec, "volumes").find_map(|volume| {
        let sources = items(&volume["projected"], "sources");
        found(volume, VOLUMES).or_else(|| sources.into_iter().find_map(|one| found(one, SOURCES)))
    })
}

fn found(fields: &Value, table: &[(&str, &'static str)]) -> Option<&'static str> {
    table.iter().find(|(field, _)| !fields[*field].is_null()).map(|(_, resource)| *resource)
}

#[cfg(test)]
mod tests;
