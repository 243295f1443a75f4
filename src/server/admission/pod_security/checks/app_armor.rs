//! `AppArmor` profiles that protect nothing.

use serde_json::Value;

use super::Violation;
use crate::admission::pod_security::policy::Version;
use crate::admission::pod_security::subject::{Subject, plural, quoted_set, setters};
use crate::admission::read::{entries, text};

/// How containers named their profile before there was a field for it.
const ANNOTATION: &str = "container.apparmor.security.beta.kubernetes.io/";

pub(super) fn check(subject: &Subject<'_>, _: Version) -> Option<Violation> {
    let forbidden = |context: &Value| {
        let kind = text(&context["appArmorProfile"], "type");
        !matches!(kind, "" | "RuntimeDefault" | "Localhost")
    };
    let pod = forbidden(subject.pod_context());
    let names = subject.containers_that(|container| forbidden(&container["securityContext"]));
    let contexts = subject.containers.iter().map(|container| &container["securityContext"]);
    let contexts = contexts.chain([subject.pod_context()]).filter(|context| forbidden(context));
    let values: Vec<&str> =
        contexts.map(|context| text(&context["appArmorProfile"], "type")).collect();
    let annotations: Vec<String> = entries(subject.annotations)
        .filter(|(key, value)| key.starts_with(ANNOTATION) && !is_allowed(value))
        .map(|(key, value)| format!("{key}={value}"))
        .collect();
    if values.is_empty() && annotations.is_empty() {
        return None;
    }
    let mut details = Vec::new();
    if !values.is_empty() {
        details.push(format!(
            "{} must not set AppArmor profile type to {}",
            setters(pod, &names, "and"),
            quoted_set(values.iter().copied())
        ));
    }
    if !annotations.is_empty() {
        let word = plural("annotation", annotations.len());
        details.push(format!("{word} {}", annotations.join(", ")));
    }
    let reason = plural("forbidden AppArmor profile", values.len() + annotations.len());
    Some((reason, details.join(" and ")))
}

fn is_allowed(profile: &Value) -> bool {
    let profile = profile.as_str().unwrap_or_default();
    matches!(profile, "" | "runtime/default") || profile.starts_with("localhost/")
}
