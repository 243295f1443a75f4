//! `ControllerRevision`: what a workload looked like at one time.

use machinery::FieldErrors;
use serde_json::Value;

use crate::column::{Column, NONE};
use crate::kind::Kind;
use crate::names::{BuiltIn, Names};
use crate::read::{items, text};

/// What a workload looked like at one time.
#[derive(Debug)]
pub(crate) struct ControllerRevision;

static NAMES: Names = BuiltIn {
    group: "apps",
    version: "v1",
    kind: "ControllerRevision",
    plural: "controllerrevisions",
    singular: "controllerrevision",
    short: &[],
    categories: &[],
}
.names();

static COLUMNS: &[Column] = &[
    Column::NAME,
    Column::text("Controller", "What it is a revision of.", |revision, _| {
        controller(revision).into()
    }),
    Column::number("Revision", "Its number.", |revision, _| revision["revision"].clone()),
    Column::AGE,
];

impl Kind for ControllerRevision {
    fn names(&self) -> &Names {
        &NAMES
    }

    fn schema_name(&self) -> &'static str {
        "io.k8s.api.apps.v1.ControllerRevision"
    }

    fn columns(&self) -> &[Column] {
        COLUMNS
    }

    fn validate(&self, revision: &Value, errors: &FieldErrors) {
        if revision["data"].is_null() {
            errors.root().required("data", "data is mandatory");
        }
        if let Some(number) = revision["revision"].as_i64().filter(|number| *number < 0) {
            errors.root().invalid("revision", number, "must be greater than or equal to 0");
        }
    }

    fn validate_update(&self, new: &Value, old: &Value, errors: &FieldErrors) {
        errors.root().immutable("data", new.get("data"), old.get("data"));
    }
}

fn controller(revision: &Value) -> String {
    let owner =
        items(&revision["metadata"], "ownerReferences").find(|one| one["controller"] == true);
    let Some(owner) = owner else { return NONE.to_owned() };
    let kind = text(owner, "kind").to_lowercase();
    match text(owner, "apiVersion").split_once('/') {
        Some((group, _)) => format!("{kind}.{group}/{}", text(owner, "name")),
        None => format!("{kind}/{}", text(owner, "name")),
    }
}
