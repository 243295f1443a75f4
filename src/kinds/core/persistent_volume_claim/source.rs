//! What the volume of a claim is to begin with: a copy of another volume, a snapshot, or anything else that can be named.
//!
//! The source has an old field, `dataSource`, besides the new one, `dataSourceRef`.

use machinery::{FieldPath, names};
use serde_json::Value;

use crate::fill::{remove, set};
use crate::read::{is_unset, text};
use crate::required;

/// Makes both fields say the same, for writers who know one of them, unless both were given.
///
/// Of a claim that had no source `before`, the old field only takes what it could name before there was the new one:
/// anything else was ignored then and is ignored now.
pub(super) fn settle(spec: &mut Value, before: &Value) {
    let had_source = !before["dataSource"].is_null() || !before["dataSourceRef"].is_null();
    if !had_source && spec["dataSourceRef"].is_null() && !is_classic(&spec["dataSource"]) {
        remove(spec, "dataSource");
    }
    let (old, new) = (spec["dataSource"].clone(), spec["dataSourceRef"].clone());
    if !old.is_null() && new.is_null() {
        set(spec, "dataSourceRef", old);
    } else if old.is_null() && !new.is_null() && is_unset(&new["namespace"]) {
        let mut old = new;
        remove(&mut old, "namespace");
        set(spec, "dataSource", old);
    }
}

/// Whether the source is another claim or a snapshot.
fn is_classic(source: &Value) -> bool {
    matches!(
        (text(source, "apiGroup"), text(source, "kind")),
        ("", "PersistentVolumeClaim") | ("snapshot.storage.k8s.io", "VolumeSnapshot")
    )
}

/// Checks both fields in the spec at `path`.
pub(super) fn validate(spec: &Value, path: &FieldPath<'_>) {
    for field in ["dataSource", "dataSourceRef"] {
        if !spec[field].is_null() {
            validate_one(&spec[field], &path.at(field));
        }
    }
    let (old, new) = (&spec["dataSource"], &spec["dataSourceRef"]);
    if old.is_null() || new.is_null() {
        return;
    }
    let blamed = path.at("dataSource");
    if !is_unset(&new["namespace"]) {
        let detail = "may not be specified when dataSourceRef.namespace is specified";
        path.invalid("", blamed.path(), detail);
    } else if ["apiGroup", "kind", "name"].iter().any(|field| old[field] != new[field]) {
        path.invalid("", blamed.path(), "must match dataSourceRef");
    }
}

/// Checks the names of the groups that are named in the spec at `path`.
pub(super) fn validate_groups(spec: &Value, path: &FieldPath<'_>) {
    for field in ["dataSource", "dataSourceRef"] {
        let group = text(&spec[field], "apiGroup");
        if !group.is_empty() {
            path.at(field).check("apiGroup", group, names::dns1123_subdomain(group));
        }
    }
}

fn validate_one(source: &Value, path: &FieldPath<'_>) {
    required::fields(source, &["kind", "name"], path);
    let (core, kind) = (is_unset(&source["apiGroup"]), text(source, "kind"));
    if core && kind != "PersistentVolumeClaim" {
        let detail = "must be 'PersistentVolumeClaim' when referencing the default apiGroup";
        path.invalid("", kind, detail);
    }
}
