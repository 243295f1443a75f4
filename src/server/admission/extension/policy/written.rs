//! The expressions of a policy or of a configuration of webhooks, and where they stand.

use machinery::document;
use serde_json::Value;

/// As many conditions as one webhook or policy may have.
const CONDITIONS_MAX: usize = 64;

/// An expression where somebody wrote it.
#[derive(Debug)]
pub(super) struct Written<'a> {
    pub(super) role: Role<'a>,
    /// Such as `spec.validations[0].expression`.
    pub(super) place: String,
    pub(super) source: &'a str,
}

/// What an expression is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role<'a> {
    /// To compute a variable of this name.
    Variable(&'a str),
    /// Whether to ask the others at all.
    Condition,
    /// What must hold.
    Validation,
    /// What is said when it does not.
    Message,
    /// What the audit log is to say.
    Note,
    /// What is applied to an object.
    Apply,
    /// What an object is patched with.
    Patch,
}

/// All of them in the order in which they know of each other.
pub(super) fn all<'a>(kind: &str, object: &'a Value) -> Vec<Written<'a>> {
    let mut all = Vec::new();
    if kind.ends_with("Policy") {
        of_policy(&object["spec"], &mut all);
    } else if kind.ends_with("WebhookConfiguration") {
        for (index, hook) in document::list_at(object, "/webhooks").iter().enumerate() {
            conditions(hook, &format!("webhooks[{index}]"), &mut all);
        }
    }
    all
}

fn of_policy<'a>(spec: &'a Value, all: &mut Vec<Written<'a>>) {
    for (index, variable) in document::list_at(spec, "/variables").iter().enumerate() {
        let role = Role::Variable(document::str_at(variable, "/name"));
        add(role, variable, "expression", &format!("spec.variables[{index}]"), all);
    }
    conditions(spec, "spec", all);
    for (index, validation) in document::list_at(spec, "/validations").iter().enumerate() {
        let place = format!("spec.validations[{index}]");
        add(Role::Validation, validation, "expression", &place, all);
        add(Role::Message, validation, "messageExpression", &place, all);
    }
    for (index, note) in document::list_at(spec, "/auditAnnotations").iter().enumerate() {
        let place = format!("spec.auditAnnotations[{index}]");
        add(Role::Note, note, "valueExpression", &place, all);
    }
    for (index, mutation) in document::list_at(spec, "/mutations").iter().enumerate() {
        for (role, field) in [(Role::Apply, "applyConfiguration"), (Role::Patch, "jsonPatch")] {
            let place = format!("spec.mutations[{index}].{field}");
            add(role, &mutation[field], "expression", &place, all);
        }
    }
}

fn conditions<'a>(parent: &'a Value, place: &str, all: &mut Vec<Written<'a>>) {
    let conditions = document::list_at(parent, "/matchConditions").iter();
    // Nobody may write more of them.
    for (index, condition) in conditions.take(CONDITIONS_MAX).enumerate() {
        let place = format!("{place}.matchConditions[{index}]");
        add(Role::Condition, condition, "expression", &place, all);
    }
}

fn add<'a>(
    role: Role<'a>,
    parent: &'a Value,
    field: &str,
    place: &str,
    all: &mut Vec<Written<'a>>,
) {
    if let Some(source) = parent[field].as_str().filter(|source| !source.trim().is_empty()) {
        all.push(Written { role, place: format!("{place}.{field}"), source });
    }
}
