//! Namespace: a scope for names.

use machinery::document::{name, scalar_at};
use machinery::{FieldErrors, names};
use serde_json::{Value, json};

use crate::column::Column;
use crate::fill::{copy, object, set};
use crate::kind::{FieldLabel, Kind, Scope};
use crate::metadata::NameRule;
use crate::names::{BuiltIn, Names};
use crate::read::{items, text};
use crate::subresource::{Subresource, Verb};

/// A scope for names.
#[derive(Debug)]
pub(crate) struct Namespace;

static NAMES: Names = BuiltIn {
    group: "",
    version: "v1",
    kind: "Namespace",
    plural: "namespaces",
    singular: "namespace",
    short: &["ns"],
    categories: &[],
}
.names();

/// The finalizer that keeps a namespace until all its objects are gone.
const FINALIZER: &str = "kubernetes";

/// The label by which selectors can name a namespace. Policies rely on it, so it says nothing but the name.
const NAME_LABEL: &str = "kubernetes.io/metadata.name";

static COLUMNS: &[Column] = &[
    Column::NAME,
    Column::text("Status", "Whether it is in use or being deleted.", |namespace, _| {
        text(&namespace["status"], "phase").into()
    }),
    Column::AGE,
];

static SELECTABLE: &[FieldLabel] =
    &[FieldLabel::new("status.phase", |namespace| scalar_at(namespace, "/status/phase"))];

/// Nobody means to delete all of them at once.
static VERBS: &[Verb] =
    &[Verb::Create, Verb::Delete, Verb::Get, Verb::List, Verb::Patch, Verb::Update, Verb::Watch];

impl Kind for Namespace {
    fn names(&self) -> &Names {
        &NAMES
    }

    fn scope(&self) -> Scope {
        Scope::Cluster
    }

    fn schema_name(&self) -> &'static str {
        "io.k8s.api.core.v1.Namespace"
    }

    fn verbs(&self) -> &[Verb] {
        VERBS
    }

    fn name_rule(&self) -> NameRule {
        NameRule::Label
    }

    fn subresources(&self) -> &[Subresource] {
        &[Subresource::Status, Subresource::Finalize]
    }

    fn columns(&self) -> &[Column] {
        COLUMNS
    }

    fn selectable(&self) -> &[FieldLabel] {
        SELECTABLE
    }

    fn set_defaults(&self, namespace: &mut Value) {
        set_name_label(namespace);
    }

    fn prepare_create(&self, namespace: &mut Value) {
        // Its name may have been generated since defaults were filled in.
        set_name_label(namespace);
        set(namespace, "status", json!({ "phase": "Active" }));
        let Some(spec) = object(namespace, "spec") else { return };
        let mut finalizers: Vec<Value> = items(spec, "finalizers").cloned().collect();
        if !finalizers.iter().any(|finalizer| finalizer == FINALIZER) {
            finalizers.push(FINALIZER.into());
        }
        set(spec, "finalizers", finalizers);
    }

    fn prepare_update(&self, new: &mut Value, old: &Value) {
        copy(new, "spec", old);
        copy(new, "status", old);
    }

    fn validate(&self, namespace: &Value, errors: &FieldErrors) {
        for (index, finalizer) in items(&namespace["spec"], "finalizers").enumerate() {
            let finalizer = finalizer.as_str().unwrap_or_default();
            let path = errors.at("spec").at("finalizers").index(index);
            path.check("", finalizer, names::qualified_name(finalizer));
        }
    }

    fn validate_status(&self, namespace: &Value, errors: &FieldErrors) {
        let leaving = !namespace["metadata"]["deletionTimestamp"].is_null();
        let (phase, state) =
            if leaving { ("Terminating", "not empty") } else { ("Active", "empty") };
        let found = text(&namespace["status"], "phase");
        if found != phase {
            let detail = format!("may only be '{phase}' if `deletionTimestamp` is {state}");
            errors.at("status").invalid("phase", found, &detail);
        }
    }
}

/// By which namespaces are selected that have but their name.
fn set_name_label(namespace: &mut Value) {
    let own = name(namespace).to_owned();
    if own.is_empty() {
        return;
    }
    if let Some(labels) = object(namespace, "metadata").and_then(|meta| object(meta, "labels")) {
        set(labels, NAME_LABEL, own);
    }
}

#[cfg(test)]
mod tests;
