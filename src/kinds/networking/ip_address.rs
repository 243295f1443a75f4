//! `IPAddress`: one address, and whose it is.

use std::net::IpAddr;

use machinery::{FieldErrors, FieldPath, names};
use serde_json::Value;

use crate::column::{Column, NONE};
use crate::kind::{Kind, Scope};
use crate::metadata::NameRule;
use crate::names::{BuiltIn, Names};
use crate::read::text;
use crate::required;

/// One address, and whose it is.
#[derive(Debug)]
pub(crate) struct IPAddress;

static NAMES: Names = BuiltIn {
    group: "networking.k8s.io",
    version: "v1",
    kind: "IPAddress",
    plural: "ipaddresses",
    singular: "ipaddress",
    short: &["ip"],
    categories: &[],
}
.names();

static COLUMNS: &[Column] = &[
    Column::NAME,
    Column::text("ParentRef", "The object it belongs to.", |address, _| {
        parent(&address["spec"]["parentRef"]).into()
    }),
    Column::AGE,
];

impl Kind for IPAddress {
    fn names(&self) -> &Names {
        &NAMES
    }

    fn scope(&self) -> Scope {
        Scope::Cluster
    }

    fn schema_name(&self) -> &'static str {
        "io.k8s.api.networking.v1.IPAddress"
    }

    fn name_rule(&self) -> NameRule {
        NameRule::PathSegment
    }

    fn columns(&self) -> &[Column] {
        COLUMNS
    }

    fn validate(&self, address: &Value, errors: &FieldErrors) {
        let name = text(&address["metadata"], "name");
        let path = errors.at("metadata");
        match name.parse::<IpAddr>() {
            Err(_) => {
                let detail = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)";
                path.invalid("name", name, detail);
            }
            Ok(own) if own.to_string() != name => {
                path.invalid("name", name, &format!("must be in canonical form (\"{own}\")"));
            }
            Ok(_) => {}
        }
        let (parent, path) = (&address["spec"]["parentRef"], errors.at("spec"));
        if parent.is_null() {
            path.required("parentRef", "");
        } else {
            validate_parent(parent, &path.at("parentRef"));
        }
    }

    fn validate_update(&self, new: &Value, old: &Value, errors: &FieldErrors) {
        let (new, old) = (&new["spec"], &old["spec"]);
        errors.at("spec").immutable("parentRef", new.get("parentRef"), old.get("parentRef"));
    }
}

fn parent(reference: &Value) -> String {
    if reference.is_null() {
        return NONE.to_owned();
    }
    let mut shown = text(reference, "resource").to_lowercase();
    let group = text(reference, "group");
    if !group.is_empty() {
        shown = format!("{shown}.{}", group.to_lowercase());
    }
    match text(reference, "namespace") {
        "" => format!("{shown}/{}", text(reference, "name")),
        namespace => format!("{shown}/{namespace}/{}", text(reference, "name")),
    }
}

fn validate_parent(reference: &Value, path: &FieldPath<'_>) {
    let group = text(reference, "group");
    if !group.is_empty() {
        path.check("group", group, names::dns1123_subdomain(group));
    }
    required::fields(reference, &["resource", "name"], path);
    for field in ["resource", "namespace", "name"] {
        let value = text(reference, field);
        if !value.is_empty() {
            path.check(field, value, names::path_segment(value));
        }
    }
}

#[cfg(test)]
mod tests;
