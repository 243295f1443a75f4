//! Which requests an ingress takes: a host, and paths below it.

use std::net::IpAddr;

use machinery::{FieldPath, names};
use serde_json::Value;

use super::backend;
use crate::domain;
use crate::read::{items, text};

/// What no path that is compared as it stands may hold: a client would normalise it away.
const FORBIDDEN_PARTS: &[&str] = &["//", "/./", "/../", "%2f", "%2F"];
const FORBIDDEN_ENDS: &[&str] = &["/..", "/."];

/// Checks a rule at `path`.
pub(super) fn validate(rule: &Value, path: &FieldPath<'_>) {
    let host = text(rule, "host");
    if !host.is_empty() {
        validate_host_of_rule(host, path);
    }
    let http = &rule["http"];
    if http.is_null() {
        return;
    }
    let path = path.at("http").at("paths");
    if items(http, "paths").next().is_none() {
        path.required("", "");
    }
    for (index, one) in items(http, "paths").enumerate() {
        validate_path(one, &path.index(index));
        backend::validate(&one["backend"], &path.index(index).at("backend"));
    }
}

fn validate_host_of_rule(host: &str, path: &FieldPath<'_>) {
    if host.parse::<IpAddr>().is_ok() {
        path.invalid("host", host, "must be a DNS name, not an IP address");
        return;
    }
    validate_host(host, &path.at("host"));
}

/// Checks a host name, which may begin with `*.`.
pub(super) fn validate_host(host: &str, path: &FieldPath<'_>) {
    let problem =
        if host.contains('*') { domain::wildcard(host) } else { names::dns1123_subdomain(host) };
    path.check("", host, problem);
}

fn validate_path(one: &Value, path: &FieldPath<'_>) {
    let own = text(one, "path");
    match one["pathType"].as_str() {
        None => path.required("pathType", "pathType must be specified"),
        Some("Exact" | "Prefix") => {
            if !own.starts_with('/') {
                path.invalid("path", own, "must be an absolute path");
            }
            for part in FORBIDDEN_PARTS.iter().filter(|part| own.contains(**part)) {
                path.invalid("path", own, &format!("must not contain '{part}'"));
            }
            for end in FORBIDDEN_ENDS.iter().filter(|end| own.ends_with(**end)) {
                path.invalid("path", own, &format!("cannot end with '{end}'"));
            }
        }
        Some("ImplementationSpecific") => {
            if !own.is_empty() && !own.starts_with('/') {
                path.invalid("path", own, "must be an absolute path");
            }
        }
        Some(other) => {
            path.not_supported("pathType", other, &["Exact", "ImplementationSpecific", "Prefix"]);
        }
    }
}
