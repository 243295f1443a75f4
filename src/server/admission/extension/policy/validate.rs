//! Policies that refuse.

use std::collections::BTreeMap;

use machinery::{ApiError, Reason};
use serde_json::{Value, json};
use tokio::time::Instant;
use tracing::warn;

use super::binding::Binding;
use super::{Body, Bound, Policy, Validation, parameters};
use crate::admission::Tools;
use crate::admission::extension::facts::{Evaluation, Facts};
use crate::admission::extension::language::Language;
use crate::admission::extension::meters::Action;
use crate::admission::extension::request::Request;
use crate::admission::extension::webhooks::{in_version, old_in_version};
use crate::admission::extension::{Extensions, notes};
use crate::audit;
use crate::catalog::Served;

/// Something does not hold.
struct Finding {
    reason: Reason,
    message: String,
    /// Which validation it is.
    index: usize,
}

/// What the audit log is to say, by its key; bindings may add to it.
type Notes = BTreeMap<String, Vec<String>>;

/// Evaluates what must hold of a request; returns what the writer is to be told.
pub(in crate::admission::extension) async fn validate(
    policies: &[Bound],
    extensions: &Extensions,
    tools: &Tools<'_>,
    request: &Request<'_>,
    object: &Value,
) -> Result<Vec<String>, ApiError> {
    let (mut warnings, mut failures, mut said) = (Vec::new(), Vec::new(), Notes::new());
    let mut denial = None;
    'policies: for Bound { policy, bindings } in policies {
        for binding in bindings {
            let Some(served) = policy.applies(binding, tools, request, object) else { continue };
            let (started, language) = (Instant::now(), extensions.language());
            let call = Call { policy, binding, language, tools, request, served: &served };
            let findings = call.findings(object, &mut said).await;
            let action = if findings.is_empty() { Action::Allow } else { binding.action() };
            extensions.meters().checked(binding, started, action);
            for finding in findings {
                if binding.audits {
                    failures.push(call.failure(&finding));
                }
                if binding.denies {
                    let Finding { reason, message, .. } = finding;
                    denial = Some(policy.denial(binding, request, reason, &message));
                    break 'policies;
                }
                if binding.warns {
                    let subject = policy.subject(binding);
                    warnings.push(format!("Validation failed for {subject}: {}", finding.message));
                }
                warn!(policy = %policy.name, name = request.name, why = finding.message, "a policy is not met");
            }
        }
    }
    notes::note_failures(failures);
    for (key, texts) in said.into_iter().filter(|(_, texts)| !texts.is_empty()) {
        audit::note(|| key, || texts.join(", "));
    }
    denial.map_or(Ok(warnings), Err)
}

/// One policy, put to work by one binding, about one request.
struct Call<'a> {
    policy: &'a Policy,
    binding: &'a Binding,
    language: &'a Language,
    tools: &'a Tools<'a>,
    request: &'a Request<'a>,
    served: &'a Served,
}

impl Call<'_> {
    /// What the audit log says of a finding.
    fn failure(&self, finding: &Finding) -> Value {
        json!({
            "message": finding.message,
            "policy": self.policy.name,
            "binding": self.binding.name,
            "expressionIndex": finding.index,
            "validationActions": self.binding.actions,
        })
    }

    async fn findings(&self, object: &Value, said: &mut Notes) -> Vec<Finding> {
        let Self { policy, binding, language, tools, request, served } = *self;
        let failed = |message: String| policy.failure(0, message).into_iter().collect();
        let body = match &policy.body {
            Ok(body) => body,
            Err(why) => return failed(format!("failed to configure policy: {why}")),
        };
        let all = match parameters::find(body, binding, tools, request).await {
            Ok(all) => all,
            Err(why) => return failed(why),
        };
        let versions = async {
            let object = in_version(request, served, object).await?;
            Ok::<_, ApiError>((object, old_in_version(request, served).await?))
        };
        let (object, old) = match versions.await {
            Ok(versions) => versions,
            Err(error) => return failed(error.message),
        };
        let facts = Facts { request, served, object: &object, old: &old };
        let mut findings = Vec::new();
        for params in all {
            let reads = |name: &str| body.reads(name);
            let mut evaluation =
                Evaluation::new(language, tools, &facts, &params, &body.variables, &reads);
            match body.conditions.hold(&mut evaluation) {
                Ok(true) => {
                    findings.extend(evaluate(policy, body, &mut evaluation));
                    findings.extend(speak(policy, body, &mut evaluation, said));
                }
                Ok(false) => {}
                Err(why) => findings.extend(policy.failure(0, why)),
            }
        }
        findings
    }
}

impl Policy {
    /// What follows from an expression that cannot be evaluated.
    fn failure(&self, index: usize, message: String) -> Option<Finding> {
        (!self.ignores_failure).then_some(Finding { reason: Reason::Invalid, message, index })
    }
}

fn evaluate(policy: &Policy, body: &Body, evaluation: &mut Evaluation<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (index, validation) in body.validations.iter().enumerate() {
        match evaluation.truth(&validation.expression) {
            Ok(true) => {}
            Ok(false) => findings.push(Finding {
                reason: validation.reason,
                message: message(validation, evaluation),
                index,
            }),
            Err(why) => findings.extend(policy.failure(index, why)),
        }
    }
    findings
}

/// Computes what the audit log is to say; returns what cannot be computed.
fn speak(
    policy: &Policy,
    body: &Body,
    evaluation: &mut Evaluation<'_>,
    said: &mut Notes,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (key, expression) in &body.notes {
        match evaluation.text(expression) {
            Ok(text) => {
                let text = text.unwrap_or_default().trim().to_owned();
                let texts = said.entry(format!("{}/{key}", policy.name)).or_default();
                if !text.is_empty() && !texts.contains(&text) {
                    texts.push(text);
                }
            }
            Err(why) => findings.extend(policy.failure(0, why)),
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
