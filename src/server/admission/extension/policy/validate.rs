//! Policies that refuse.

use machinery::{ApiError, Reason};
use serde_json::Value;
use tracing::warn;

use super::binding::Binding;
use super::{Body, Bound, Policy, Validation, parameters};
use crate::admission::Tools;
use crate::admission::extension::expression::Language;
use crate::admission::extension::facts::{Evaluation, Facts};
use crate::admission::extension::request::Request;
use crate::admission::extension::webhooks::in_version;
use crate::catalog::Served;

/// Something does not hold.
struct Finding {
    reason: Reason,
    message: String,
}

/// Evaluates what must hold of a request; returns what the writer is to be told.
pub(in crate::admission::extension) fn validate(
    policies: &[Bound],
    language: &Language,
    tools: &Tools<'_>,
    request: &Request<'_>,
    object: &Value,
) -> Result<Vec<String>, ApiError> {
    let mut warnings = Vec::new();
    for Bound { policy, bindings } in policies {
        for binding in bindings {
            let Some(served) = policy.applies(binding, tools, request, object) else { continue };
            let findings = findings(policy, binding, language, tools, request, &served, object);
            for finding in findings {
                if binding.denies {
                    return Err(policy.denial(binding, request, finding.reason, &finding.message));
                }
                if binding.warns {
                    let subject = policy.subject(binding);
                    warnings.push(format!("Validation failed for {subject}: {}", finding.message));
                }
                warn!(policy = %policy.name, name = request.name, why = finding.message, "a policy is not met");
            }
        }
    }
    Ok(warnings)
}

fn findings(
    policy: &Policy,
    binding: &Binding,
    language: &Language,
    tools: &Tools<'_>,
    request: &Request<'_>,
    served: &Served,
    object: &Value,
) -> Vec<Finding> {
    let failed = |message: String| {
        let counts = !policy.ignores_failure;
        counts.then_some(Finding { reason: Reason::Invalid, message }).into_iter().collect()
    };
    let body = match &policy.body {
        Ok(body) => body,
        Err(why) => return failed(format!("failed to configure policy: {why}")),
    };
    let all = match parameters::find(body, binding, tools, request) {
        Ok(all) => all,
        Err(why) => return failed(why),
    };
    let object = in_version(request, served, object);
    let old = request.old.map(|old| in_version(request, served, old)).unwrap_or_default();
    let facts = Facts { request, served, object: &object, old: &old };
    let mut findings = Vec::new();
    for params in all {
        let reads = |name: &str| body.reads(name);
        let mut evaluation =
            Evaluation::new(language, tools, &facts, &params, &body.variables, &reads);
        match body.conditions.hold(&mut evaluation) {
            Ok(true) => findings.extend(evaluate(policy, body, &mut evaluation)),
            Ok(false) => {}
            Err(why) => findings.extend(failed(why)),
        }
    }
    findings
}

fn evaluate(policy: &Policy, body: &Body, evaluation: &mut Evaluation<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for validation in &body.validations {
        match evaluation.truth(&validation.expression) {
            Ok(true) => {}
            Ok(false) => findings.push(Finding {
                reason: validation.reason,
                message: message(validation, evaluation),
            }),
            Err(_) if policy.ignores_failure => {}
            Err(message) => findings.push(Finding { reason: Reason::Invalid, message }),
        }
    }
    findings
}

/// What is said about a validation that does not hold.
fn message(validation: &Validation, evaluation: &mut Evaluation<'_>) -> String {
    let made = validation.message_expression.as_ref().and_then(|expression| {
        // One that cannot be used is as if it were not there.
        let text = evaluation.text(expression).ok().flatten()?;
        let text = text.trim();
        (!text.is_empty() && !text.contains('\n')).then(|| text.to_owned())
    });
    let written = || validation.message.as_ref().map(ToString::to_string);
    made.or_else(written)
        .unwrap_or_else(|| format!("failed expression: {}", validation.expression.source()))
}
