//! Brings the default roles and bindings into the cluster and keeps what administrators made of them.
//!
//! What is missing is added, nothing is taken away; an object whose annotation says that it is not to be updated
//! is left alone.

use futures::future::try_join_all;
use machinery::{ApiError, Reason, document};
use serde_json::{Value, json};

use super::own_identity;
use super::rbac::GROUP;
use super::rules::{Rule, missing};
use crate::api::Api;

use super::defaults;

const AUTOUPDATE: &str = "rbac.authorization.kubernetes.io/autoupdate";

/// Which of the defaults.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// Those of the cluster.
    Cluster,
    /// Those in namespaces, which must exist.
    Namespaced,
}

/// Writes what is missing, all at once, so that the writes share a commit of the store.
pub(crate) async fn reconcile(api: &Api, part: Part) -> Result<(), ApiError> {
    let is_in = |namespace: Option<&str>| (part == Part::Namespaced) == namespace.is_some();
    let roles = defaults::roles().filter(|role| is_in(role.namespace));
    let bindings = defaults::bindings().filter(|binding| is_in(binding.namespace));
    let wanted = roles.map(defaults::Role::document);
    let wanted = wanted.chain(bindings.map(defaults::Binding::document));
    try_join_all(wanted.map(|wanted| ensure(api, wanted))).await.map(drop)
}

async fn ensure(api: &Api, wanted: Value) -> Result<(), ApiError> {
    let plural = match document::kind(&wanted) {
        "ClusterRole" => "clusterroles",
        "ClusterRoleBinding" => "clusterrolebindings",
        "Role" => "roles",
        _ => "rolebindings",
    };
    let name = document::name(&wanted).to_owned();
    let namespace = document::namespace(&wanted).to_owned();
    let namespace = Some(namespace.as_str()).filter(|namespace| !namespace.is_empty());
    let (registry, own) = (api.registry(), own_identity());
    let served = registry.catalog().find(GROUP, "v1", plural);
    let served = served.ok_or_else(ApiError::unknown_path)?;
    let found = served.shelf().and_then(|shelf| shelf.get(&served.key(namespace, &name)));
    let written = match found {
        None => registry.create_object(&own, GROUP, "v1", plural, namespace, wanted).await,
        Some(found) => {
            let Some(changed) = reconciled(served.document(&found), &wanted) else {
                return Ok(());
            };
            registry.replace_object(&own, GROUP, "v1", plural, namespace, changed).await
        }
    };
    match written {
        // Another server of this cluster was faster.
        Err(error) if matches!(error.reason, Reason::AlreadyExists | Reason::Conflict) => Ok(()),
        other => other.map(drop),
    }
}

/// What an object has to become; `None` when it has everything.
fn reconciled(found: Value, wanted: &Value) -> Option<Value> {
    if document::annotation(&found, AUTOUPDATE) == Some("false") {
        return None;
    }
    let mut changed = found.clone();
    for field in ["labels", "annotations"] {
        let Some(wanted) = document::map_at(wanted, &format!("/metadata/{field}")) else {
            continue;
        };
        let own = document::entry_mut(document::metadata_mut(&mut changed), field);
        for (key, value) in wanted {
            own.entry(key).or_insert_with(|| value.clone());
        }
    }
    if wanted["aggregationRule"].is_object() {
        let selectors = |object: &Value| object["aggregationRule"]["clusterRoleSelectors"].clone();
        let mut own = selectors(&found);
        add_missing(&mut own, &selectors(wanted));
        changed["aggregationRule"] = json!({ "clusterRoleSelectors": own });
    } else if wanted["rules"].is_array() {
        let rules = |object: &Value| -> Vec<Rule> {
            serde_json::from_value(object["rules"].clone()).unwrap_or_default()
        };
        let lacks = missing(&rules(&found), &rules(wanted));
        if !lacks.is_empty() {
            let mut all = document::list_at(&found, "/rules").to_vec();
            all.extend(lacks.iter().map(|rule| json!(rule)));
            changed["rules"] = all.into();
        }
    }
    if !document::list_at(wanted, "/subjects").is_empty() {
        add_missing(&mut changed["subjects"], &wanted["subjects"]);
    }
    (changed != found).then_some(changed)
}

fn add_missing(own: &mut Value, wanted: &Value) {
    for item in wanted.as_array().into_iter().flatten() {
        match own {
            Value::Array(items) if items.contains(item) => {}
            Value::Array(items) => items.push(item.clone()),
            _ => *own = Value::Array(vec![item.clone()]),
        }
    }
}

#[cfg(test)]
mod tests;
