//! Gives every pod an account, and its containers the account's token as a volume.

use machinery::{ApiError, Resource, document};
use serde_json::{Value, json};

use super::read::{items, text};
use super::{Attributes, MIRROR, Tools};
use crate::authorize::{Referent, referents};

/// Where client libraries look for the token.
const MOUNT_PATH: &str = "/var/run/secrets/kubernetes.io/serviceaccount";
/// What the volume's name starts with; a suffix keeps it from clashing with the user's own.
const VOLUME_PREFIX: &str = "kube-api-access-";
/// How long a pod's token lives; seven seconds more than an hour tells it from one that was asked for.
const TOKEN_SECONDS: i64 = 3607;

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
        spec["serviceAccountName"] = "default".into();
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
