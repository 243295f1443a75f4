//! Kinds made at run time: one version of a `CustomResourceDefinition`, as the server serves it.

mod definition;
mod names;
mod rules;

use std::borrow::Cow;

use machinery::{FieldError, FieldErrorKind, FieldErrors, Structural};
use serde_json::Value;

use crate::column::Column;
use crate::kind::{FieldLabel, Kind, Scope, StorageView};
use crate::names::Names;
use crate::subresource::{Subresource, Verb};

pub use definition::{CustomVersion, custom_versions};
pub use names::{NamesDecision, Rival, decide_names, set_condition};
pub(crate) use rules::Rule;
use rules::Rules;

/// One version of a kind made at run time.
#[derive(Debug)]
pub struct CustomKind {
    names: Names,
    scope: Scope,
    prefix: String,
    /// What OpenAPI calls its objects.
    schema_name: String,
    schema: Structural,
    /// What the schema says in CEL.
    rules: Rules,
    subresources: Vec<Subresource>,
    columns: Vec<Column>,
    selectable: Vec<FieldLabel>,
    /// What a client of a version that is going away should be told.
    deprecation: Option<String>,
    /// Whether the definition is being deleted, and its objects with it.
    terminating: bool,
}

/// What may be done while the objects are going away: everything but to make more.
const LAST_VERBS: &[Verb] = &[
    Verb::Delete,
    Verb::DeleteCollection,
    Verb::Get,
    Verb::List,
    Verb::Patch,
    Verb::Update,
    Verb::Watch,
];

impl CustomKind {
    /// The schema of its objects.
    pub fn schema(&self) -> &Structural {
        &self.schema
    }

    /// Asks the schema, then its rules, which expect values of the right types.
    fn judge(&self, object: &Value, old: Option<&Value>, errors: &FieldErrors) {
        let found = FieldErrors::new();
        self.schema.validate(object, old, &found);
        let found = found.into_vec();
        let keeps_rules_from_asking = found.iter().any(keeps_rules_from_asking);
        errors.extend(found);
        if self.rules.is_empty() {
            return;
        }
        if keeps_rules_from_asking {
            errors.push(FieldError {
                kind: FieldErrorKind::Invalid,
                path: "<nil>".to_owned(),
                value: Value::Null,
                detail: UNASKED.to_owned(),
            });
        } else {
            self.rules.validate(self.schema.root(), object, old, errors);
        }
    }
}

/// What is said when rules cannot be asked.
const UNASKED: &str = "some validation rules were not checked because the object was invalid; correct the existing errors to complete validation";

/// Whether rules about such an object would fail for no reason of their own.
fn keeps_rules_from_asking(error: &FieldError) -> bool {
    matches!(
        error.kind,
        FieldErrorKind::NotSupported
            | FieldErrorKind::Required
            | FieldErrorKind::TooLong
            | FieldErrorKind::TooMany
            | FieldErrorKind::TypeInvalid
    )
}

impl Kind for CustomKind {
    fn names(&self) -> &Names {
        &self.names
    }

    fn scope(&self) -> Scope {
        self.scope
    }

    fn schema_name(&self) -> &str {
        &self.schema_name
    }

    fn structural(&self) -> Option<&Structural> {
        Some(&self.schema)
    }

    fn storage(&self) -> StorageView {
        StorageView { prefix: Cow::Owned(self.prefix.clone()), conversion: None }
    }

    fn subresources(&self) -> &[Subresource] {
        &self.subresources
    }

    fn verbs(&self) -> &[Verb] {
        if self.terminating { LAST_VERBS } else { Verb::ALL }
    }

    fn columns(&self) -> &[Column] {
        &self.columns
    }

    fn selectable(&self) -> &[FieldLabel] {
        &self.selectable
    }

    fn generation(&self) -> bool {
        true
    }

    /// Without a status of its own, whatever is called so counts as much as the rest.
    fn generation_changes(&self, new: &Value, old: &Value) -> bool {
        let desired = |object: &'_ Value| {
            let fields = object.as_object().into_iter().flatten();
            let fields = fields.filter(|(name, _)| {
                name.as_str() != "metadata" && !(self.has_status() && name.as_str() == "status")
            });
            fields.map(|(name, value)| (name.clone(), value.clone())).collect::<Vec<_>>()
        };
        desired(new) != desired(old)
    }

    fn unconditional_update(&self) -> bool {
        false
    }

    fn set_defaults(&self, object: &mut Value) {
        self.schema.set_defaults(object);
    }

    fn status_goes_alone(&self) -> bool {
        true
    }

    fn validate(&self, object: &Value, errors: &FieldErrors) {
        self.judge(object, None, errors);
    }

    fn validate_change(&self, new: &Value, old: &Value, errors: &FieldErrors) {
        self.judge(new, Some(old), errors);
    }

    fn validate_status_change(&self, new: &Value, old: &Value, errors: &FieldErrors) {
        self.judge(new, Some(old), errors);
    }

    fn deprecation(&self) -> Option<&str> {
        self.deprecation.as_deref()
    }

    fn creation_warnings(&self, object: &Value) -> Vec<String> {
        crate::metadata::finalizer_warnings(object, &Value::Null)
    }

    fn change_warnings(&self, new: &Value, old: &Value) -> Vec<String> {
        crate::metadata::finalizer_warnings(new, old)
    }
}

#[cfg(test)]
mod tests;
