//! `ResourceQuota`: how much a namespace may use altogether.

mod scope;

use machinery::{FieldErrors, FieldPath, Quantity, names};
use serde_json::{Value, json};

use crate::amount;
use crate::column::Column;
use crate::fill::set;
use crate::kind::{DeletionAnswer, Kind};
use crate::names::{BuiltIn, Names};
use crate::subresource::Subresource;

/// How much a namespace may use altogether.
#[derive(Debug)]
pub(crate) struct ResourceQuota;

static NAMES: Names = BuiltIn {
    group: "",
    version: "v1",
    kind: "ResourceQuota",
    plural: "resourcequotas",
    singular: "resourcequota",
    short: &["quota"],
    categories: &[],
}
.names();

/// What is counted, not measured.
const COUNTED: &[&str] = &[
    "configmaps",
    "persistentvolumeclaims",
    "pods",
    "replicationcontrollers",
    "resourcequotas",
    "secrets",
    "services",
    "services.loadbalancers",
    "services.nodeports",
];

const MEASURED: &[&str] = &[
    "cpu",
    "ephemeral-storage",
    "limits.cpu",
    "limits.ephemeral-storage",
    "limits.memory",
    "memory",
    "requests.cpu",
    "requests.ephemeral-storage",
    "requests.memory",
    "requests.storage",
];

static COLUMNS: &[Column] = &[
    Column::NAME,
    Column::text("Request", "What is used, of what may be requested.", |quota, _| {
        usage(quota, |name| !name.starts_with("limits.")).into()
    }),
    Column::text("Limit", "What is used, of what limits may add up to.", |quota, _| {
        usage(quota, |name| name.starts_with("limits.")).into()
    }),
    Column::AGE,
];

impl Kind for ResourceQuota {
    fn names(&self) -> &Names {
        &NAMES
    }

    fn schema_name(&self) -> &'static str {
        "io.k8s.api.core.v1.ResourceQuota"
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

    fn prepare_create(&self, quota: &mut Value) {
        set(quota, "status", json!({}));
    }

    fn validate(&self, quota: &Value, errors: &FieldErrors) {
        let (spec, path) = (&quota["spec"], errors.at("spec"));
        validate_amounts(spec, "hard", &path);
        scope::validate(spec, &path);
    }

    fn validate_update(&self, new: &Value, old: &Value, errors: &FieldErrors) {
        let (new, old) = (&new["spec"], &old["spec"]);
        if scope::of(new) != scope::of(old) {
            errors.at("spec").invalid("scopes", new["scopes"].clone(), "field is immutable");
        }
    }

    fn validate_status(&self, quota: &Value, errors: &FieldErrors) {
        for field in ["hard", "used"] {
            validate_amounts(&quota["status"], field, &errors.at("status"));
        }
    }
}

fn validate_amounts(parent: &Value, field: &str, path: &FieldPath<'_>) {
    for (name, amount) in parent[field].as_object().into_iter().flatten() {
        let path = path.at(field).key(name);
        validate_resource(name, &path);
        amount::validate(amount, &path);
        let counts = name.contains('/') || COUNTED.contains(&name.as_str());
        if counts
            && amount::parse(amount).is_some_and(|amount| Quantity::new(amount.value()) != amount)
        {
            path.invalid("", amount.clone(), "must be an integer");
        }
    }
}

fn usage(quota: &Value, wanted: fn(&str) -> bool) -> String {
    let status = &quota["status"];
    let shown = |amount: &Value| amount.as_str().unwrap_or("0").to_owned();
    let mut hard: Vec<_> = status["hard"].as_object().into_iter().flatten().collect();
    hard.sort_by_key(|(name, _)| name.as_str());
    let lines = hard.into_iter().filter(|(name, _)| wanted(name)).map(|(name, most)| {
        format!("{name}: {}/{}", shown(&status["used"][name.as_str()]), shown(most))
    });
    lines.collect::<Vec<_>>().join(", ")
}

fn validate_resource(name: &str, path: &FieldPath<'_>) {
    if let Some(problem) = names::qualified_name(name) {
        path.invalid("", name, &problem);
        return;
    }
    if !name.contains('/') && !is_standard(name) {
        path.invalid("", name, "must be a standard resource for quota");
    }
}

/// Whether every cluster knows what it means.
pub(super) fn is_standard(name: &str) -> bool {
    COUNTED.contains(&name)
        || MEASURED.contains(&name)
        || name.strip_prefix("requests.").unwrap_or(name).starts_with("hugepages-")
}

#[cfg(test)]
mod tests;
