use serde_json::json;

use crate::core::Pod;
use crate::core::pod::tests::valid;
use crate::fixture::check;

#[test]
fn a_volume_has_a_name_and_one_type() {
    check(
        &Pod,
        &valid(),
        &[
            ("/spec/volumes/1/name", json!(null), "spec.volumes[1].name: Required value"),
            (
                "/spec/volumes/1/name",
                json!("data"),
                "spec.volumes[1].name: Duplicate value: \"data\"",
            ),
            (
                "/spec/volumes/0/emptyDir",
                json!(null),
                "spec.volumes[0]: Required value: must specify a volume type",
            ),
            (
                "/spec/volumes/0/hostPath",
                json!({"path": "/x", "type": ""}),
                "spec.volumes[0].hostPath: Forbidden: may not specify more than 1 volume type",
            ),
            (
                "/spec/volumes/1/configMap/name",
                json!(null),
                "spec.volumes[1].configMap.name: Required value",
            ),
            (
                "/spec/volumes/1/configMap/defaultMode",
                json!(1024),
                "spec.volumes[1].configMap.defaultMode: Invalid value: 1024: must be a number between 0 and 0777 \
                 (octal), both inclusive",
            ),
            (
                "/spec/volumes/1/configMap/items",
                json!([{"key": "a", "path": "../a"}]),
                "spec.volumes[1].configMap.items[0].path: Invalid value: \"../a\": must not contain '..'\n\
                 spec.volumes[1].configMap.items[0].path: Invalid value: \"../a\": must not start with '..'",
            ),
            (
                "/spec/volumes/2/projected/sources/0/serviceAccountToken/expirationSeconds",
                json!(1),
                "spec.volumes[2].projected.sources[0].serviceAccountToken.expirationSeconds: Invalid value: 1: may not \
                 specify a duration less than 10 minutes",
            ),
        ],
    );
}

#[test]
fn a_mount_names_a_volume_and_a_place_of_its_own() {
    check(
        &Pod,
        &valid(),
        &[
            (
                "/spec/containers/0/volumeMounts/0/name",
                json!("other"),
                "spec.containers[0].volumeMounts[0].name: Not found: \"other\"",
            ),
            (
                "/spec/containers/0/volumeMounts/0/mountPath",
                json!(null),
                "spec.containers[0].volumeMounts[0].mountPath: Required value",
            ),
            (
                "/spec/containers/0/volumeMounts/1",
                json!({"name": "settings", "mountPath": "/data"}),
                "spec.containers[0].volumeMounts[1].mountPath: Invalid value: \"/data\": must be unique",
            ),
            (
                "/spec/containers/0/volumeMounts/0/subPath",
                json!("/x"),
                "spec.containers[0].volumeMounts[0].subPath: Invalid value: \"/x\": must be a relative path",
            ),
        ],
    );
}

#[test]
fn a_device_is_a_claim_at_a_path_of_its_own() {
    const DEVICES: &str = "/spec/containers/0/volumeDevices";
    let device = |name: &str, path: &str| json!({"name": name, "devicePath": path});
    let claim = json!({"name": "disk", "persistentVolumeClaim": {"claimName": "disk"}});
    let pod = crate::fixture::with(&valid(), "/spec/volumes/1", claim);
    check(
        &Pod,
        &pod,
        &[
            (DEVICES, json!([device("disk", "/dev/xvda")]), ""),
            (
                DEVICES,
                json!([device("disk", "/data"), device("disk", "/dev/../a"), device("none", "")]),
                "spec.containers[0].volumeDevices[0].devicePath: Invalid value: \"/data\": must not already exist as a path \
                 in volumeMounts\n\
                 spec.containers[0].volumeDevices[1].name: Invalid value: \"disk\": must be unique\n\
                 spec.containers[0].volumeDevices[1].devicePath: Invalid value: \"/dev/../a\": must not contain '..'\n\
                 spec.containers[0].volumeDevices[2].name: Not found: \"none\"\n\
                 spec.containers[0].volumeDevices[2].devicePath: Required value",
            ),
            (
                DEVICES,
                json!([device("data", "/dev/xvda")]),
                "spec.containers[0].volumeDevices[0].name: Invalid value: \"data\": can only use volume source type of \
                 PersistentVolumeClaim or Ephemeral for block mode",
            ),
        ],
    );
}
