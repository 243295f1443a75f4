//! Holds pods to the Pod Security Standard their namespace asks for.
//!
//! Labels of the namespace name up to three levels: `enforce` refuses pods, `warn` tells the writer of a pod
//! or of a workload that would make such pods, `audit` tells the log.

mod checks;
mod policy;
mod settings;
mod subject;

use std::collections::BTreeMap;

use machinery::{ApiError, FieldErrors};
use serde_json::Value;
use tracing::info;

use super::read::{items, text};
use super::{Attributes, Tools};
use crate::audit;
use crate::request::Verb;
use policy::{Level, Mode, Policy};
pub(crate) use settings::PodSecurity;
use subject::Subject;

/// Pods looked at when a namespace becomes stricter, as on Kubernetes: it is a hint, and the request waits.
const EXISTING_PODS_MAX: usize = 3_000;

/// What the audit log says of pods, as on Kubernetes.
const ENFORCED: &str = "pod-security.kubernetes.io/enforce-policy";
/// Why nothing was asked of them.
const EXEMPT: &str = "pod-security.kubernetes.io/exempt";
const VIOLATIONS: &str = "pod-security.kubernetes.io/audit-violations";

/// Where the pod spec is in each kind that makes pods.
const WORKLOADS: &[(&str, &str, &str)] = &[
    ("", "replicationcontrollers", "/spec/template"),
    ("", "podtemplates", "/template"),
    ("apps", "replicasets", "/spec/template"),
    ("apps", "deployments", "/spec/template"),
    ("apps", "statefulsets", "/spec/template"),
    ("apps", "daemonsets", "/spec/template"),
    ("batch", "jobs", "/spec/template"),
    ("batch", "cronjobs", "/spec/jobTemplate/spec/template"),
];

/// Refuses what the namespace forbids; returns what the writer is to be told.
pub(super) fn check(
    settings: &PodSecurity,
    tools: &Tools<'_>,
    attributes: &Attributes<'_>,
) -> Result<Vec<String>, ApiError> {
    if !matches!(attributes.verb, Verb::Create | Verb::Update) || !is_of_interest(attributes) {
        return Ok(Vec::new());
    }
    if attributes.is("", "namespaces") {
        return check_namespace(settings, tools, attributes);
    }
    let pod = attributes.is("", "pods");
    let template = if pod {
        Some(&*attributes.object)
    } else {
        let found = WORKLOADS.iter().find(|(group, plural, _)| attributes.is(group, plural));
        found.and_then(|(_, _, place)| attributes.object.pointer(place))
    };
    let Some(template) = template.filter(|_| !pod || matters(attributes)) else {
        return Ok(Vec::new());
    };
    if let Some(why) = settings.exempts(attributes) {
        audit::note(|| EXEMPT.to_owned(), || why.to_owned());
        return Ok(Vec::new());
    }
    let namespace = tools.get("", "namespaces", None, attributes.namespace.unwrap_or_default());
    let Some(namespace) = namespace else { return Ok(Vec::new()) };
    let policy = Policy::read(&namespace.labels, &settings.defaults);
    if pod {
        audit::note(|| ENFORCED.to_owned(), || policy.enforce.to_string());
    }
    if policy.asks_for_nothing() {
        return Ok(Vec::new());
    }
    let class = text(&template["spec"], "runtimeClassName");
    if settings.exemptions.runtime_classes.iter().any(|own| own == class) {
        audit::note(|| EXEMPT.to_owned(), || "runtimeClass".to_owned());
        return Ok(Vec::new());
    }
    let subject = Subject::read(template);
    if pod && let Some(broken) = broken(&subject, &policy.enforce) {
        return Err(
            attributes.forbidden(&format!("violates PodSecurity \"{}\": {broken}", policy.enforce))
        );
    }
    if let Some(violation) = violation(&subject, &policy.audit) {
        info!(
            user = attributes.identity.user.name,
            resource = %attributes.served.resource(),
            namespace = attributes.namespace,
            name = attributes.name,
            violation,
            "write breaks the audited pod security level"
        );
        audit::note(|| VIOLATIONS.to_owned(), || violation);
    }
    Ok(violation(&subject, &policy.warn).into_iter().collect())
}

/// What would be broken of a level that is not enforced.
fn violation(subject: &Subject<'_>, mode: &Mode) -> Option<String> {
    let broken = broken(subject, mode)?;
    Some(format!("would violate PodSecurity \"{mode}\": {broken}"))
}

