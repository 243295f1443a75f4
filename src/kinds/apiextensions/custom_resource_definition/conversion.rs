//! Who turns objects of one version into another.

use machinery::FieldPath;
use serde_json::Value;

use crate::admissionregistration::validate_client;
use crate::read::{items, text};

/// The versions of the question that are known.
const REVIEW_VERSIONS: &[&str] = &["v1", "v1beta1"];

/// Checks the conversion at `path`.
pub(super) fn validate(conversion: &Value, path: &FieldPath<'_>) {
    let webhook = &conversion["webhook"];
    match text(conversion, "strategy") {
        "" => path.required("strategy", ""),
        "None" if !webhook.is_null() => {
            path.forbidden("webhook", "should not be set when strategy is not set to Webhook");
        }
        "None" => {}
        "Webhook" if webhook["clientConfig"].is_null() => {
            path.at("webhook").required("clientConfig", "required when strategy is set to Webhook");
        }
        "Webhook" => {
            let path = path.at("webhook");
            validate_client(&webhook["clientConfig"], &path.at("clientConfig"));
            validate_versions(webhook, &path);
        }
        other => path.not_supported("strategy", other, &["None", "Webhook"]),
    }
}

fn validate_versions(webhook: &Value, path: &FieldPath<'_>) {
    let field = "conversionReviewVersions";
    let mut given = items(webhook, field).filter_map(Value::as_str).peekable();
    let known = REVIEW_VERSIONS.join(", ");
    if given.peek().is_none() {
        path.required(field, "");
    } else if !given.any(|version| REVIEW_VERSIONS.contains(&version)) {
        let detail = format!("must include at least one of {known}");
        path.invalid(field, webhook[field].clone(), &detail);
    }
}
