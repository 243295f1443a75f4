//! `APIService`: a group and version, and the server that serves it.

use machinery::{FieldErrors, FieldPath, names};
use serde_json::{Value, json};

use crate::column::Column;
use crate::fill::{default, present, set};
use crate::kind::{Kind, Scope};
use crate::metadata::NameRule;
use crate::names::{BuiltIn, Names};
use crate::read::{is_unset, text};
use crate::subresource::Subresource;
use crate::{condition, port, required};

/// A group and version, and the server that serves it.
#[derive(Debug)]
pub(crate) struct APIService;

static NAMES: Names = BuiltIn {
    group: "apiregistration.k8s.io",
    version: "v1",
    kind: "APIService",
    plural: "apiservices",
    singular: "apiservice",
    short: &[],
    categories: &["api-extensions"],
}
.names();

/// Where a server listens, unless the object says otherwise.
const PORT: i64 = 443;

/// Groups of the platform itself come first, at most up to here.
const MAX_GROUP_PRIORITY: i64 = 20_000;

/// The most versions a group could sensibly have.
const MAX_VERSION_PRIORITY: i64 = 1_000;

static COLUMNS: &[Column] = &[
    Column::NAME,
    Column::text("Service", "The service it is reached by.", |service, _| {
        match &service["spec"]["service"] {
            Value::Null => "Local".into(),
            reference => {
                format!("{}/{}", text(reference, "namespace"), text(reference, "name")).into()
            }
        }
    }),
    Column::text("Available", "Whether it can be reached.", |service, _| available(service).into()),
    Column::AGE,
];

impl Kind for APIService {
    fn names(&self) -> &Names {
        &NAMES
    }

    fn scope(&self) -> Scope {
        Scope::Cluster
    }

    fn schema_name(&self) -> &'static str {
        "io.k8s.kube-aggregator.pkg.apis.apiregistration.v1.APIService"
    }

    fn name_rule(&self) -> NameRule {
        NameRule::PathSegment
    }

    fn subresources(&self) -> &[Subresource] {
        &[Subresource::Status]
    }

    fn columns(&self) -> &[Column] {
        COLUMNS
    }

    fn unconditional_update(&self) -> bool {
        false
    }

    fn set_defaults(&self, service: &mut Value) {
        let reference = present(service, "spec").and_then(|spec| present(spec, "service"));
        if let Some(reference) = reference {
            default(reference, "port", PORT);
        }
    }

    fn prepare_create(&self, service: &mut Value) {
        // What names no Service is this server's own, and always there.
        let status = match &service["spec"]["service"] {
            Value::Null => json!({ "conditions": [{
                "type": "Available",
                "status": "True",
                "reason": "Local",
                "message": "Local APIServices are always available",
                "lastTransitionTime": service["metadata"]["creationTimestamp"],
            }]}),
            _ => json!({}),
        };
        set(service, "status", status);
    }

    fn status_goes_alone(&self) -> bool {
        true
    }

    fn validate(&self, service: &Value, errors: &FieldErrors) {
        let (spec, path) = (&service["spec"], errors.at("spec"));
        let (name, group, version) =
            (text(&service["metadata"], "name"), text(spec, "group"), text(spec, "version"));
        let expected = format!("{version}.{group}");
        if name != expected {
            let detail = format!("must be `spec.version+\".\"+spec.group`: {expected:?}");
            errors.at("metadata").invalid("name", name, &detail);
        }
        if !group.is_empty() {
            path.check("group", group, names::dns1123_subdomain(group));
        } else if version != "v1" {
            path.required("group", "only v1 may have an empty group and it better be legacy kube");
        }
        match version {
            "" => path.required("version", ""),
            version => path.check("version", version, names::dns1035_label(version)),
        }
        validate_priority(spec, "groupPriorityMinimum", MAX_GROUP_PRIORITY, &path);
        validate_priority(spec, "versionPriority", MAX_VERSION_PRIORITY, &path);
        let (insecure, bundle) =
            (spec["insecureSkipTLSVerify"] == true, !is_unset(&spec["caBundle"]));
        let remote = !spec["service"].is_null();
        if remote {
            let (reference, path) = (&spec["service"], path.at("service"));
            required::fields(reference, &["namespace", "name"], &path);
            let number = reference["port"].as_i64().unwrap_or(PORT);
            port::validate_number(number, "port", &path);
        }
        if !remote && bundle {
            path.invalid(
                "caBundle",
                text(spec, "caBundle"),
                "local APIServices may not have a caBundle",
            );
        }
        if !remote && insecure {
            let detail = "local APIServices may not have insecureSkipTLSVerify";
            path.invalid("insecureSkipTLSVerify", true, detail);
        }
        if insecure && bundle {
            path.invalid("insecureSkipTLSVerify", true, "may not be true if caBundle is present");
        }
    }
}

fn available(service: &Value) -> String {
    let Some(condition) = condition::find(service, "Available") else {
        return "Unknown".to_owned();
    };
    match (text(condition, "status"), text(condition, "reason")) {
        (status @ "True", _) | (status, "") => status.to_owned(),
        (status, reason) => format!("{status} ({reason})"),
    }
}

fn validate_priority(spec: &Value, field: &str, most: i64, path: &FieldPath<'_>) {
    let priority = spec[field].as_i64().unwrap_or(0);
    if !(1..=most).contains(&priority) {
        path.invalid(field, priority, &format!("must be positive and less than {most}"));
    }
}

#[cfg(test)]
mod tests;
