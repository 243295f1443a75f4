//! Discovery with what other API servers have, in the places that the priorities give it.

use std::cmp::Reverse;
use std::sync::Arc;

use serde_json::{Value, json};

use super::{Route, priorities};

/// The other API servers of one moment.
#[derive(Debug)]
pub(crate) struct Merge(Arc<Vec<Arc<Route>>>);

impl Merge {
    pub(super) fn new(routes: Arc<Vec<Arc<Route>>>) -> Self {
        Self(routes)
    }

    /// Adds them to the `APIGroupDiscoveryList` of `/apis`.
    pub(crate) fn aggregated(&self, document: &mut Value) {
        let entry = |route: &Route| {
            let known = route.known();
            let mut entry = known.discovery.unwrap_or_else(|| json!({ "version": route.version }));
            let fresh = if route.is_available() { "Current" } else { "Stale" };
            entry["freshness"] = fresh.into();
            entry
        };
        let name =
            |group: &Value| group["metadata"]["name"].as_str().unwrap_or_default().to_owned();
        let new = |group: &str| json!({ "metadata": { "name": group }, "versions": [] });
        self.put(&mut document["items"], name, new, entry);
    }

    /// Adds them to the `APIGroupList` of `/apis`.
    pub(crate) fn list(&self, document: &mut Value) {
        self.plain(&mut document["groups"]);
    }

    /// The `APIGroup` of `/apis/<group>`, if another server has a version of it; `own` is what this one has.
    pub(crate) fn group(&self, group: &str, own: Option<Value>) -> Option<Value> {
        if !self.0.iter().any(|route| route.group == group) {
            return own;
        }
        let mut groups: Value = own.into_iter().collect::<Vec<_>>().into();
        self.plain(&mut groups);
        let groups = groups.as_array().into_iter().flatten();
        let mut found = groups.into_iter().find(|found| found["name"] == group)?.clone();
        found["kind"] = "APIGroup".into();
        found["apiVersion"] = "v1".into();
        Some(found)
    }

    /// Adds their documents to the index of `OpenAPI` v3.
    pub(crate) fn openapi(&self, document: &mut Value) {
        for route in self.0.iter() {
            let path = route.path();
            if let Some(url) = route.known().openapi {
                document["paths"][path.trim_start_matches('/')] =
                    json!({ "serverRelativeURL": url });
            }
        }
    }

    fn plain(&self, groups: &mut Value) {
        let entry = |route: &Route| {
            let api_version = format!("{}/{}", route.group, route.version);
            json!({ "groupVersion": api_version, "version": route.version })
        };
        let name = |group: &Value| group["name"].as_str().unwrap_or_default().to_owned();
        let new = |group: &str| json!({ "name": group, "versions": [] });
        self.put(groups, name, new, entry);
        for group in groups.as_array_mut().into_iter().flatten() {
            group["preferredVersion"] = group["versions"][0].clone();
        }
    }

    /// Puts each version into its group and everything into order.
    fn put(
        &self,
        groups: &mut Value,
        name: impl Fn(&Value) -> String,
        new: impl Fn(&str) -> Value,
        entry: impl Fn(&Route) -> Value,
    ) {
        if self.0.is_empty() {
            return;
        }
        let Some(groups) = groups.as_array_mut() else { return };
        for route in self.0.iter() {
            let found = groups.iter().position(|group| name(group) == route.group);
            let at = found.unwrap_or_else(|| {
                groups.push(new(&route.group));
                groups.len() - 1
            });
            let Some(versions) = groups[at]["versions"].as_array_mut() else { continue };
            versions.retain(|version| version["version"] != route.version.as_str());
            versions.push(entry(route));
            versions.sort_by_key(|version| Reverse(self.version_priority(&route.group, version)));
        }
        groups.sort_by_key(|group| Reverse(self.group_priority(&name(group))));
    }

    fn group_priority(&self, group: &str) -> i64 {
        let routes = self.0.iter().filter(|route| route.group == group);
        let highest = routes.map(|route| route.group_priority).max();
        highest.unwrap_or_else(|| priorities::of_group(group))
    }

    fn version_priority(&self, group: &str, entry: &Value) -> i64 {
        let version = entry["version"].as_str().unwrap_or_default();
        let mut routes = self.0.iter();
        let route = routes.find(|route| route.group == group && route.version == version);
        route.map_or_else(|| priorities::of(group, version).1, |route| route.version_priority)
    }
}

#[cfg(test)]
mod tests;
