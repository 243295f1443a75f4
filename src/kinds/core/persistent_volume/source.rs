//! What a volume is made of: exactly one of many things.

use machinery::FieldPath;
use serde_json::{Map, Value};

use crate::core::pod::volume::HOST_PATH_TYPES;
use crate::fill::remove;
use crate::read::text;
use crate::required;

const SOURCES: &[&str] = &[
    "awsElasticBlockStore",
    "azureDisk",
    "azureFile",
    "cephfs",
    "cinder",
    "csi",
    "fc",
    "flexVolume",
    "flocker",
    "gcePersistentDisk",
    "glusterfs",
    "hostPath",
    "iscsi",
    "local",
    "nfs",
    "photonPersistentDisk",
    "portworxVolume",
    "quobyte",
    "rbd",
    "scaleIO",
    "storageos",
    "vsphereVolume",
];

/// Whether the source of a new spec is another than it was. Who is to expand a volume of a driver may be said later.
pub(super) fn has_changed(new: &Value, old: &Value) -> bool {
    let (mut new, old) = (of(new), of(old));
    let secret = "controllerExpandSecretRef";
    if old.get("csi").is_some_and(|csi| csi[secret].is_null())
        && let Some(csi) = new.get_mut("csi")
    {
        remove(csi, secret);
    }
    new != old
}

/// Everything a spec says about its source.
fn of(spec: &Value) -> Map<String, Value> {
    let fields = spec.as_object().into_iter().flatten();
    let sources = fields.filter(|(name, _)| SOURCES.contains(&name.as_str()));
    sources.map(|(name, source)| (name.clone(), source.clone())).collect()
}

/// Checks the source in the spec at `path`.
pub(super) fn validate(spec: &Value, path: &FieldPath<'_>) {
    let given = of(spec);
    let mut names = given.keys();
    let Some(name) = names.next() else {
        path.required("", "must specify a volume type");
        return;
    };
    for name in names {
        path.at(name).forbidden("", "may not specify more than 1 volume type");
    }
    let (source, at) = (&given[name], path.at(name));
    match name.as_str() {
        "hostPath" => validate_host_path(spec, source, path),
        "csi" => required::fields(source, &["driver", "volumeHandle"], &at),
        "nfs" => required::fields(source, &["server", "path"], &at),
        "local" => {
            required::fields(source, &["path"], &at);
            if spec["nodeAffinity"].is_null() {
                path.errors()
                    .at("metadata")
                    .required("annotations", "Local volume requires node affinity");
            }
        }
        _ => {}
    }
}

fn validate_host_path(spec: &Value, source: &Value, path: &FieldPath<'_>) {
    let (file, at) = (text(source, "path"), path.at("hostPath"));
    required::fields(source, &["path"], &at);
    if file.split('/').any(|part| part == "..") {
        at.invalid("path", file, "must not contain '..'");
    }
    let kind = text(source, "type");
    if !HOST_PATH_TYPES.contains(&kind) {
        at.not_supported("type", kind, HOST_PATH_TYPES);
    }
    if file == "/" && text(spec, "persistentVolumeReclaimPolicy") == "Recycle" {
        let detail = "may not be 'recycle' for a hostPath mount of '/'";
        path.forbidden("persistentVolumeReclaimPolicy", detail);
    }
}
