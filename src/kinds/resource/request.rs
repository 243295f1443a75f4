//! Which devices a claim asks for.

use std::collections::BTreeSet;

use machinery::{FieldPath, names};
use serde_json::Value;

use super::config;
use crate::amount;
use crate::fill::{default, items_mut, present};
use crate::read::{items, text};

/// Each request is one more dimension of the search for devices.
const MAX_REQUESTS: usize = 32;

/// Alternatives of one request; each doubles the search.
const MAX_ALTERNATIVES: usize = 8;

/// Each selector is evaluated for every device.
const MAX_SELECTORS: usize = 32;

/// Fills the requests of a claim's spec.
pub(super) fn fill(spec: &mut Value) {
    let Some(devices) = present(spec, "devices") else { return };
    for request in items_mut(devices, "requests") {
        if let Some(exactly) = present(request, "exactly") {
            fill_one(exactly);
        }
        items_mut(request, "firstAvailable").for_each(fill_one);
    }
}

fn fill_one(request: &mut Value) {
    if !request.is_object() {
        return;
    }
    default(request, "allocationMode", "ExactCount");
    if text(request, "allocationMode") == "ExactCount" {
        crate::fill::default_number(request, "count", 1);
    }
    for toleration in items_mut(request, "tolerations").filter(|one| one.is_object()) {
        default(toleration, "operator", "Equal");
    }
}

/// Checks a claim's spec at `path`.
pub(super) fn validate(spec: &Value, path: &FieldPath<'_>) {
    let (devices, path) = (&spec["devices"], path.at("devices"));
    let count = items(devices, "requests").count();
    if count > MAX_REQUESTS {
        path.too_many("requests", count, MAX_REQUESTS);
    }
    let mut seen = BTreeSet::new();
    for (index, request) in items(devices, "requests").enumerate() {
        let path = path.at("requests").index(index);
        validate_name(request, &mut seen, &path);
        validate_request(request, &path);
    }
    for (index, constraint) in items(devices, "constraints").enumerate() {
        validate_constraint(constraint, &seen, &path.at("constraints").index(index));
    }
    config::validate_all(devices, &path);
    for (index, one) in items(devices, "config").enumerate() {
        validate_references(one, &seen, &path.at("config").index(index));
    }
}

fn validate_name<'a>(request: &'a Value, seen: &mut BTreeSet<&'a str>, path: &FieldPath<'_>) {
    match text(request, "name") {
        "" => path.required("name", ""),
        name if !seen.insert(name) => path.duplicate("name", name),
        name => path.check("name", name, names::dns1123_label(name)),
    }
}

fn validate_request(request: &Value, path: &FieldPath<'_>) {
    let alternatives = items(request, "firstAvailable").count();
    match (&request["exactly"], alternatives) {
        (Value::Null, 0) => {
            path.required("", "exactly one of `exactly` or `firstAvailable` is required");
        }
        (Value::Null, count) => {
            if count > MAX_ALTERNATIVES {
                path.too_many("firstAvailable", count, MAX_ALTERNATIVES);
            }
            let mut seen = BTreeSet::new();
            for (index, one) in items(request, "firstAvailable").enumerate() {
                let path = path.at("firstAvailable").index(index);
                validate_name(one, &mut seen, &path);
                validate_device(one, &path);
            }
        }
        (exactly, 0) => validate_device(exactly, &path.at("exactly")),
        _ => path.invalid(
            "",
            request.clone(),
            "exactly one of `exactly` or `firstAvailable` is required, but multiple fields are set",
        ),
    }
}

fn validate_device(request: &Value, path: &FieldPath<'_>) {
    match text(request, "deviceClassName") {
        "" => path.required("deviceClassName", ""),
        name => path.check("deviceClassName", name, names::dns1123_subdomain(name)),
    }
    validate_selectors(request, path);
    let count = request["count"].as_i64().unwrap_or(0);
    match text(request, "allocationMode") {
        "ExactCount" if count <= 0 => path.invalid("count", count, "must be greater than zero"),
        "All" if count != 0 => {
            path.invalid("count", count, "must not be specified when allocationMode is 'All'");
        }
        "All" | "ExactCount" => {}
        other => path.not_supported("allocationMode", other, &["All", "ExactCount"]),
    }
    for (name, wanted) in request["capacity"]["requests"].as_object().into_iter().flatten() {
        amount::validate(wanted, &path.at("capacity").at("requests").key(name));
    }
}

/// Checks the selectors at `parent.selectors`.
pub(super) fn validate_selectors(parent: &Value, path: &FieldPath<'_>) {
    let count = items(parent, "selectors").count();
    if count > MAX_SELECTORS {
        path.too_many("selectors", count, MAX_SELECTORS);
    }
    for (index, selector) in items(parent, "selectors").enumerate() {
        let path = path.at("selectors").index(index);
        match &selector["cel"] {
            Value::Null => path.required("cel", ""),
            cel if text(cel, "expression").is_empty() => path.at("cel").required("expression", ""),
            _ => {}
        }
    }
}

fn validate_constraint(constraint: &Value, known: &BTreeSet<&str>, path: &FieldPath<'_>) {
    validate_references(constraint, known, path);
    if constraint["matchAttribute"].is_null() && constraint["distinctAttribute"].is_null() {
        path.required("matchAttribute", "");
    }
}

/// What is named must be requested; `request/alternative` names one of several.
fn validate_references(parent: &Value, known: &BTreeSet<&str>, path: &FieldPath<'_>) {
    for (index, name) in items(parent, "requests").filter_map(Value::as_str).enumerate() {
        let request = name.split('/').next().unwrap_or_default();
        if !known.contains(request) {
            let path = path.at("requests").index(index);
            let detail = "must be the name of a request in the claim or the name of a request and a subrequest \
                separated by '/'";
            path.invalid("", name, detail);
        }
    }
}
