//! Which system calls are left.

use serde_json::Value;

use super::Violation;
use crate::admission::pod_security::policy::Version;
use crate::admission::pod_security::subject::{Subject, containers, quoted_set, setters};
use crate::admission::read::text;

const REASON: &str = "seccompProfile";

pub(super) fn baseline(subject: &Subject<'_>, _: Version) -> Option<Violation> {
    forbidden(subject).map(|detail| (REASON.to_owned(), detail))
}

pub(super) fn restricted(subject: &Subject<'_>, version: Version) -> Option<Violation> {
    if subject.is_windows() && version.has(25) {
        return None;
    }
    let mut details: Vec<String> = forbidden(subject).into_iter().collect();
    let silent =
        subject.containers_that(|container| kind(&container["securityContext"]).is_empty());
    if kind(subject.pod_context()).is_empty() && !silent.is_empty() {
        details.push(format!(
            "pod or {} must set securityContext.seccompProfile.type to \"RuntimeDefault\" or \
             \"Localhost\"",
            containers(&silent)
        ));
    }
    (!details.is_empty()).then(|| (REASON.to_owned(), details.join("; ")))
}

/// Profiles that are named and filter nothing.
fn forbidden(subject: &Subject<'_>) -> Option<String> {
    let bad = |context: &Value| !matches!(kind(context), "" | "RuntimeDefault" | "Localhost");
    let pod = bad(subject.pod_context());
    let names = subject.containers_that(|container| bad(&container["securityContext"]));
    let contexts = subject.containers.iter().map(|container| &container["securityContext"]);
    let contexts = contexts.chain([subject.pod_context()]).filter(|context| bad(context));
    (pod || !names.is_empty()).then(|| {
        format!(
            "{} must not set securityContext.seccompProfile.type to {}",
            setters(pod, &names, "and"),
            quoted_set(contexts.map(kind))
        )
    })
}

fn kind(context: &Value) -> &str {
    text(&context["seccompProfile"], "type")
}
