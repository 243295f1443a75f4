//! `allOf`, `anyOf`, `oneOf` and `not`.

use serde_json::Value;

use super::node::{Checks, Node};
use super::values::Check;
use crate::path::Path;
use crate::short::short;
use crate::{FieldError, FieldErrorKind, FieldErrors};

/// Reports which of the alternatives a value misses.
pub(super) fn check(checks: &Checks, value: &Value, path: &Path<'_>, errors: &FieldErrors) {
    let say = |what: &str| {
        let detail = format!("\"{}\" must {what}", short(path));
        // Kubernetes tells these apart from errors of fields: their path is in the text.
        let path = "<nil>".to_owned();
        errors.push(FieldError { kind: FieldErrorKind::Invalid, path, value: "".into(), detail });
    };
    let failed = |nodes: &[Node]| -> Vec<Vec<FieldError>> {
        nodes.iter().map(|node| failures(node, value, path)).collect()
    };
    if !checks.all_of.is_empty() {
        let failures: Vec<FieldError> = failed(&checks.all_of).into_iter().flatten().collect();
        if !failures.is_empty() {
            errors.extend(failures);
            say("validate all the schemas (allOf)");
        }
    }
    if !checks.any_of.is_empty() {
        let failures = failed(&checks.any_of);
        if failures.iter().all(|failures| !failures.is_empty()) {
            say("validate at least one schema (anyOf)");
            errors.extend(nearest(failures));
        }
    }
    if !checks.one_of.is_empty() {
        let failures = failed(&checks.one_of);
        match failures.iter().filter(|failures| failures.is_empty()).count() {
            1 => {}
            0 => {
                say("validate one and only one schema (oneOf). Found none valid");
                errors.extend(nearest(failures));
            }
            valid => say(&format!(
                "validate one and only one schema (oneOf). Found {valid} valid alternatives"
            )),
        }
    }
    if let Some(not) = &checks.not
        && failures(not, value, path).is_empty()
    {
        say("not validate the schema (not)");
    }
}

fn failures(node: &Node, value: &Value, path: &Path<'_>) -> Vec<FieldError> {
    let errors = FieldErrors::new();
    Check { errors: &errors, ratchets: false }.value(node, value, None, path);
    errors.into_vec()
}

/// The failures of the alternative that comes closest.
fn nearest(failures: Vec<Vec<FieldError>>) -> Vec<FieldError> {
    failures.into_iter().min_by_key(Vec::len).unwrap_or_default()
}
