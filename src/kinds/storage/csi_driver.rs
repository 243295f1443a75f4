//! `CSIDriver`: a storage driver of the cluster, and what it needs.

use std::collections::BTreeSet;

use machinery::{FieldErrors, FieldPath};
use serde_json::{Value, json};

use crate::choice::one_of;
use crate::column::{Column, UNSET, or_none};
use crate::fill::{default, object, set};
use crate::kind::{DeletionAnswer, Kind, Scope};
use crate::names::{BuiltIn, Names};
use crate::read::{items, text};
use crate::required;

/// A storage driver of the cluster, and what it needs.
#[derive(Debug)]
pub(crate) struct CSIDriver;

static NAMES: Names = BuiltIn {
    group: "storage.k8s.io",
    version: "v1",
    kind: "CSIDriver",
    plural: "csidrivers",
    singular: "csidriver",
    short: &[],
    categories: &[],
}
.names();

/// Asking a driver more often how much is left would keep nodes busy with that.
const MIN_PERIOD_SECONDS: i64 = 10;

/// A token that lives shorter could not be handed on in time.
const MIN_TOKEN_SECONDS: i64 = 600;

static COLUMNS: &[Column] = &[
    Column::NAME,
    Column::flag("AttachRequired", "Whether volumes are attached before use.", |driver, _| {
        (driver["spec"]["attachRequired"] != false).into()
    }),
    Column::flag("PodInfoOnMount", "Whether it wants to know the pod.", |driver, _| {
        (driver["spec"]["podInfoOnMount"] == true).into()
    }),
    Column::flag("StorageCapacity", "Whether it says how much is left.", |driver, _| {
        (driver["spec"]["storageCapacity"] == true).into()
    }),
    Column::text("TokenRequests", "Whom it wants tokens for.", |driver, _| {
        let audiences: Vec<&str> =
            items(&driver["spec"], "tokenRequests").map(|one| text(one, "audience")).collect();
        if audiences.is_empty() { UNSET.into() } else { audiences.join(",").into() }
    }),
    Column::flag("RequiresRepublish", "Whether it is called again and again.", |driver, _| {
        (driver["spec"]["requiresRepublish"] == true).into()
    }),
    Column::text("Modes", "How long its volumes live.", |driver, _| {
        let modes = items(&driver["spec"], "volumeLifecycleModes").filter_map(Value::as_str);
        or_none(&modes.collect::<Vec<_>>().join(","))
    }),
    Column::AGE,
];

impl Kind for CSIDriver {
    fn names(&self) -> &Names {
        &NAMES
    }

    fn scope(&self) -> Scope {
        Scope::Cluster
    }

    fn schema_name(&self) -> &'static str {
        "io.k8s.api.storage.v1.CSIDriver"
    }

    fn columns(&self) -> &[Column] {
        COLUMNS
    }

    fn deletion_answer(&self) -> DeletionAnswer {
        DeletionAnswer::Object
    }

    fn unconditional_update(&self) -> bool {
        false
    }

    fn set_defaults(&self, driver: &mut Value) {
        let Some(spec) = object(driver, "spec") else { return };
        default(spec, "attachRequired", true);
        for field in ["podInfoOnMount", "storageCapacity", "requiresRepublish", "seLinuxMount"] {
            default(spec, field, false);
        }
        default(spec, "fsGroupPolicy", "ReadWriteOnceWithFSType");
        if items(spec, "volumeLifecycleModes").next().is_none() {
            set(spec, "volumeLifecycleModes", json!(["Persistent"]));
        }
    }

    fn validate(&self, driver: &Value, errors: &FieldErrors) {
        let (spec, path) = (&driver["spec"], errors.at("spec"));
        let name = text(&driver["metadata"], "name");
        super::validate_driver(name, "name", &errors.at("metadata"));
        required::fields(spec, &["attachRequired", "podInfoOnMount", "storageCapacity"], &path);
        one_of(spec, "fsGroupPolicy", &["File", "None", "ReadWriteOnceWithFSType"], &path);
        for (index, mode) in
            items(spec, "volumeLifecycleModes").filter_map(Value::as_str).enumerate()
        {
            if !matches!(mode, "Persistent" | "Ephemeral") {
                let path = path.at("volumeLifecycleModes").index(index);
                path.not_supported("", mode, &["Ephemeral", "Persistent"]);
            }
        }
        validate_tokens(spec, &path.at("tokenRequests"));
        let field = "nodeAllocatableUpdatePeriodSeconds";
        if let Some(period) = spec[field].as_i64().filter(|period| *period < MIN_PERIOD_SECONDS) {
            let detail = format!("must be greater than or equal to {MIN_PERIOD_SECONDS} seconds");
            path.invalid(field, period, &detail);
        }
    }

    fn validate_update(&self, new: &Value, old: &Value, errors: &FieldErrors) {
        let (new, old) = (&new["spec"], &old["spec"]);
        for field in ["attachRequired", "volumeLifecycleModes"] {
            errors.at("spec").immutable(field, new.get(field), old.get(field));
        }
    }
}

fn validate_tokens(spec: &Value, path: &FieldPath<'_>) {
    /// The field is a duration of 32 bits.
    const MAX_TOKEN_SECONDS: i64 = 1 << 32;
    let mut seen = BTreeSet::new();
    for (index, request) in items(spec, "tokenRequests").enumerate() {
        let path = path.index(index);
        let audience = text(request, "audience");
        if !seen.insert(audience) {
            path.duplicate("audience", audience);
        }
        match request["expirationSeconds"].as_i64() {
            Some(seconds) if seconds < MIN_TOKEN_SECONDS => {
                path.invalid(
                    "expirationSeconds",
                    seconds,
                    "may not specify a duration less than 10 minutes",
                );
            }
            Some(seconds) if seconds > MAX_TOKEN_SECONDS => {
                path.invalid(
                    "expirationSeconds",
                    seconds,
                    "may not specify a duration larger than 2^32 seconds",
                );
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests;
