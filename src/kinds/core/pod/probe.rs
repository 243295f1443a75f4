//! Probes and lifecycle hooks: what is done to a container to learn about it or to tell it something.

use machinery::FieldPath;
use serde_json::Value;

use super::spec::one_of;
use crate::port;
use crate::read::{items, text};

const PROBE_HANDLERS: &[&str] = &["exec", "httpGet", "tcpSocket", "grpc"];
const HOOK_HANDLERS: &[&str] = &["exec", "httpGet", "tcpSocket", "sleep"];

/// Checks the probes and hooks of the container at `path`.
pub(super) fn validate_of_container(container: &Value, path: &FieldPath<'_>) {
    for name in ["livenessProbe", "readinessProbe", "startupProbe"] {
        if !container[name].is_null() {
            validate_probe(&container[name], name, &path.at(name));
        }
    }
    for name in ["postStart", "preStop"] {
        let hook = &container["lifecycle"][name];
        if !hook.is_null() {
            validate_handler(hook, HOOK_HANDLERS, &path.at("lifecycle").at(name));
        }
    }
}

fn validate_probe(probe: &Value, name: &str, path: &FieldPath<'_>) {
    validate_handler(probe, PROBE_HANDLERS, path);
    let counts = [
        "initialDelaySeconds",
        "timeoutSeconds",
        "periodSeconds",
        "successThreshold",
        "failureThreshold",
    ];
    for field in counts {
        if let Some(count) = probe[field].as_i64().filter(|count| *count < 0) {
            path.invalid(field, count, "must be greater than or equal to 0");
        }
    }
    let successes = probe["successThreshold"].as_i64().unwrap_or(1);
    if name != "readinessProbe" && successes != 1 {
        path.invalid("successThreshold", successes, "must be 1");
    }
    let Some(grace) = probe["terminationGracePeriodSeconds"].as_i64() else { return };
    if name == "readinessProbe" {
        path.invalid("terminationGracePeriodSeconds", grace, "must not be set for readinessProbes");
    } else if grace <= 0 {
        path.invalid("terminationGracePeriodSeconds", grace, "must be greater than 0");
    }
}

fn validate_handler(handler: &Value, known: &[&str], path: &FieldPath<'_>) {
    let given: Vec<&str> = known.iter().copied().filter(|name| !handler[*name].is_null()).collect();
    if given.is_empty() {
        path.required("", "must specify a handler type");
    }
    for name in given.iter().skip(1) {
        path.forbidden(name, "may not specify more than 1 handler type");
    }
    let Some(name) = given.first() else { return };
    let (action, path) = (&handler[*name], path.at(name));
    match *name {
        "exec" if items(action, "command").next().is_none() => path.required("command", ""),
        "httpGet" => validate_http_get(action, &path),
        "tcpSocket" => port::validate_number_or_name(&action["port"], "port", &path),
        "grpc" => port::validate_number(action["port"].as_i64().unwrap_or(0), "port", &path),
        "sleep" if action["seconds"].as_i64().unwrap_or(0) < 0 => {
            path.invalid(
                "seconds",
                action["seconds"].clone(),
                "must be greater than or equal to 0",
            );
        }
        _ => {}
    }
}

fn validate_http_get(action: &Value, path: &FieldPath<'_>) {
    if text(action, "path").is_empty() {
        path.required("path", "");
    }
    port::validate_number_or_name(&action["port"], "port", path);
    one_of(action, "scheme", &["HTTP", "HTTPS"], path);
    for (index, header) in items(action, "httpHeaders").enumerate() {
        let name = text(header, "name");
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        if name.is_empty() || !name.bytes().all(fits) {
            path.at("httpHeaders").index(index).invalid(
                "name",
                name,
                "a valid HTTP header must consist of alphanumeric characters or '-' (e.g. 'X-Header-Name', regex \
                 used for validation is '[-A-Za-z0-9]+')",
            );
        }
    }
}

#[cfg(test)]
mod tests;
