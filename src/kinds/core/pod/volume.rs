//! The volumes of a pod, and where its containers mount them.

use std::collections::{BTreeMap, BTreeSet};

use machinery::{FieldPath, names};
use serde_json::Value;

use super::env::{required_name, validate_field, validate_resource};
use super::spec::{one_of, optional_one_of};
use crate::read::{items, text};

/// The fields of a pod a file may show.
const FILE_FIELDS: &[&str] = &[
    "metadata.annotations",
    "metadata.labels",
    "metadata.name",
    "metadata.namespace",
    "metadata.uid",
];

/// What a path of the node may be; empty when nobody looks.
pub(crate) const HOST_PATH_TYPES: &[&str] = &[
    "",
    "BlockDevice",
    "CharDevice",
    "Directory",
    "DirectoryOrCreate",
    "File",
    "FileOrCreate",
    "Socket",
];

const PROJECTIONS: &[&str] = &[
    "secret",
    "configMap",
    "downwardAPI",
    "serviceAccountToken",
    "clusterTrustBundle",
    "podCertificate",
];

/// The volumes a container may mount, by their names.
pub(super) type VolumeNames<'a> = BTreeMap<&'a str, &'a Value>;

/// Checks the volumes of a spec, and tells their names.
pub(super) fn validate_all<'a>(spec: &'a Value, path: &FieldPath<'_>) -> VolumeNames<'a> {
    let mut seen = VolumeNames::new();
    for (index, volume) in items(spec, "volumes").enumerate() {
        let path = path.index(index);
        validate_source(volume, &path);
        match text(volume, "name") {
            "" => path.required("name", ""),
            name => {
                let problem = names::dns1123_label(name);
                if problem.is_none() && seen.insert(name, volume).is_some() {
                    path.duplicate("name", name);
                }
                path.check("name", name, problem);
            }
        }
    }
    seen
}

fn validate_source(volume: &Value, path: &FieldPath<'_>) {
    let given = volume.as_object().into_iter().flatten();
    let mut given = given.filter(|(name, value)| *name != "name" && !value.is_null());
    let Some((name, source)) = given.next() else {
        path.required("", "must specify a volume type");
        return;
    };
    for (name, _) in given {
        path.forbidden(name, "may not specify more than 1 volume type");
    }
    let path = path.at(name);
    match name.as_str() {
        "configMap" => {
            required_name(source, "name", &path);
            validate_files(source, &path);
        }
        "secret" => {
            required_name(source, "secretName", &path);
            validate_files(source, &path);
        }
        "downwardAPI" => validate_downward(source, &path),
        "projected" => validate_projected(source, &path),
        "hostPath" => validate_host_path(source, &path),
        "persistentVolumeClaim" => required_name(source, "claimName", &path),
        "ephemeral" if source["volumeClaimTemplate"].is_null() => {
            path.required("volumeClaimTemplate", "");
        }
        "emptyDir" => validate_empty_dir(source, &path),
        "image" => {
            optional_one_of(source, "pullPolicy", &["Always", "IfNotPresent", "Never"], &path);
        }
        "nfs" => required_fields(source, &["server", "path"], &path),
        "csi" => required_fields(source, &["driver"], &path),
        _ => {}
    }
}

fn required_fields(source: &Value, fields: &[&str], path: &FieldPath<'_>) {
    for field in fields.iter().filter(|field| text(source, field).is_empty()) {
        path.required(field, "");
    }
}

fn validate_files(source: &Value, path: &FieldPath<'_>) {
    validate_mode(source, "defaultMode", path);
    for (index, item) in items(source, "items").enumerate() {
        let path = path.at("items").index(index);
        required_fields(item, &["key"], &path);
        validate_file_path(item, &path);
        validate_mode(item, "mode", &path);
    }
}

fn validate_mode(parent: &Value, field: &str, path: &FieldPath<'_>) {
    if let Some(mode) = parent[field].as_i64().filter(|mode| !(0..=0o777).contains(mode)) {
        path.invalid(field, mode, "must be a number between 0 and 0777 (octal), both inclusive");
    }
}

fn validate_file_path(item: &Value, path: &FieldPath<'_>) {
    let file = text(item, "path");
    if file.is_empty() {
        path.required("path", "");
    } else {
        validate_relative(file, "path", path);
        if file.starts_with("..") {
            path.invalid("path", file, "must not start with '..'");
        }
    }
}

fn validate_relative(file: &str, field: &str, path: &FieldPath<'_>) {
    if file.starts_with('/') {
        path.invalid(field, file, "must be a relative path");
    }
    if file.split('/').any(|part| part == "..") {
        path.invalid(field, file, "must not contain '..'");
    }
}

fn validate_downward(source: &Value, path: &FieldPath<'_>) {
    validate_mode(source, "defaultMode", path);
    for (index, item) in items(source, "items").enumerate() {
        let path = path.at("items").index(index);
        validate_file_path(item, &path);
        match (&item["fieldRef"], &item["resourceFieldRef"]) {
            (Value::Null, Value::Null) => {
                path.required("fieldRef", "one of fieldRef and resourceFieldRef is required");
            }
            (field, Value::Null) => validate_field(field, FILE_FIELDS, &path.at("fieldRef")),
            (Value::Null, resource) => {
                required_fields(resource, &["containerName"], &path);
                validate_resource(resource, &path.at("resourceFieldRef"));
            }
            _ => path.invalid(
                "",
                text(item, "path"),
                "fieldRef and resourceFieldRef can not be specified simultaneously",
            ),
        }
        validate_mode(item, "mode", &path);
    }
}

