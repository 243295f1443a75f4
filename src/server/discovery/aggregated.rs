//! The aggregated style: every group, version and resource in one `APIGroupDiscoveryList` (KEP-3352).

use kinds::{Kind, Scope, Subresource};
use serde_json::{Value, json};

use super::groups::Group;
use super::resources::verbs;

/// Which version of the style the client asked for; the documents are alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    V2,
    V2Beta1,
}

impl Style {
    fn version(self) -> &'static str {
        match self {
            Self::V2 => "v2",
            Self::V2Beta1 => "v2beta1",
        }
    }

    /// The content type the answer must carry, parameters included: clients compare it.
    pub(super) fn content_type(self) -> &'static str {
        match self {
            Self::V2 => "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList",
            Self::V2Beta1 => {
                "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList"
            }
        }
    }
}

pub(super) fn list<'a>(groups: impl Iterator<Item = &'a Group<'a>>, style: Style) -> Value {
    let items: Vec<Value> = groups.map(group).collect();
    json!({
        "kind": "APIGroupDiscoveryList",
        "apiVersion": format!("apidiscovery.k8s.io/{}", style.version()),
        "metadata": {},
        "items": items,
    })
}

fn group(group: &Group<'_>) -> Value {
    let versions: Vec<Value> = group
        .versions
        .iter()
        .map(|version| {
            let resources: Vec<Value> = version.kinds.iter().map(|kind| resource(*kind)).collect();
            json!({ "version": version.name, "resources": resources, "freshness": "Current" })
        })
        .collect();
    let metadata = if group.name.is_empty() { json!({}) } else { json!({ "name": group.name }) };
    json!({ "metadata": metadata, "versions": versions })
}

fn resource(kind: &dyn Kind) -> Value {
    let names = kind.names();
    let scope = match kind.scope() {
        Scope::Namespaced => "Namespaced",
        Scope::Cluster => "Cluster",
    };
    let mut resource = json!({
        "resource": names.plural,
        "responseKind": { "group": names.group, "version": names.version, "kind": names.kind },
        "scope": scope,
        "singularResource": names.singular,
        "verbs": verbs(kind.verbs()),
    });
    for (field, words) in [("shortNames", &names.short), ("categories", &names.categories)] {
        let words: Vec<&str> = words.iter().collect();
        if !words.is_empty() {
            resource[field] = words.into();
        }
    }
    let subresources: Vec<Value> =
        kind.subresources().iter().map(|sub| subresource(kind, sub)).collect();
    if !subresources.is_empty() {
        resource["subresources"] = subresources.into();
    }
    resource
}

fn subresource(kind: &dyn Kind, sub: &Subresource) -> Value {
    let carries = sub.carries(kind.names());
    json!({
        "subresource": sub.name(),
        "responseKind": {
            "group": carries.group, "version": carries.version, "kind": carries.kind,
        },
        "verbs": verbs(sub.verbs()),
    })
}
