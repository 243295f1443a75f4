//! The kinds, sorted into groups and versions as clients want to see them.

use std::collections::BTreeMap;

use kinds::Kind;
use machinery::compare_versions;
use serde_json::{Value, json};

use super::aggregated::{self, Style};
use super::resources;

/// The order in which clients search groups for a name like `events`, after the core group: what
/// Kubernetes prefers, then the alphabet.
const PREFERRED: &[&str] = &[
    "apiregistration.k8s.io",
    "apps",
    "events.k8s.io",
    "authentication.k8s.io",
    "authorization.k8s.io",
    "autoscaling",
    "batch",
    "certificates.k8s.io",
    "networking.k8s.io",
    "policy",
    "rbac.authorization.k8s.io",
    "storage.k8s.io",
    "admissionregistration.k8s.io",
    "apiextensions.k8s.io",
    "scheduling.k8s.io",
    "coordination.k8s.io",
    "node.k8s.io",
    "discovery.k8s.io",
    "resource.k8s.io",
    "flowcontrol.apiserver.k8s.io",
];

/// What the server has.
#[derive(Debug)]
pub(crate) struct Groups<'a>(Vec<Group<'a>>);

/// A group with its versions, the preferred one first.
#[derive(Debug)]
pub(super) struct Group<'a> {
    pub(super) name: String,
    pub(super) versions: Vec<Version<'a>>,
}

#[derive(Debug)]
pub(super) struct Version<'a> {
    pub(super) name: String,
    pub(super) kinds: Vec<&'a dyn Kind>,
}

impl<'a> Groups<'a> {
    /// Sorts these kinds.
    pub(crate) fn of(kinds: impl Iterator<Item = &'a dyn Kind>) -> Self {
        let mut found: BTreeMap<_, BTreeMap<String, Vec<&'a dyn Kind>>> = BTreeMap::new();
        for kind in kinds {
            let names = kind.names();
            let versions = found.entry((rank(&names.group), names.group.to_string())).or_default();
            versions.entry(names.version.to_string()).or_default().push(kind);
        }
        let groups = found
            .into_iter()
            .map(|((_, name), versions)| Group { name, versions: preferred_first(versions) });
        Self(groups.collect())
    }

    /// `/api`.
    pub(super) fn core_versions(&self) -> Value {
        let versions: Vec<&str> = self
            .find("")
            .into_iter()
            .flat_map(|group| group.versions.iter().map(|version| version.name.as_str()))
            .collect();
        json!({ "kind": "APIVersions", "versions": versions, "serverAddressByClientCIDRs": [] })
    }

    /// `/apis`.
    pub(super) fn list(&self) -> Value {
        let groups: Vec<Value> =
            self.0.iter().filter(|group| !group.name.is_empty()).map(Group::describe).collect();
        json!({ "kind": "APIGroupList", "apiVersion": "v1", "groups": groups })
    }

    /// `/apis/<group>`.
    pub(super) fn group_document(&self, name: &str) -> Option<Value> {
        let mut group = self.find(name).filter(|_| !name.is_empty())?.describe();
        group["kind"] = "APIGroup".into();
        group["apiVersion"] = "v1".into();
        Some(group)
    }

    /// `/api/v1` and `/apis/<group>/<version>`.
    pub(super) fn resource_list(&self, group: &str, version: &str) -> Option<Value> {
        let group = self.find(group)?;
        let version = group.versions.iter().find(|known| known.name == version)?;
        Some(resources::list(&group.api_version(version), &version.kinds))
    }

    /// `/api` or `/apis` in the aggregated style.
    pub(super) fn aggregated(&self, core: bool, style: Style) -> Value {
        aggregated::list(self.0.iter().filter(|group| group.name.is_empty() == core), style)
    }

    fn find(&self, name: &str) -> Option<&Group<'a>> {
        self.0.iter().find(|group| group.name == name)
    }
}

impl Group<'_> {
    fn api_version(&self, version: &Version<'_>) -> String {
        if self.name.is_empty() {
            version.name.clone()
        } else {
            format!("{}/{}", self.name, version.name)
        }
    }

    fn describe(&self) -> Value {
        let describe = |version: &Version<'_>| json!({ "groupVersion": self.api_version(version), "version": version.name });
        let versions: Vec<Value> = self.versions.iter().map(describe).collect();
        json!({ "name": self.name, "versions": versions, "preferredVersion": versions[0] })
    }
}

fn preferred_first(versions: BTreeMap<String, Vec<&dyn Kind>>) -> Vec<Version<'_>> {
    let mut versions: Vec<_> = versions.into_iter().map(version).collect();
    versions.sort_by(|left, right| compare_versions(&right.name, &left.name));
    versions
}

fn version((name, mut kinds): (String, Vec<&dyn Kind>)) -> Version<'_> {
    kinds.sort_by(|a, b| a.names().plural.cmp(&b.names().plural));
    Version { name, kinds }
}

fn rank(group: &str) -> usize {
    if group.is_empty() {
        return 0;
    }
    1 + PREFERRED.iter().position(|known| *known == group).unwrap_or(PREFERRED.len())
}