fn validate_projected(source: &Value, path: &FieldPath<'_>) {
    validate_mode(source, "defaultMode", path);
    for (index, projection) in items(source, "sources").enumerate() {
        let path = path.at("sources").index(index);
        let given = PROJECTIONS.iter().copied().filter(|name| !projection[*name].is_null());
        let given: Vec<&str> = given.collect();
        for name in given.iter().skip(1) {
            path.forbidden(name, "may not specify more than 1 volume type per source");
        }
        let Some(name) = given.first() else {
            path.required("", "must specify a volume type");
            continue;
        };
        let (source, path) = (&projection[*name], path.at(name));
        match *name {
            "secret" | "configMap" => {
                required_name(source, "name", &path);
                validate_files(source, &path);
            }
            "downwardAPI" => validate_downward(source, &path),
            "serviceAccountToken" => validate_token(source, &path),
            _ => {}
        }
    }
}

fn validate_token(source: &Value, path: &FieldPath<'_>) {
    /// A shorter life would have the kubelet do little but renew.
    const MIN_SECONDS: i64 = 600;
    /// The field is a duration of 32 bits.
    const MAX_SECONDS: i64 = 1 << 32;
    let seconds = source["expirationSeconds"].as_i64().unwrap_or(MIN_SECONDS);
    if seconds < MIN_SECONDS {
        path.invalid(
            "expirationSeconds",
            seconds,
            "may not specify a duration less than 10 minutes",
        );
    }
    if seconds > MAX_SECONDS {
        path.invalid(
            "expirationSeconds",
            seconds,
            "may not specify a duration larger than 2^32 seconds",
        );
    }
    match text(source, "path") {
        "" => path.required("path", ""),
        file => validate_relative(file, "path", path),
    }
}

fn validate_host_path(source: &Value, path: &FieldPath<'_>) {
    let file = text(source, "path");
    if file.is_empty() {
        path.required("path", "");
    }
    if file.split('/').any(|part| part == "..") {
        path.invalid("path", file, "must not contain '..'");
    }
    let kind = text(source, "type");
    if !HOST_PATH_TYPES.contains(&kind) {
        path.not_supported("type", kind, HOST_PATH_TYPES);
    }
}

fn validate_empty_dir(source: &Value, path: &FieldPath<'_>) {
    let limit = &source["sizeLimit"];
    if !limit.is_null() {
        crate::amount::validate(limit, &path.at("sizeLimit"));
    }
    let medium = text(source, "medium");
    if !matches!(medium, "" | "Memory") && !medium.starts_with("HugePages") {
        path.not_supported("medium", medium, &["", "Memory", "HugePages"]);
    }
}

/// Checks the mounts of a container.
pub(super) fn validate_mounts(container: &Value, volumes: &VolumeNames<'_>, path: &FieldPath<'_>) {
    let mut points = BTreeSet::new();
    for (index, mount) in items(container, "volumeMounts").enumerate() {
        let path = path.index(index);
        match text(mount, "name") {
            "" => path.required("name", ""),
            name if !volumes.contains_key(name) => path.not_found("name", name),
            _ => {}
        }
        match text(mount, "mountPath") {
            "" => path.required("mountPath", ""),
            point if !points.insert(point) => path.invalid("mountPath", point, "must be unique"),
            _ => {}
        }
        for field in ["subPath", "subPathExpr"] {
            validate_relative(text(mount, field), field, &path);
        }
        if !text(mount, "subPath").is_empty() && !text(mount, "subPathExpr").is_empty() {
            let value = text(mount, "subPathExpr");
            path.invalid("subPathExpr", value, "subPathExpr and subPath are mutually exclusive");
        }
        if !mount["mountPropagation"].is_null() {
            let known = ["Bidirectional", "HostToContainer", "None"];
            one_of(mount, "mountPropagation", &known, &path);
        }
    }
}

/// Checks the volumes that a container sees as devices.
pub(super) fn validate_devices(container: &Value, volumes: &VolumeNames<'_>, path: &FieldPath<'_>) {
    let mounted = |field: &str, value: &str| {
        items(container, "volumeMounts").any(|mount| text(mount, field) == value)
    };
    let (mut names, mut files) = (BTreeSet::new(), BTreeSet::new());
    for (index, device) in items(container, "volumeDevices").enumerate() {
        let path = path.index(index);
        let name = text(device, "name");
        let is_claim = |volume: &&Value| {
            ["persistentVolumeClaim", "ephemeral"].iter().any(|source| !volume[*source].is_null())
        };
        match volumes.get(name) {
            _ if name.is_empty() => path.required("name", ""),
            None => path.not_found("name", name),
            Some(volume) if !is_claim(volume) => path.invalid(
                "name",
                name,
                "can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode",
            ),
            Some(_) if !names.insert(name) => path.invalid("name", name, "must be unique"),
            Some(_) if mounted("name", name) => {
                path.invalid("name", name, "must not already exist in volumeMounts");
            }
            Some(_) => {}
        }
        match text(device, "devicePath") {
            "" => path.required("devicePath", ""),
            file if !files.insert(file) => path.invalid("devicePath", file, "must be unique"),
            file if file.split('/').any(|step| step == "..") => {
                path.invalid("devicePath", file, "must not contain '..'");
            }
            file if mounted("mountPath", file) => {
                path.invalid(
                    "devicePath",
                    file,
                    "must not already exist as a path in volumeMounts",
                );
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests;
