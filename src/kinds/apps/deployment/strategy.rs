//! How many pods a Deployment may have too many or too few while it replaces them.

use machinery::FieldPath;
use serde_json::Value;

use crate::fill::{default, object};
use crate::read::text;

/// A quarter of the pods at a time, either way.
const SHARE: &str = "25%";

pub(super) fn set_defaults(spec: &mut Value) {
    let Some(strategy) = object(spec, "strategy") else { return };
    default(strategy, "type", "RollingUpdate");
    if text(strategy, "type") != "RollingUpdate" {
        return;
    }
    if let Some(rolling) = object(strategy, "rollingUpdate") {
        default(rolling, "maxUnavailable", SHARE);
        default(rolling, "maxSurge", SHARE);
    }
}

pub(super) fn validate(strategy: &Value, path: &FieldPath<'_>) {
    let rolling = &strategy["rollingUpdate"];
    match text(strategy, "type") {
        "Recreate" if !rolling.is_null() => {
            path.forbidden(
                "rollingUpdate",
                "may not be specified when strategy `type` is 'Recreate'",
            );
        }
        "Recreate" => {}
        "RollingUpdate" if rolling.is_null() => {
            path.required("rollingUpdate", "this should be defaulted and never be nil");
        }
        "RollingUpdate" => validate_rolling(rolling, &path.at("rollingUpdate")),
        other => path.not_supported("type", other, &["Recreate", "RollingUpdate"]),
    }
}

fn validate_rolling(rolling: &Value, path: &FieldPath<'_>) {
    validate_share(&rolling["maxUnavailable"], "maxUnavailable", path);
    validate_share(&rolling["maxSurge"], "maxSurge", path);
    if number(&rolling["maxUnavailable"]) == 0 && number(&rolling["maxSurge"]) == 0 {
        let value = rolling["maxUnavailable"].clone();
        path.invalid("maxUnavailable", value, "may not be 0 when `maxSurge` is 0");
    }
    if percent(&rolling["maxUnavailable"]).is_some_and(|share| share > 100) {
        let value = rolling["maxUnavailable"].clone();
        path.invalid("maxUnavailable", value, "must not be greater than 100%");
    }
}

/// Reports what is neither a count nor a percentage.
fn validate_share(share: &Value, field: &str, path: &FieldPath<'_>) {
    match share {
        Value::String(text) if percent(share).is_none() => path.invalid(
            field,
            text.as_str(),
            "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex \
             used for validation is '[0-9]+%')",
        ),
        Value::Number(_) if share.as_i64().is_some_and(|count| count < 0) => {
            path.invalid(field, share.clone(), "must be greater than or equal to 0");
        }
        _ => {}
    }
}

fn percent(share: &Value) -> Option<u64> {
    let digits = share.as_str()?.strip_suffix('%')?;
    digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok())?
}

fn number(share: &Value) -> u64 {
    percent(share).or(share.as_u64()).unwrap_or(0)
}
