//! `ResourceClaim`: a wish for devices.

use std::collections::BTreeSet;

use machinery::{FieldErrors, FieldPath};
use serde_json::{Value, json};

use super::request;
use crate::column::Column;
use crate::fill::{present, set};
use crate::kind::{DeletionAnswer, Kind};
use crate::names::{BuiltIn, Names};
use crate::read::{items, text};
use crate::subresource::Subresource;

/// A wish for devices.
#[derive(Debug)]
pub(crate) struct ResourceClaim;

static NAMES: Names = BuiltIn {
    group: "resource.k8s.io",
    version: "v1",
    kind: "ResourceClaim",
    plural: "resourceclaims",
    singular: "resourceclaim",
    short: &[],
    categories: &[],
}
.names();

static COLUMNS: &[Column] = &[
    Column::NAME,
    Column::text("State", "What has become of it.", |claim, _| state(claim).into()),
    Column::AGE,
];

impl Kind for ResourceClaim {
    fn names(&self) -> &Names {
        &NAMES
    }

    fn schema_name(&self) -> &'static str {
        "io.k8s.api.resource.v1.ResourceClaim"
    }

    fn subresources(&self) -> &[Subresource] {
        &[Subresource::Status]
    }

    fn columns(&self) -> &[Column] {
        COLUMNS
    }

    fn deletion_answer(&self) -> DeletionAnswer {
        DeletionAnswer::Object
    }

    fn set_defaults(&self, claim: &mut Value) {
        if let Some(spec) = present(claim, "spec") {
            request::fill(spec);
        }
    }

    fn prepare_create(&self, claim: &mut Value) {
        set(claim, "status", json!({}));
    }

    fn status_goes_alone(&self) -> bool {
        true
    }

    fn validate(&self, claim: &Value, errors: &FieldErrors) {
        request::validate(&claim["spec"], &errors.at("spec"));
    }

    fn validate_update(&self, new: &Value, old: &Value, errors: &FieldErrors) {
        errors.root().immutable("spec", new.get("spec"), old.get("spec"));
    }

    fn validate_status_change(&self, new: &Value, old: &Value, errors: &FieldErrors) {
        let path = errors.at("status");
        validate_users(new, &path.at("reservedFor"));
        let (allocated, before) = (&new["status"]["allocation"], &old["status"]["allocation"]);
        if !allocated.is_null() && !before.is_null() {
            path.immutable("allocation", Some(allocated), Some(before));
        }
        let was = |user: &Value| items(&old["status"], "reservedFor").any(|old| old == user);
        let mut users = items(&new["status"], "reservedFor");
        let leaving = !new["metadata"]["deletionTimestamp"].is_null();
        if allocated.is_null() && users.next().is_some() {
            path.forbidden("reservedFor", "may not be specified when `allocated` is not set");
        } else if leaving && users.any(|user| !was(user)) {
            let detail = "new entries may not be added while `deallocationRequested` or \
                `deletionTimestamp` are set";
            path.forbidden("reservedFor", detail);
        }
    }
}

/// Pods that share a claim: they are listed in it, all in one value of the store.
const MAX_USERS: usize = 256;

fn validate_users(claim: &Value, path: &FieldPath<'_>) {
    let users: Vec<&Value> = items(&claim["status"], "reservedFor").collect();
    let mut seen = BTreeSet::new();
    for (index, user) in users.iter().enumerate() {
        let path = path.index(index);
        for field in ["resource", "name", "uid"] {
            if text(user, field).is_empty() {
                path.required(field, "");
            }
        }
        if !seen.insert(text(user, "uid")) {
            path.duplicate("uid", text(user, "uid"));
        }
    }
    if users.len() > MAX_USERS {
        path.too_many("", users.len(), MAX_USERS);
    }
}

fn state(claim: &Value) -> String {
    let deleted = !claim["metadata"]["deletionTimestamp"].is_null();
    let status = &claim["status"];
    let mut words = Vec::new();
    if deleted {
        words.push("deleted");
    }
    if !status["allocation"].is_null() {
        words.push("allocated");
        if items(status, "reservedFor").next().is_some() {
            words.push("reserved");
        }
    } else if !deleted {
        words.push("pending");
    }
    words.join(",")
}

#[cfg(test)]
mod tests;
