//! A service that is asked before an object is written.

use std::collections::BTreeSet;

use machinery::{FieldErrors, FieldPath, names};
use serde_json::{Value, json};

use super::{condition, rule};
use crate::choice::one_of;
use crate::column::Column;
use crate::fill::{default, items_mut, present};
use crate::read::{is_unset, items, text};
use crate::{domain, port, selector};

/// How long the answer may take, unless the hook says otherwise.
const TIMEOUT_SECONDS: i64 = 10;

/// Everybody who writes waits for the answer.
const MAX_TIMEOUT_SECONDS: i64 = 30;

/// Where a service listens, unless the hook says otherwise.
const PORT: i64 = 443;

/// The versions of the question that are known.
const REVIEW_VERSIONS: &[&str] = &["v1", "v1beta1"];

pub(super) static COLUMNS: &[Column] = &[
    Column::NAME,
    Column::number("Webhooks", "How many services are asked.", |configuration, _| {
        items(configuration, "webhooks").count().into()
    }),
    Column::AGE,
];

/// Fills what the hooks of a configuration leave out.
pub(super) fn fill_all(configuration: &mut Value) {
    for hook in items_mut(configuration, "webhooks").filter(|hook| hook.is_object()) {
        default(hook, "failurePolicy", "Fail");
        default(hook, "matchPolicy", "Equivalent");
        default(hook, "namespaceSelector", json!({}));
        default(hook, "objectSelector", json!({}));
        default(hook, "timeoutSeconds", TIMEOUT_SECONDS);
        rule::fill_all(hook, "rules");
        let service = present(hook, "clientConfig").and_then(|client| present(client, "service"));
        if let Some(service) = service {
            default(service, "port", PORT);
        }
    }
}

/// Checks the hooks of a configuration.
pub(super) fn validate_all(configuration: &Value, errors: &FieldErrors) {
    let mut seen = BTreeSet::new();
    for (index, hook) in items(configuration, "webhooks").enumerate() {
        let path = errors.at("webhooks").index(index);
        let name = text(hook, "name");
        if !name.is_empty() && !seen.insert(name) {
            path.duplicate("name", name);
        }
        validate(hook, &path);
    }
}

fn validate(hook: &Value, path: &FieldPath<'_>) {
    domain::validate_fully_qualified(text(hook, "name"), "name", path);
    for (index, one) in items(hook, "rules").enumerate() {
        rule::validate(one, &path.at("rules").index(index));
    }
    one_of(hook, "failurePolicy", &["Fail", "Ignore"], path);
    one_of(hook, "matchPolicy", &["Equivalent", "Exact"], path);
    validate_side_effects(text(hook, "sideEffects"), path);
    let seconds = hook["timeoutSeconds"].as_i64().unwrap_or(TIMEOUT_SECONDS);
    if !(1..=MAX_TIMEOUT_SECONDS).contains(&seconds) {
        let detail = "the timeout value must be between 1 and 30 seconds";
        path.invalid("timeoutSeconds", seconds, detail);
    }
    selector::validate(&hook["namespaceSelector"], &path.at("namespaceSelector"));
    selector::validate(&hook["objectSelector"], &path.at("objectSelector"));
    validate_client(&hook["clientConfig"], &path.at("clientConfig"));
    validate_versions(hook, path);
    condition::validate_all(hook, path);
}

fn validate_side_effects(effects: &str, path: &FieldPath<'_>) {
    match effects {
        "" => path.required("sideEffects", "must specify one of None, NoneOnDryRun"),
        "None" | "NoneOnDryRun" => {}
        _ => path.not_supported("sideEffects", effects, &["None", "NoneOnDryRun"]),
    }
}

fn validate_versions(hook: &Value, path: &FieldPath<'_>) {
    let versions: Vec<&str> =
        items(hook, "admissionReviewVersions").filter_map(Value::as_str).collect();
    let known = REVIEW_VERSIONS.join(", ");
    if versions.is_empty() {
        let detail = format!("must specify one of {known}");
        path.required("admissionReviewVersions", &detail);
        return;
    }
    let mut seen = BTreeSet::new();
    for (index, version) in versions.iter().enumerate() {
        let path = path.at("admissionReviewVersions").index(index);
        if !seen.insert(*version) {
            path.invalid("", *version, "duplicate version");
        }
        path.check("", version, names::dns1035_label(version));
    }
    if !versions.iter().any(|version| REVIEW_VERSIONS.contains(version)) {
        let detail = format!("must include at least one of {known}");
        path.invalid("admissionReviewVersions", hook["admissionReviewVersions"].clone(), &detail);
    }
}

/// Checks where a service is: one of a URL and a service of the cluster.
pub(crate) fn validate_client(client: &Value, path: &FieldPath<'_>) {
    let (url, service) = (&client["url"], &client["service"]);
    match (url.as_str(), service.is_null()) {
        (Some(_), false) | (None, true) => {
            path.required("", "exactly one of url or service is required");
        }
        (Some(url), true) => validate_url(url, path),
        (None, false) => validate_service(service, &path.at("service")),
    }
}

fn validate_url(url: &str, path: &FieldPath<'_>) {
    let Some((scheme, rest)) = url.split_once("://") else {
        path.invalid("url", url, "url must be a valid URL with a scheme and a host");
        return;
    };
    if scheme != "https" {
        let detail = format!(
            "'{scheme}' is not a valid scheme, must be 'https'; desired format: https://host[/path]"
        );
        path.invalid("url", scheme, &detail);
    }
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if host.is_empty() {
        path.invalid("url", host, "host must be specified; desired format: https://host[/path]");
    }
    if host.contains('@') {
        path.invalid("url", host, "user information is not permitted in the URL");
    }
    for (mark, what) in [('?', "query parameters"), ('#', "fragments")] {
        if rest.contains(mark) {
            path.invalid("url", url, &format!("{what} are not permitted in the URL"));
        }
    }
}

fn validate_service(service: &Value, path: &FieldPath<'_>) {
    for (field, what) in
        [("name", "service name is required"), ("namespace", "service namespace is required")]
    {
        if text(service, field).is_empty() {
            path.required(field, what);
        }
    }
    let own = &service["path"];
    if !is_unset(own) && !text(service, "path").starts_with('/') {
        path.invalid("path", own.clone(), "must start with a '/'");
    }
    if let Some(number) = service["port"].as_i64() {
        port::validate_number(number, "port", path);
    }
}
