//! Annotations that have become fields.

use serde_json::Value;

use crate::read::text;

/// What was tried out in annotations and came to nothing there.
const DEAD: &[(&str, &str)] = &[
    (
        "scheduler.alpha.kubernetes.io/critical-pod",
        r#"non-functional in v1.16+; use the "priorityClassName" field instead"#,
    ),
    (
        "security.alpha.kubernetes.io/sysctls",
        r#"non-functional in v1.11+; use the "sysctls" field instead"#,
    ),
    (
        "security.alpha.kubernetes.io/unsafe-sysctls",
        r#"non-functional in v1.11+; use the "sysctls" field instead"#,
    ),
];

const SECCOMP_OF_POD: &str = "seccomp.security.alpha.kubernetes.io/pod";
const SECCOMP: &str = "container.seccomp.security.alpha.kubernetes.io/";
const APP_ARMOR: &str = "container.apparmor.security.beta.kubernetes.io/";
const SECCOMP_FIELD: &str = r#"non-functional in v1.27+; use the "seccompProfile" field instead"#;
const APP_ARMOR_FIELD: &str = r#"deprecated since v1.30; use the "appArmorProfile" field instead"#;

pub(super) fn of_all(metadata: &Value, base: &str, told: &mut Vec<String>) {
    for (key, message) in DEAD {
        of_one(metadata, key, message, base, told);
    }
}

/// Of the pod's own profile, unless the field is set.
pub(super) fn of_seccomp(pod: &Value, base: &str, told: &mut Vec<String>) {
    if pod["spec"]["securityContext"]["seccompProfile"].is_null() {
        of_one(&pod["metadata"], SECCOMP_OF_POD, SECCOMP_FIELD, base, told);
    }
}

/// Of the profiles of a container, unless the fields are set.
pub(super) fn of_container(pod: &Value, container: &Value, base: &str, told: &mut Vec<String>) {
    let (metadata, name) = (&pod["metadata"], text(container, "name"));
    let context = &container["securityContext"];
    if context["seccompProfile"].is_null() {
        of_one(metadata, &format!("{SECCOMP}{name}"), SECCOMP_FIELD, base, told);
    }
    let of_pod = &pod["spec"]["securityContext"]["appArmorProfile"];
    if context["appArmorProfile"].is_null() && of_pod.is_null() {
        of_one(metadata, &format!("{APP_ARMOR}{name}"), APP_ARMOR_FIELD, base, told);
    }
}

fn of_one(metadata: &Value, key: &str, message: &str, base: &str, told: &mut Vec<String>) {
    if metadata["annotations"].get(key).is_some() {
        told.push(format!("{base}metadata.annotations[{key}]: {message}"));
    }
}
