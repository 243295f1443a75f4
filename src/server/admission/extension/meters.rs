//! How often and how long webhooks and policies are asked, under Kubernetes' names.

use base::{Counter, Family, Histogram, Metrics};
use tokio::time::Instant;

use super::policy::Binding;
use super::request::Operation;
use super::review::Verdict;
use super::webhook::{Sort, Webhook};

/// Kubernetes' own bounds.
const HOOK_BOUNDS: &[f64] = &[0.005, 0.025, 0.1, 0.5, 1.0, 2.5, 10.0, 25.0];
/// Finer ones: a policy takes far less than the call of a webhook.
const POLICY_BOUNDS: &[f64] = &[0.000_01, 0.000_1, 0.001, 0.01, 0.1, 1.0];
/// What Kubernetes writes where there is no status code.
const NO_CODE: &str = "600";

/// All of it.
#[derive(Debug)]
pub(super) struct Meters {
    duration: Family<Histogram>,
    requests: Family<Counter>,
    rejections: Family<Counter>,
    ignored: Family<Counter>,
    checks: Family<Counter>,
    check_duration: Family<Histogram>,
}

/// What a policy led to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Action {
    Allow,
    Deny,
    Warn,
    Audit,
}

impl Meters {
    pub(super) fn new(metrics: &Metrics) -> Self {
        Self {
            duration: metrics.histograms(
                "apiserver_admission_webhook_admission_duration_seconds",
                "How long webhooks take.",
                &["name", "type", "operation", "rejected"],
                HOOK_BOUNDS,
            ),
            requests: metrics.counters(
                "apiserver_admission_webhook_request_total",
                "Questions to webhooks.",
                &["name", "type", "operation", "code", "rejected"],
            ),
            rejections: metrics.counters(
                "apiserver_admission_webhook_rejection_count",
                "Writes that webhooks have refused, or that failed with them.",
                &["name", "type", "operation", "error_type", "rejection_code"],
            ),
            ignored: metrics.counters(
                "apiserver_admission_webhook_fail_open_count",
                "Webhooks that failed and were ignored.",
                &["name", "type"],
            ),
            checks: metrics.counters(
                "apiserver_validating_admission_policy_check_total",
                "Evaluations of policies.",
                &["policy", "policy_binding", "error_type", "enforcement_action"],
            ),
            check_duration: metrics.histograms(
                "apiserver_validating_admission_policy_check_duration_seconds",
                "How long evaluations of policies take.",
                &["policy", "policy_binding", "error_type", "enforcement_action"],
                POLICY_BOUNDS,
            ),
        }
    }

    /// Counts a webhook that was asked; without a verdict, it failed.
    pub(super) fn asked(
        &self,
        hook: &Webhook,
        operation: Operation,
        started: Instant,
        verdict: Option<&Verdict>,
    ) {
        let (name, sort, operation) = (&hook.name[..], sort(hook), operation.as_str());
        let ignored = verdict.is_none() && hook.ignores_failure;
        let rejected = !ignored && verdict.is_none_or(|verdict| !verdict.allowed);
        let code = if verdict.is_some() { "200" } else { NO_CODE };
        let is_rejected = if rejected { "true" } else { "false" };
        self.duration
            .with(&[name, sort, operation, is_rejected])
            .observe_duration(started.elapsed());
        self.requests.with(&[name, sort, operation, code, is_rejected]).inc();
        if ignored {
            self.ignored.with(&[name, sort]).inc();
        }
        if rejected {
            let (error, code) = match verdict {
                Some(verdict) => ("no_error", verdict.status["code"].as_u64().unwrap_or(400)),
                None => ("calling_webhook_error", 0),
            };
            let code = code.to_string();
            self.rejections.with(&[name, sort, operation, error, &code]).inc();
        }
    }

    /// Counts a policy that was evaluated.
    pub(super) fn checked(&self, binding: &Binding, started: Instant, action: Action) {
        let action = match action {
            Action::Allow => "allow",
            Action::Deny => "deny",
            Action::Warn => "warn",
            Action::Audit => "audit",
        };
        let labels = [&binding.policy[..], &binding.name, "no_error", action];
        self.checks.with(&labels).inc();
        self.check_duration.with(&labels).observe_duration(started.elapsed());
    }
}

fn sort(hook: &Webhook) -> &'static str {
    match hook.sort {
        Sort::Mutating => "admit",
        Sort::Validating => "validating",
    }
}
