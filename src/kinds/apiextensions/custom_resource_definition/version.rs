//! The versions of a new kind: which are served, which is stored, and what each looks like.

use std::collections::BTreeSet;

use machinery::{FieldPath, names};
use serde_json::Value;

use super::schema::{self, Known};
use crate::choice::one_of;
use crate::column::PrinterPath;
use crate::fill::{object, set};
use crate::read::{items, text};
use crate::required;

const COLUMN_TYPES: &[&str] = &["boolean", "date", "integer", "number", "string"];

/// Every value that a schema describes is kept compiled. The largest definitions known repeat the schema of pods some
/// dozens of times, which makes about 40,000 values.
const VALUES_MAX: usize = 1 << 16;

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
pub(super) fn validate_all(spec: &Value, known: &Known<'_>, path: &FieldPath<'_>) {
    let schemas = items(spec, "versions").map(|version| &version["schema"]["openAPIV3Schema"]);
    if schemas.map(schema::values).sum::<usize>() > VALUES_MAX {
        let detail = format!("the schemas must not describe more than {VALUES_MAX} values");
        path.forbidden("versions", &detail);
        return;
    }
    let value = || spec.get("versions").cloned().unwrap_or_default();
    let mut seen = BTreeSet::new();
    let mut unique = true;
    for (index, version) in items(spec, "versions").enumerate() {
        validate(version, known, &path.at("versions").index(index));
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

fn validate(version: &Value, known: &Known<'_>, path: &FieldPath<'_>) {
    let name = text(version, "name");
    path.check("name", name, names::dns1035_label(name));
    if version["deprecated"] != true && !version["deprecationWarning"].is_null() {
        let detail = "can only be set for deprecated versions";
        path.invalid("deprecationWarning", version["deprecationWarning"].clone(), detail);
    }
    schema::validate(
        &version["schema"]["openAPIV3Schema"],
        known,
        &path.at("schema").at("openAPIV3Schema"),
    );
    for (index, column) in items(version, "additionalPrinterColumns").enumerate() {
        let path = path.at("additionalPrinterColumns").index(index);
        required::fields(column, &["name", "jsonPath"], &path);
        one_of(column, "type", COLUMN_TYPES, &path);
        let json_path = text(column, "jsonPath");
        if let Some(problem) = PrinterPath::parse(json_path).err().filter(|_| !json_path.is_empty())
        {
            path.invalid("jsonPath", json_path, &problem);
        }
    }
    let count = items(version, "selectableFields").count();
    if count > MAX_SELECTABLE {
        path.too_many("selectableFields", count, MAX_SELECTABLE);
    }
    for (index, field) in items(version, "selectableFields").enumerate() {
        let path = path.at("selectableFields").index(index);
        required::fields(field, &["jsonPath"], &path);
        validate_selectable(text(field, "jsonPath"), &version["schema"]["openAPIV3Schema"], &path);
    }
    let scale = &version["subresources"]["scale"];
    if !scale.is_null() {
        validate_scale(scale, &path.at("subresources").at("scale"));
    }
}

/// A selectable field is a scalar that the schema names.
fn validate_selectable(json_path: &str, schema: &Value, path: &FieldPath<'_>) {
    let Some(mut steps) = json_path.strip_prefix('.').map(|path| path.split('.')) else {
        if !json_path.is_empty() {
            path.invalid("jsonPath", json_path, "is an invalid path: must start with a dot");
        }
        return;
    };
    if json_path == ".metadata" || json_path.starts_with(".metadata.") {
        path.invalid("jsonPath", json_path, "must not point to fields in metadata");
        return;
    }
    let field = steps.try_fold(schema, |schema, step| schema.get("properties")?.get(step));
    match field.map(|field| text(field, "type")) {
        Some("string" | "integer" | "boolean") => {}
        Some(_) => {
            let detail = "must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed.";
            path.invalid("jsonPath", json_path, detail);
        }
        None => path.invalid("jsonPath", json_path, "does not refer to a valid field"),
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
