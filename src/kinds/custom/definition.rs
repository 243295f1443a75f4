//! From a definition to the kinds it makes.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::sync::Arc;

use machinery::{GroupVersionKind, Structural, compare_versions};
use serde_json::Value;

use super::CustomKind;
use super::rules::Rules;
use crate::column::Column;
use crate::kind::{FieldLabel, Scope};
use crate::names::{Names, Words};
use crate::read::{items, text};
use crate::scale::ScalePaths;
use crate::subresource::Subresource;

/// A version of a definition.
#[derive(Debug, Clone)]
pub struct CustomVersion {
    /// The kind it makes.
    pub kind: Arc<CustomKind>,
    /// Whether clients may ask for it.
    pub served: bool,
    /// Whether objects are stored in it.
    pub stored: bool,
}

/// Every version of a definition, under the names that were accepted.
pub fn custom_versions(definition: &Value) -> Vec<CustomVersion> {
    let versions = items(&definition["spec"], "versions");
    let version = |version: &Value| CustomVersion {
        kind: Arc::new(kind(definition, version)),
        served: version["served"] == true,
        stored: version["storage"] == true,
    };
    versions.map(version).collect()
}

fn kind(definition: &Value, version: &Value) -> CustomKind {
    let names = names(definition, text(version, "name"));
    let gvk = GroupVersionKind {
        group: names.group.to_string(),
        version: names.version.to_string(),
        kind: names.kind.to_string(),
    };
    let cluster = text(&definition["spec"], "scope") == "Cluster";
    CustomKind {
        prefix: names.storage_prefix(),
        schema_name: schema_name(&gvk),
        scope: if cluster { Scope::Cluster } else { Scope::Namespaced },
        subresources: subresources(&version["subresources"]),
        columns: columns(version),
        selectable: selectable(version),
        deprecation: deprecation(definition, version, &gvk),
        terminating: !definition["metadata"]["deletionTimestamp"].is_null(),
        rules: Rules::read(&version["schema"]["openAPIV3Schema"]),
        schema: Structural::new(gvk, &version["schema"]["openAPIV3Schema"]),
        names,
    }
}

fn names(definition: &Value, version: &str) -> Names {
    let accepted = &definition["status"]["acceptedNames"];
    let owned = |name: &str| Cow::Owned(text(accepted, name).to_owned());
    let words = |name: &str| {
        Words::Owned(items(accepted, name).filter_map(Value::as_str).map(str::to_owned).collect())
    };
    Names {
        group: Cow::Owned(text(&definition["spec"], "group").to_owned()),
        version: Cow::Owned(version.to_owned()),
        kind: owned("kind"),
        list: owned("listKind"),
        plural: owned("plural"),
        singular: owned("singular"),
        short: words("shortNames"),
        categories: words("categories"),
    }
}

/// `com.example.v1.CronTab`
fn schema_name(gvk: &GroupVersionKind) -> String {
    let mut parts: Vec<&str> = gvk.group.split('.').collect();
    parts.reverse();
    format!("{}.{}.{}", parts.join("."), gvk.version, gvk.kind)
}

fn subresources(given: &Value) -> Vec<Subresource> {
    let mut subresources = Vec::new();
    if given["status"].is_object() {
        subresources.push(Subresource::Status);
    }
    let scale = &given["scale"];
    if scale.is_object() {
        let path = |name: &str| Cow::Owned(pointer(text(scale, name)));
        subresources.push(Subresource::Scale(ScalePaths {
            spec_replicas: path("specReplicasPath"),
            status_replicas: path("statusReplicasPath"),
            selector: path("labelSelectorPath"),
        }));
    }
    subresources
}

/// `.spec.replicas` as a JSON pointer; nothing is nowhere.
fn pointer(path: &str) -> String {
    if path.is_empty() {
        // The empty pointer would be the whole object.
        return "/\u{0}".to_owned();
    }
    path.replace('~', "~0").replace('/', "~1").replace('.', "/")
}

fn columns(version: &Value) -> Vec<Column> {
    let mut columns = vec![Column::NAME];
    let given = items(version, "additionalPrinterColumns");
    columns.extend(given.filter_map(Column::printed));
    if columns.len() == 1 {
        columns.push(Column::CREATED);
    }
    columns
}

fn selectable(version: &Value) -> Vec<FieldLabel> {
    let paths = items(version, "selectableFields").map(|field| text(field, "jsonPath"));
    paths.map(|path| FieldLabel::at(path.trim_start_matches('.'), &pointer(path))).collect()
}

fn deprecation(definition: &Value, version: &Value, gvk: &GroupVersionKind) -> Option<String> {
    if version["deprecated"] != true {
        return None;
    }
    let own = text(version, "deprecationWarning");
    if !own.is_empty() {
        return Some(own.to_owned());
    }
    let GroupVersionKind { group, version: old, kind } = gvk;
    let newer = items(&definition["spec"], "versions")
        .filter(|other| other["served"] == true && other["deprecated"] != true)
        .map(|other| text(other, "name"))
        .filter(|other| compare_versions(old, other) == Ordering::Less)
        .max_by(|left, right| compare_versions(left, right));
    let advice = newer.map(|newer| format!("; use {group}/{newer} {kind}")).unwrap_or_default();
    Some(format!("{} {kind} is deprecated{advice}", gvk.api_version()))
}
