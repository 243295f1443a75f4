//! As whom containers run.

use serde_json::Value;

use super::Violation;
use crate::admission::pod_security::policy::Version;
use crate::admission::pod_security::subject::{Subject, containers, setters};

pub(super) fn run_as_non_root(subject: &Subject<'_>, _: Version) -> Option<Violation> {
    let said = |context: &Value| context["runAsNonRoot"].as_bool();
    let of = |container: &Value| said(&container["securityContext"]);
    let pod = said(subject.pod_context());
    let root = subject.containers_that(|container| of(container) == Some(false));
    // A pod that says false is no trouble where every container says true.
    let silent = subject.containers_that(|container| of(container).is_none());
    let pod_is_wrong = pod == Some(false) && !silent.is_empty();
    let mut details = Vec::new();
    if !root.is_empty() || pod_is_wrong {
        details.push(format!(
            "{} must not set securityContext.runAsNonRoot=false",
            setters(pod_is_wrong, &root, "and")
        ));
    } else if pod.is_none() && !silent.is_empty() {
        details.push(format!(
            "pod or {} must set securityContext.runAsNonRoot=true",
            containers(&silent)
        ));
    }
    (!details.is_empty()).then(|| ("runAsNonRoot != true".to_owned(), details.join("; ")))
}

pub(super) fn run_as_user(subject: &Subject<'_>, _: Version) -> Option<Violation> {
    let root = |context: &Value| context["runAsUser"].as_i64() == Some(0);
    let pod = root(subject.pod_context());
    let names = subject.containers_that(|container| root(&container["securityContext"]));
    (pod || !names.is_empty()).then(|| {
        let detail = format!("{} must not set runAsUser=0", setters(pod, &names, "and"));
        ("runAsUser=0".to_owned(), detail)
    })
}
