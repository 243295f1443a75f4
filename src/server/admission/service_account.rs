//! Gives every pod an account, and its containers the account's token as a volume.

use std::sync::Arc;
use std::time::Duration;

use machinery::{ApiError, Resource, document};
use serde_json::{Value, json};

use super::read::{items, text};
use super::{Attributes, MIRROR, Tools};
use crate::authorize::{Referent, referents};
use crate::cache::Shelf;
use crate::catalog::Catalog;

/// Where client libraries look for the token.
const MOUNT_PATH: &str = "/var/run/secrets/kubernetes.io/serviceaccount";
/// What the volume's name starts with; a suffix keeps it from clashing with the user's own.
const VOLUME_PREFIX: &str = "kube-api-access-";
/// The account of pods that name none. A controller gives it to every namespace, soon after it is made.
const DEFAULT: &str = "default";
/// How long a new pod waits for it: long for a controller, and short for whoever gets no answer in the meantime.
const DEFAULT_WITHIN: Duration = Duration::from_secs(1);
/// How long a pod's token lives; seven seconds more than an hour tells it from one that was asked for.
const TOKEN_SECONDS: i64 = 3607;

/// Waits for the account that a namespace is about to be given, so that one file may hold a namespace and its pods.
pub(super) async fn await_default(catalog: &Catalog, attributes: &Attributes<'_>) {
    if !attributes.creates("", "pods") || is_mirror(attributes) {
        return;
    }
    let named = text(&attributes.object["spec"], "serviceAccountName");
    let namespace = attributes.namespace.unwrap_or_default();
    let shelf = |plural| catalog.shelf("", "v1", plural);
    let is_open = |namespaces: Arc<Shelf>| {
        namespaces.get(namespace).is_some_and(|namespace| !namespace.terminating)
    };
    if !matches!(named, "" | DEFAULT) || !shelf("namespaces").is_some_and(is_open) {
        return;
    }
    let Some(accounts) = shelf("serviceaccounts") else { return };
    let key = format!("{namespace}/{DEFAULT}");
    let made = async {
        loop {
            let seen = accounts.changed();
            if accounts.get(&key).is_some() {
                return;
            }
            accounts.changed_after(seen).await;
        }
    };
    // Without it the pod is refused in words that say so.
    let _late = tokio::time::timeout(DEFAULT_WITHIN, made).await;
}

pub(super) fn admit(tools: &Tools<'_>, attributes: &mut Attributes<'_>) -> Result<bool, ApiError> {
    if !attributes.creates("", "pods") {
        return Ok(false);
    }
    let namespace = attributes.namespace.unwrap_or_default();
    if is_mirror(attributes) {
        return Ok(false);
    }
    let spec = &mut attributes.object["spec"];
    if spec["serviceAccountName"].as_str().is_none_or(str::is_empty) {
        spec["serviceAccountName"] = DEFAULT.into();
    }
    spec["serviceAccount"] = spec["serviceAccountName"].clone();
    let name = spec["serviceAccountName"].as_str().unwrap_or_default().to_owned();
    let Some(account) = account(tools, namespace, &name) else {
        let detail = format!(
            "error looking up service account {namespace}/{name}: serviceaccount {name:?} not found"
        );
        return Err(ApiError::forbidden(&Resource::new("", "pods"), attributes.name, &detail));
    };
    let mounts = spec["automountServiceAccountToken"]
        .as_bool()
        .or_else(|| account["automountServiceAccountToken"].as_bool())
        .unwrap_or(true);
    if mounts {
        let volume = token_volume_of(spec);
        let volume = volume.unwrap_or_else(|| format!("{VOLUME_PREFIX}{}", tools.random.suffix(5)));
        mount_token(spec, &volume);
    }
    if spec["imagePullSecrets"].as_array().is_none_or(Vec::is_empty)
        && let Some(secrets) = account["imagePullSecrets"].as_array()
    {
        spec["imagePullSecrets"] = secrets.clone().into();
    }
    Ok(true)
}

/// A mirror of a pod from a manifest on a node has no business with the API, whoever makes it.
pub(super) fn check(attributes: &Attributes<'_>) -> Result<(), ApiError> {
    if !attributes.creates("", "pods") || !is_mirror(attributes) {
        return Ok(());
    }
    let pod = &attributes.object;
    let referents = referents(pod).map_err(|error| ApiError::bad_request(error.to_string()))?;
    let mut sources =
        items(&pod["spec"], "volumes").flat_map(|volume| items(&volume["projected"], "sources"));
    let refusal = if referents.contains(&Referent::Account) {
        "a mirror pod may not reference service accounts"
    } else if referents.contains(&Referent::Secret) {
        "a mirror pod may not reference secrets"
    } else if sources.any(|source| !source["serviceAccountToken"].is_null()) {
        "a mirror pod may not use ServiceAccountToken volume projections"
    } else {
        return Ok(());
    };
    Err(attributes.forbidden(refusal))
}

fn is_mirror(attributes: &Attributes<'_>) -> bool {
    document::annotation(attributes.object, MIRROR).is_some()
}

fn account(tools: &Tools<'_>, namespace: &str, name: &str) -> Option<Value> {
    let served = tools.catalog.find("", "v1", "serviceaccounts")?;
    let found = served.shelf()?.get(&served.key(Some(namespace), name))?;
    Some(found.object())
}

/// The volume that is there when a pod is seen a second time, with containers that a webhook added.
fn token_volume_of(spec: &Value) -> Option<String> {
    let mut names = items(spec, "volumes").map(|volume| text(volume, "name"));
    names.find(|name| name.starts_with(VOLUME_PREFIX)).map(str::to_owned)
}

/// Adds the volume, and a mount to each container that has nothing at its path.
fn mount_token(spec: &mut Value, volume: &str) {
    let is_there = token_volume_of(spec).is_some();
    let mut used = false;
    for list in ["initContainers", "containers"] {
        for container in spec[list].as_array_mut().into_iter().flatten() {
            let mounts =
                container["volumeMounts"].as_array().map(Vec::as_slice).unwrap_or_default();
            if mounts.iter().any(|mount| mount["mountPath"] == MOUNT_PATH) {
                continue;
            }
            used = true;
            let mount = json!({ "name": volume, "readOnly": true, "mountPath": MOUNT_PATH });
            push(&mut container["volumeMounts"], mount);
        }
        if spec[list].is_null() {
            spec.as_object_mut().map(|spec| spec.remove(list));
        }
    }
    if used && !is_there {
        push(&mut spec["volumes"], token_volume(volume));
    }
}

fn token_volume(name: &str) -> Value {
    json!({ "name": name, "projected": { "defaultMode": 420, "sources": [
        { "serviceAccountToken": { "expirationSeconds": TOKEN_SECONDS, "path": "token" } },
        { "configMap": {
            "name": "kube-root-ca.crt",
            "items": [{ "key": "ca.crt", "path": "ca.crt" }],
        }},
        { "downwardAPI": { "items": [{
            "path": "namespace",
            "fieldRef": { "apiVersion": "v1", "fieldPath": "metadata.namespace" },
        }]}},
    ]}})
}

fn push(list: &mut Value, item: Value) {
    match list {
        Value::Array(items) => items.push(item),
        other => *other = Value::Array(vec![item]),
    }
}

#[cfg(test)]
mod tests;
