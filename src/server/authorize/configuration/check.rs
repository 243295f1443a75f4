//! What a file about authorizers may say, in Kubernetes' words.

use std::collections::HashSet;
use std::io::ErrorKind;
use std::path::Path;

use machinery::time::format_duration;
use machinery::{FieldErrors, FieldPath, names};

use super::{Authorizer, Configuration, ConnectionInfo, MatchCondition, Nanos, Webhook};
use crate::authorize::conditions;

pub(super) const WEBHOOK: &str = "Webhook";
/// In the order in which they are told.
const SORTS: [&str; 5] = ["AlwaysAllow", "AlwaysDeny", "Node", "RBAC", WEBHOOK];
/// The conditions of one webhook, as on Kubernetes.
const CONDITIONS_MAX: usize = 64;
const KUBECONFIG: &str = "KubeConfigFile";
const IN_CLUSTER: &str = "InClusterConfig";
/// Half a minute, as on Kubernetes: every request waits for it.
const TIMEOUT_MAX: Nanos = Nanos(30_000_000_000);

/// Everything that is wrong with a configuration.
pub(super) fn check(configuration: &Configuration) -> Result<(), String> {
    let errors = FieldErrors::new();
    let list = errors.at("authorizers");
    if configuration.authorizers.is_empty() {
        list.required("", "at least one authorization mode must be defined");
    }
    let (mut sorts, mut names) = (HashSet::new(), HashSet::new());
    for (index, authorizer) in configuration.authorizers.iter().enumerate() {
        let (at, sort) = (list.index(index), authorizer.sort.as_str());
        if sort.is_empty() {
            at.required("type", "");
        } else if !SORTS.contains(&sort) {
            at.not_supported("type", sort, &SORTS);
        } else if !sorts.insert(sort) && sort != WEBHOOK {
            at.duplicate("type", sort);
        } else {
            check_name(&at, &authorizer.name, &mut names);
            check_kind(&at, authorizer);
        }
    }
    if !errors.is_empty() {
        return Err(errors.to_string());
    }
    let wrong = configuration.authorizers.iter().find_map(wrong_name);
    wrong.map_or(Ok(()), Err)
}

/// What a running server does not take up.
pub(super) fn check_change(new: &Configuration, old: &Configuration) -> Result<(), String> {
    let (new, old) = (new.built_in(), old.built_in());
    let missing: Vec<&str> = old.difference(&new).copied().collect();
    if !missing.is_empty() {
        return Err(format!("missing required types: [{}]", missing.join(" ")));
    }
    let added = new.difference(&old).find(|sort| ["Node", "RBAC"].contains(sort));
    added.map_or(Ok(()), |sort| {
        Err(format!(
            "authorizer type {sort} is not allowed if it was not enabled at initial server startup"
        ))
    })
}

/// Whoever is built in has one name.
fn wrong_name(authorizer: &Authorizer) -> Option<String> {
    let Authorizer { sort, name, .. } = authorizer;
    let expected = sort.to_lowercase();
    (sort != WEBHOOK && *name != expected)
        .then(|| format!("expected name {expected} for authorizer {sort} instead of {name}"))
}

fn check_name<'a>(at: &FieldPath<'_>, name: &'a str, names: &mut HashSet<&'a str>) {
    if name.is_empty() {
        at.required("name", "");
    } else if !names.insert(name) {
        at.duplicate("name", name);
    } else if let Some(fault) = names::dns1123_subdomain(name) {
        at.invalid("name", name, &format!("authorizer name is invalid: {fault}"));
    }
}

fn check_kind(at: &FieldPath<'_>, authorizer: &Authorizer) {
    match &authorizer.webhook {
        Some(webhook) if authorizer.sort == WEBHOOK => check_webhook(&at.at("webhook"), webhook),
        Some(_) => at.invalid("webhook", "non-null", "may only be specified when type=Webhook"),
        None if authorizer.sort == WEBHOOK => at.required("webhook", "required when type=Webhook"),
        None => {}
    }
}

fn check_webhook(at: &FieldPath<'_>, webhook: &Webhook) {
    match webhook.timeout {
        Nanos(0) => at.required("timeout", ""),
        timeout if timeout > TIMEOUT_MAX || timeout < Nanos(0) => {
            at.invalid("timeout", format_duration(timeout.0), "must be > 0s and <= 30s");
        }
        _ => {}
    }
    for (field, ttl) in
        [("authorizedTTL", webhook.authorized_ttl), ("unauthorizedTTL", webhook.unauthorized_ttl)]
    {
        if ttl < Nanos(0) {
            at.invalid(field, format_duration(ttl.0), "must be > 0s");
        }
    }
    check_choice(
        at,
        "subjectAccessReviewVersion",
        &webhook.subject_access_review_version,
        &["v1", "v1beta1"],
    );
    let field = "matchConditionSubjectAccessReviewVersion";
    match webhook.match_condition_subject_access_review_version.as_str() {
        "" if webhook.match_conditions.is_empty() => {}
        "" => at.required(field, "required if match conditions are specified"),
        version => check_choice(at, field, version, &["v1"]),
    }
    check_choice(at, "failurePolicy", &webhook.failure_policy, &["NoOpinion", "Deny"]);
    check_connection(&at.at("connectionInfo"), &webhook.connection_info);
    check_conditions(&at.at("matchConditions"), &webhook.match_conditions);
}

fn check_choice(at: &FieldPath<'_>, field: &str, value: &str, choices: &[&str]) {
    if value.is_empty() {
        at.required(field, "");
    } else if !choices.contains(&value) {
        at.not_supported(field, value, choices);
    }
}

fn check_connection(at: &FieldPath<'_>, connection: &ConnectionInfo) {
    let file = connection.kube_config_file.as_deref();
    match (connection.sort.as_str(), file) {
        ("", _) => at.required("type", ""),
        (IN_CLUSTER, Some(file)) => {
            at.invalid("kubeConfigFile", file, "can only be set when type=KubeConfigFile");
        }
        // The cluster that it would ask is this server's own.
        (IN_CLUSTER, None) => {
            at.forbidden("type", "InClusterConfig is not allowed for kube-apiserver");
        }
        (KUBECONFIG, None | Some("")) => at.required("kubeConfigFile", ""),
        (KUBECONFIG, Some(file)) => {
            if let Some(wrong) = wrong_file(Path::new(file)) {
                at.invalid("kubeConfigFile", file, &wrong);
            }
        }
        (other, _) => at.not_supported("type", other, &[IN_CLUSTER, KUBECONFIG]),
    }
}

fn wrong_file(file: &Path) -> Option<String> {
    if !file.is_absolute() {
        return Some("must be an absolute path".to_owned());
    }
    match std::fs::metadata(file) {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let file = file.display();
            Some(format!("error loading file: stat {file}: no such file or directory"))
        }
        Err(error) => Some(format!("error loading file: {error}")),
        Ok(metadata) if !metadata.is_file() => Some("must be a regular file".to_owned()),
        Ok(_) => None,
    }
}

fn check_conditions(at: &FieldPath<'_>, all: &[MatchCondition]) {
    if all.len() > CONDITIONS_MAX {
        return at.too_many("", all.len(), CONDITIONS_MAX);
    }
    let mut seen = HashSet::new();
    for (index, condition) in all.iter().enumerate() {
        let (at, source) = (at.index(index), condition.expression.as_str());
        if source.trim().is_empty() {
            at.required("expression", "");
        } else if !seen.insert(source) {
            at.duplicate("expression", source);
        } else if let Err(why) = conditions::compile(source) {
            at.invalid("expression", source, &why);
        }
    }
}
