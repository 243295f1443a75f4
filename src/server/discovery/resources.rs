//! The older style: an `APIResourceList` for one group and version.

use kinds::{Kind, Scope, Subresource, Verb};
use serde_json::{Value, json};

/// `/api/v1` and `/apis/<group>/<version>`.
pub(super) fn list(api_version: &str, kinds: &[&dyn Kind]) -> Value {
    let mut resources = Vec::new();
    for kind in kinds {
        resources.push(resource(*kind));
        resources.extend(kind.subresources().iter().map(|sub| subresource(*kind, sub)));
    }
    json!({
        "kind": "APIResourceList",
        "apiVersion": "v1",
        "groupVersion": api_version,
        "resources": resources,
    })
}

fn resource(kind: &dyn Kind) -> Value {
    let names = kind.names();
    let mut resource = json!({
        "name": names.plural,
        "singularName": names.singular,
        "namespaced": kind.scope() == Scope::Namespaced,
        "kind": names.kind,
        "verbs": verbs(kind.verbs()),
    });
    for (field, words) in [("shortNames", &names.short), ("categories", &names.categories)] {
        let words: Vec<&str> = words.iter().collect();
        if !words.is_empty() {
            resource[field] = words.into();
        }
    }
    resource
}

fn subresource(kind: &dyn Kind, sub: &Subresource) -> Value {
    let names = kind.names();
    let carries = sub.carries(names);
    let mut resource = json!({
        "name": format!("{}/{}", names.plural, sub.name()),
        "singularName": "",
        "namespaced": kind.scope() == Scope::Namespaced,
        "kind": carries.kind,
        "verbs": verbs(sub.verbs()),
    });
    // Said only where it is not the list's own: kubectl drain looks for policy/v1 Eviction this way.
    if carries.group != names.group || carries.version != names.version {
        resource["group"] = carries.group.into();
        resource["version"] = carries.version.into();
    }
    resource
}

/// Verbs as both styles write them.
pub(super) fn verbs(verbs: &[Verb]) -> Vec<&'static str> {
    verbs.iter().map(|verb| verb.as_str()).collect()
}
