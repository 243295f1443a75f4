//! The versions of a new kind: which are served, which is stored, and what each looks like.

use std::collections::BTreeSet;

use machinery::{FieldPath, names};
use serde_json::Value;

use crate::choice::one_of;
use crate::fill::{object, set};
use crate::read::{items, text};
use crate::required;

const COLUMN_TYPES: &[&str] = &["boolean", "date", "integer", "number", "string"];

/// Field selectors are resolved for every event of a watch.
const MAX_SELECTABLE: usize = 8;

/// Adds the version that is stored to those that ever were.
pub(super) fn note_stored(definition: &mut Value) {
    let versions = items(&definition["spec"], "versions");
    let stored: Vec<String> = versions
        .filter(|version| version["storage"] == true)
        .map(|version| text(version, "name").to_owned())
        .collect();
    let Some(status) = object(definition, "status") else { return };
    let mut known: Vec<Value> = items(status, "storedVersions").cloned().collect();
    for name in stored {
        if known.iter().all(|version| *version != name) {
            known.push(name.into());
        }
    }
    set(status, "storedVersions", known);
}

/// Objects may still be stored in every version that ever was the stored one.
pub(super) fn validate_stored(definition: &Value, path: &FieldPath<'_>) {
    let present = |name: &str| {
        items(&definition["spec"], "versions").any(|version| text(version, "name") == name)
    };
    let stored = items(&definition["status"], "storedVersions").filter_map(Value::as_str);
    for (index, name) in stored.enumerate().filter(|(_, name)| !present(name)) {
        let detail = format!(
            "missing from spec.versions; {name} was previously a storage version, and must remain in spec.versions \
             until a storage migration ensures no data remains persisted in {name} and removes {name} from \
             status.storedVersions"
        );
        path.index(index).invalid("", name, &detail);
    }
}

/// Checks the versions of a spec at `path`.
pub(super) fn validate_all(spec: &Value, path: &FieldPath<'_>) {
    let value = || spec.get("versions").cloned().unwrap_or_default();
    let mut seen = BTreeSet::new();
    let mut unique = true;
    for (index, version) in items(spec, "versions").enumerate() {
        validate(version, &path.at("versions").index(index));
        unique &= seen.insert(text(version, "name"));
    }
    if !unique {
        path.invalid("versions", value(), "must contain unique version names");
    }
    let stored = items(spec, "versions").filter(|version| version["storage"] == true).count();
    if stored != 1 {
        let detail = "must have exactly one version marked as storage version";
        path.invalid("versions", value(), detail);
    }
}

fn validate(version: &Value, path: &FieldPath<'_>) {
    let name = text(version, "name");
    path.check("name", name, names::dns1035_label(name));
    if version["deprecated"] != true && !version["deprecationWarning"].is_null() {
        let detail = "can only be set for deprecated versions";
        path.invalid("deprecationWarning", version["deprecationWarning"].clone(), detail);
    }
    validate_schema(
        &version["schema"]["openAPIV3Schema"],
        &path.at("schema").at("openAPIV3Schema"),
    );
    for (index, column) in items(version, "additionalPrinterColumns").enumerate() {
        let path = path.at("additionalPrinterColumns").index(index);
        required::fields(column, &["name", "jsonPath"], &path);
        one_of(column, "type", COLUMN_TYPES, &path);
    }
    let count = items(version, "selectableFields").count();
    if count > MAX_SELECTABLE {
        path.too_many("selectableFields", count, MAX_SELECTABLE);
    }
    for (index, field) in items(version, "selectableFields").enumerate() {
        required::fields(field, &["jsonPath"], &path.at("selectableFields").index(index));
    }
    let scale = &version["subresources"]["scale"];
    if !scale.is_null() {
        validate_scale(scale, &path.at("subresources").at("scale"));
    }
}

fn validate_schema(schema: &Value, path: &FieldPath<'_>) {
    if schema.is_null() {
        path.required("", "schemas are required");
        return;
    }
    match text(schema, "type") {
        "object" => {}
        "" => path.required("type", "must not be empty at the root"),
        other => path.invalid("type", other, "must be object at the root"),
    }
}

fn validate_scale(scale: &Value, path: &FieldPath<'_>) {
    let paths = [
        ("specReplicasPath", ".spec.", true),
        ("statusReplicasPath", ".status.", true),
        ("labelSelectorPath", "", false),
    ];
    for (field, prefix, needed) in paths {
        let own = text(scale, field);
        if own.is_empty() {
            if needed {
                path.required(field, "");
            }
        } else if prefix.is_empty() {
            if !own.starts_with(".spec.") && !own.starts_with(".status.") {
                path.invalid(field, own, "should be a json path under either .spec or .status");
            }
        } else if !own.starts_with(prefix) {
            let root = prefix.trim_end_matches('.');
            path.invalid(field, own, &format!("should be a json path under {root}"));
        }
    }
}
