//! `SELinux` labels that leave the container's domain.

use serde_json::Value;

use super::Violation;
use crate::admission::pod_security::policy::Version;
use crate::admission::pod_security::subject::{Subject, plural, quoted_set, setters};
use crate::admission::read::text;

const TYPES: &[&str] = &["", "container_t", "container_init_t", "container_kvm_t"];
/// Allowed since this minor version.
const ENGINE: (&str, u32) = ("container_engine_t", 31);

pub(super) fn check(subject: &Subject<'_>, version: Version) -> Option<Violation> {
    let bad_type = |options: &Value| {
        let kind = text(options, "type");
        !(TYPES.contains(&kind) || kind == ENGINE.0 && version.has(ENGINE.1))
    };
    let set = |options: &Value, field: &str| !text(options, field).is_empty();
    let bad = |options: &Value| bad_type(options) || set(options, "user") || set(options, "role");
    let options = |context: &'_ Value| context["seLinuxOptions"].clone();
    let pod_options = options(subject.pod_context());
    let names = subject.containers_that(|container| bad(&options(&container["securityContext"])));
    let pod = bad(&pod_options);
    if !pod && names.is_empty() {
        return None;
    }
    let contexts =
        subject.containers.iter().map(|container| options(&container["securityContext"]));
    let all: Vec<Value> = contexts.chain([pod_options]).collect();
    let types: Vec<&str> = all
        .iter()
        .filter(|options| bad_type(options))
        .map(|options| text(options, "type"))
        .collect();
    let mut details = Vec::new();
    if !types.is_empty() {
        details.push(format!("{} {}", plural("type", types.len()), quoted_set(types)));
    }
    for field in ["user", "role"] {
        if all.iter().any(|options| set(options, field)) {
            details.push(format!("{field} may not be set"));
        }
    }
    let setters = setters(pod, &names, "and");
    let detail =
        format!("{setters} set forbidden securityContext.seLinuxOptions: {}", details.join("; "));
    Some(("seLinuxOptions".to_owned(), detail))
}