/// Whether the write is of an object, or through one of the paths below a pod that change its containers.
fn is_of_interest(attributes: &Attributes<'_>) -> bool {
    attributes.subresource.is_none_or(|path| {
        attributes.is("", "pods") && ["ephemeralcontainers", "resize"].contains(&path)
    })
}

/// Whether a change of a pod can change the verdict on it.
fn matters(attributes: &Attributes<'_>) -> bool {
    let Some(old) = attributes.old else { return true };
    let lists = ["containers", "initContainers", "ephemeralContainers"];
    let differs = |list: &&str| images(old, list).ne(images(attributes.object, list));
    lists.iter().any(differs)
        || old["metadata"]["annotations"] != attributes.object["metadata"]["annotations"]
}

/// What of the containers of a pod can change besides their resources, which no level is about.
fn images<'a>(pod: &'a Value, list: &str) -> impl Iterator<Item = &'a str> {
    items(&pod["spec"], list).map(|container| text(container, "image"))
}

/// What of a level a pod breaks, in words.
fn broken(subject: &Subject<'_>, mode: &Mode) -> Option<String> {
    let broken = checks::violations(subject, mode);
    let told = broken.iter().map(|(reason, detail)| match detail.as_str() {
        "" => reason.clone(),
        detail => format!("{reason} ({detail})"),
    });
    (!broken.is_empty()).then(|| told.collect::<Vec<_>>().join(", "))
}

/// Refuses labels that mean nothing, and says which pods a stricter level would not have let in.
fn check_namespace(
    settings: &PodSecurity,
    tools: &Tools<'_>,
    attributes: &Attributes<'_>,
) -> Result<Vec<String>, ApiError> {
    let labels = machinery::document::labels(attributes.object);
    let errors = FieldErrors::new();
    policy::validate(&labels, &errors.at("metadata").at("labels"));
    if !errors.is_empty() {
        // Labels that were wrong before may stay, so that the namespace can be changed otherwise.
        let before = attributes.old.map(machinery::document::labels);
        if before.is_none_or(|before| !policy::same(&before, &labels)) {
            return Err(ApiError::invalid("", "Namespace", attributes.name, errors));
        }
    }
    let Some(old) = attributes.old else { return Ok(Vec::new()) };
    if settings.exemptions.namespaces.iter().any(|own| own == attributes.name) {
        return Ok(Vec::new());
    }
    let defaults = &settings.defaults;
    let new = Policy::read(&labels, defaults).enforce;
    let before = Policy::read(&machinery::document::labels(old), defaults).enforce;
    if new == before || new.level == Level::Privileged || !new.is_stricter_than(&before) {
        return Ok(Vec::new());
    }
    Ok(existing(tools, attributes.name, &new))
}

fn existing(tools: &Tools<'_>, namespace: &str, mode: &Mode) -> Vec<String> {
    let mut by_problem: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for pod in tools.list("", "pods", Some(namespace)).into_iter().take(EXISTING_PODS_MAX) {
        let pod = pod.object();
        let broken = checks::violations(&Subject::read(&pod), mode);
        if !broken.is_empty() {
            let reasons: Vec<String> = broken.into_iter().map(|(reason, _)| reason).collect();
            let name = text(&pod["metadata"], "name").to_owned();
            by_problem.entry(reasons.join(", ")).or_default().push(name);
        }
    }
    if by_problem.is_empty() {
        return Vec::new();
    }
    let head = format!(
        "existing pods in namespace {namespace:?} violate the new PodSecurity enforce level \"{mode}\""
    );
    let pods = by_problem.into_iter().map(|(problem, pods)| match pods.as_slice() {
        [pod] => format!("{pod}: {problem}"),
        [pod, _] => format!("{pod} (and 1 other pod): {problem}"),
        pods => format!("{} (and {} other pods): {problem}", pods[0], pods.len() - 1),
    });
    std::iter::once(head).chain(pods).collect()
}

impl PodSecurity {
    /// By what a write is exempt whatever its pod is.
    fn exempts(&self, attributes: &Attributes<'_>) -> Option<&'static str> {
        let has = |all: &[String], one: &str| all.iter().any(|own| own == one);
        if has(&self.exemptions.namespaces, attributes.namespace.unwrap_or_default()) {
            return Some("namespace");
        }
        has(&self.exemptions.usernames, &attributes.identity.user.name).then_some("user")
    }
}

impl Policy {
    fn asks_for_nothing(&self) -> bool {
        [&self.enforce, &self.audit, &self.warn].iter().all(|mode| mode.level == Level::Privileged)
    }
}

#[cfg(test)]
mod tests;
