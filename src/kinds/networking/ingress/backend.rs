//! Where an ingress leads to.

use machinery::{FieldPath, names};
use serde_json::Value;

use crate::read::{is_unset, text};
use crate::{port, required};

/// Checks a backend at `path`: a service or another resource, one of both.
pub(super) fn validate(backend: &Value, path: &FieldPath<'_>) {
    let (service, resource) = (&backend["service"], &backend["resource"]);
    match (service.is_null(), resource.is_null()) {
        (false, false) => path.invalid("", "", "cannot set both resource and service backends"),
        (true, true) => path.invalid("", "", "resource or service backend is required"),
        (true, false) => validate_resource(resource, &path.at("resource")),
        (false, true) => validate_service(service, &path.at("service")),
    }
}

fn validate_resource(resource: &Value, path: &FieldPath<'_>) {
    let group = text(resource, "apiGroup");
    if !group.is_empty() {
        path.check("apiGroup", group, names::dns1123_subdomain(group));
    }
    for (field, detail) in [("kind", "kind is required"), ("name", "name is required")] {
        if text(resource, field).is_empty() {
            path.required(field, detail);
        }
    }
}

fn validate_service(service: &Value, path: &FieldPath<'_>) {
    required::fields(service, &["name"], path);
    let name = text(service, "name");
    if !name.is_empty() {
        path.check("name", name, names::dns1035_label(name));
    }
    let (own, path) = (&service["port"], path.at("port"));
    let number = own["number"].as_i64().unwrap_or(0);
    match (is_unset(&own["name"]), number) {
        (false, 0) => path.check("name", text(own, "name"), names::port_name(text(own, "name"))),
        (false, _) => path.invalid("", "", "cannot set both port name & port number"),
        (true, 0) => path.required("", "port name or number is required"),
        (true, _) => port::validate_number(number, "number", &path),
    }
}
