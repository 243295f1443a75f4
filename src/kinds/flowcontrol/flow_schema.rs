//! `FlowSchema`: which requests belong together, and to which priority level.

mod rule;

use machinery::{FieldErrors, names};
use serde_json::{Value, json};

use crate::column::{Column, or_none};
use crate::condition;
use crate::core::replication_controller::count;
use crate::fill::{default_number, present, set};
use crate::kind::{Kind, Scope};
use crate::names::{BuiltIn, Names};
use crate::read::{items, text};
use crate::subresource::Subresource;

/// Which requests belong together, and to which priority level.
#[derive(Debug)]
pub(crate) struct FlowSchema;

static NAMES: Names = BuiltIn {
    group: "flowcontrol.apiserver.k8s.io",
    version: "v1",
    kind: "FlowSchema",
    plural: "flowschemas",
    singular: "flowschema",
    short: &[],
    categories: &[],
}
.names();

/// In the middle of what is allowed to others than the platform.
const PRECEDENCE: i64 = 1000;

/// The last schema that is tried.
const MAX_PRECEDENCE: i64 = 10_000;

static COLUMNS: &[Column] = &[
    Column::NAME,
    Column::text("PriorityLevel", "The level of its requests.", |schema, _| {
        text(&schema["spec"]["priorityLevelConfiguration"], "name").into()
    }),
    Column::number("MatchingPrecedence", "When it is tried; lower is earlier.", |schema, _| {
        count(&schema["spec"], "matchingPrecedence")
    }),
    Column::text("DistinguisherMethod", "What tells its flows apart.", |schema, _| {
        or_none(text(&schema["spec"]["distinguisherMethod"], "type"))
    }),
    Column::AGE,
    Column::text("MissingPL", "Whether the level does not exist.", |schema, _| {
        condition::find(schema, "Dangling").map_or("?", |found| text(found, "status")).into()
    }),
];

impl Kind for FlowSchema {
    fn names(&self) -> &Names {
        &NAMES
    }

    fn scope(&self) -> Scope {
        Scope::Cluster
    }

    fn schema_name(&self) -> &'static str {
        "io.k8s.api.flowcontrol.v1.FlowSchema"
    }

    fn subresources(&self) -> &[Subresource] {
        &[Subresource::Status]
    }

    fn columns(&self) -> &[Column] {
        COLUMNS
    }

    fn generation(&self) -> bool {
        true
    }

    fn set_defaults(&self, schema: &mut Value) {
        if let Some(spec) = present(schema, "spec") {
            default_number(spec, "matchingPrecedence", PRECEDENCE);
        }
    }

    fn prepare_create(&self, schema: &mut Value) {
        set(schema, "status", json!({}));
    }

    fn status_goes_alone(&self) -> bool {
        true
    }

    fn validate_status(&self, schema: &Value, errors: &FieldErrors) {
        super::validate_conditions(schema, errors);
    }

    fn validate(&self, schema: &Value, errors: &FieldErrors) {
        let (spec, path) = (&schema["spec"], errors.at("spec"));
        let field = "matchingPrecedence";
        let precedence = spec[field].as_i64().unwrap_or(0);
        if precedence <= 0 {
            path.invalid(field, precedence, "must be a positive value");
        }
        if precedence > MAX_PRECEDENCE {
            let detail = format!("must not be greater than {MAX_PRECEDENCE}");
            path.invalid(field, precedence, &detail);
        }
        if precedence == 1 && text(&schema["metadata"], "name") != "exempt" {
            let detail = "only the schema named 'exempt' may have matchingPrecedence 1";
            path.invalid(field, precedence, detail);
        }
        let method = &spec["distinguisherMethod"];
        if !method.is_null() && !matches!(text(method, "type"), "ByUser" | "ByNamespace") {
            let path = path.at("distinguisherMethod");
            path.not_supported("type", text(method, "type"), &["ByNamespace", "ByUser"]);
        }
        let level = path.at("priorityLevelConfiguration");
        match text(&spec["priorityLevelConfiguration"], "name") {
            "" => level.required("name", "must reference a priority level"),
            name => level.check("name", name, names::dns1123_subdomain(name)),
        }
        for (index, rule) in items(spec, "rules").enumerate() {
            rule::validate(rule, &path.at("rules").index(index));
        }
    }
}

#[cfg(test)]
mod tests;
