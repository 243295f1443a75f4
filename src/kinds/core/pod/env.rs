//! The environment of a container: its variables and where they come from.

use machinery::{FieldPath, names};
use serde_json::Value;

use crate::metadata::NameRule;
use crate::read::{items, text};

/// The fields of a pod a variable may show.
const FIELDS: &[&str] = &[
    "metadata.name",
    "metadata.namespace",
    "metadata.uid",
    "spec.nodeName",
    "spec.serviceAccountName",
    "status.hostIP",
    "status.hostIPs",
    "status.podIP",
    "status.podIPs",
];

/// The resources of a container a variable may show.
const RESOURCES: &[&str] = &[
    "limits.cpu",
    "limits.memory",
    "limits.ephemeral-storage",
    "requests.cpu",
    "requests.memory",
    "requests.ephemeral-storage",
];

const SOURCES: &[&str] =
    &["fieldRef", "resourceFieldRef", "configMapKeyRef", "secretKeyRef", "fileKeyRef"];

/// Checks the variables of the container at `path`.
pub(super) fn validate(container: &Value, path: &FieldPath<'_>) {
    for (index, variable) in items(container, "env").enumerate() {
        let path = path.at("env").index(index);
        match text(variable, "name") {
            "" => path.required("name", ""),
            name => path.check("name", name, names::environment_variable(name)),
        }
        if !variable["valueFrom"].is_null() {
            validate_source(variable, &path.at("valueFrom"));
        }
    }
    for (index, source) in items(container, "envFrom").enumerate() {
        validate_all_of(source, &path.at("envFrom").index(index));
    }
}

fn validate_source(variable: &Value, path: &FieldPath<'_>) {
    let source = &variable["valueFrom"];
    match SOURCES.iter().filter(|name| !source[**name].is_null()).count() {
        0 => path.invalid(
            "",
            "",
            "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`",
        ),
        _ if !text(variable, "value").is_empty() => {
            path.invalid("", "", "may not be specified when `value` is not empty");
        }
        1 => {}
        _ => path.invalid("", "", "may not have more than one field specified at a time"),
    }
    if !source["fieldRef"].is_null() {
        validate_field(&source["fieldRef"], FIELDS, &path.at("fieldRef"));
    }
    if !source["resourceFieldRef"].is_null() {
        validate_resource(&source["resourceFieldRef"], &path.at("resourceFieldRef"));
    }
    for name in ["configMapKeyRef", "secretKeyRef"] {
        let (reference, path) = (&source[name], path.at(name));
        if reference.is_null() {
            continue;
        }
        required_name(reference, "name", &path);
        match text(reference, "key") {
            "" => path.required("key", ""),
            key => path.check("key", key, names::config_key(key)),
        }
    }
}

/// Checks a reference to a field of the pod; keys of labels and annotations are fields too.
pub(super) fn validate_field(reference: &Value, known: &[&str], path: &FieldPath<'_>) {
    if text(reference, "apiVersion").is_empty() {
        path.required("apiVersion", "");
    }
    let field = text(reference, "fieldPath");
    let key = ["metadata.labels['", "metadata.annotations['"]
        .iter()
        .find_map(|prefix| field.strip_prefix(prefix)?.strip_suffix("']"));
    match (field, key) {
        ("", _) => path.required("fieldPath", ""),
        (_, Some(key)) => path.check("fieldPath", key, names::qualified_name(&key.to_lowercase())),
        _ if known.contains(&field) => {}
        _ if is_pod_field(field) => path.not_supported("fieldPath", field, known),
        _ => {
            let detail = format!("error converting fieldPath: field label not supported: {field}");
            path.invalid("fieldPath", field, &detail);
        }
    }
}

fn is_pod_field(field: &str) -> bool {
    FIELDS.contains(&field)
        || matches!(
            field,
            "metadata.labels"
                | "metadata.annotations"
                | "spec.restartPolicy"
                | "spec.schedulerName"
                | "status.phase"
        )
}

/// Checks a reference to a resource of a container.
pub(super) fn validate_resource(reference: &Value, path: &FieldPath<'_>) {
    match text(reference, "resource") {
        "" => path.required("resource", ""),
        name if RESOURCES.contains(&name) || name.contains(".hugepages-") => {}
        name => path.not_supported("resource", name, RESOURCES),
    }
}

fn validate_all_of(source: &Value, path: &FieldPath<'_>) {
    let prefix = text(source, "prefix");
    if !prefix.is_empty() {
        path.check("prefix", prefix, names::environment_variable(prefix));
    }
    let given = ["configMapRef", "secretRef"].into_iter().filter(|name| !source[*name].is_null());
    let given: Vec<&str> = given.collect();
    match given.as_slice() {
        [] => path.invalid("", "", "must specify one of: `configMapRef` or `secretRef`"),
        [_] => {}
        _ => path.invalid("", "", "may not have more than one field specified at a time"),
    }
    for name in given {
        required_name(&source[name], "name", &path.at(name));
    }
}

/// Checks the name of another object.
pub(super) fn required_name(reference: &Value, field: &str, path: &FieldPath<'_>) {
    match text(reference, field) {
        "" => path.required(field, ""),
        name => path.check(field, name, NameRule::Subdomain.check(name)),
    }
}

#[cfg(test)]
mod tests;
