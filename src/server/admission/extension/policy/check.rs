//! Refuses expressions that do not compile, when they are written.

use machinery::{ApiError, FieldErrors, document};
use serde_json::Value;

use super::ROOTS;
use crate::admission::extension::condition;
use crate::catalog::Served;
use kinds::expression::{Expression, Names};

/// Checks the expressions of a policy or of a configuration of webhooks.
pub(in crate::admission::extension) fn check(
    served: &Served,
    object: &Value,
) -> Result<(), ApiError> {
    let errors = FieldErrors::new();
    match served.kind_name() {
        "ValidatingAdmissionPolicy" | "MutatingAdmissionPolicy" => {
            check_policy(&object["spec"], &errors);
        }
        "ValidatingWebhookConfiguration" | "MutatingWebhookConfiguration" => {
            for (index, hook) in document::list_at(object, "/webhooks").iter().enumerate() {
                check_conditions(hook, &format!("webhooks[{index}]"), &condition::WEBHOOK, &errors);
            }
        }
        _ => {}
    }
    if errors.is_empty() {
        return Ok(());
    }
    let names = served.kind().names();
    Err(ApiError::invalid(&names.group, &names.kind, document::name(object), errors))
}

fn check_policy(spec: &Value, errors: &FieldErrors) {
    let mut variables: Vec<&str> = Vec::new();
    for (index, variable) in document::list_at(spec, "/variables").iter().enumerate() {
        let names = Names { roots: &ROOTS, variables: &variables };
        check_one(variable, &format!("spec.variables[{index}]"), "expression", &names, errors);
        variables.push(document::str_at(variable, "/name"));
    }
    let names = Names { roots: &ROOTS, variables: &variables };
    check_conditions(spec, "spec", &names, errors);
    let each = |list: &str, fields: &[(&str, &str)]| {
        for (index, item) in document::list_at(spec, &format!("/{list}")).iter().enumerate() {
            for (inside, field) in fields {
                let mut place = format!("spec.{list}[{index}]");
                let mut parent = item;
                if !inside.is_empty() {
                    place = format!("{place}.{inside}");
                    parent = &item[*inside];
                }
                check_one(parent, &place, field, &names, errors);
            }
        }
    };
    each("validations", &[("", "expression"), ("", "messageExpression")]);
    each("auditAnnotations", &[("", "valueExpression")]);
    each("mutations", &[("applyConfiguration", "expression"), ("jsonPatch", "expression")]);
}

fn check_conditions(parent: &Value, place: &str, names: &Names<'_>, errors: &FieldErrors) {
    for (index, condition) in document::list_at(parent, "/matchConditions").iter().enumerate() {
        let place = format!("{place}.matchConditions[{index}]");
        check_one(condition, &place, "expression", names, errors);
    }
}

fn check_one(parent: &Value, place: &str, field: &str, names: &Names<'_>, errors: &FieldErrors) {
    let Some(source) = parent[field].as_str().filter(|source| !source.is_empty()) else { return };
    if let Err(why) = Expression::compile(source, names) {
        errors.at(place).invalid(field, source, &why);
    }
}
