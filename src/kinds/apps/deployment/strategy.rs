//! How many pods a Deployment may have too many or too few while it replaces them.

use machinery::FieldPath;
use serde_json::Value;

use crate::fill::{default, object};
use crate::read::text;
use crate::share;

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
        _ => path.not_supported("", strategy.clone(), &["Recreate", "RollingUpdate"]),
    }
}

fn validate_rolling(rolling: &Value, path: &FieldPath<'_>) {
    share::validate(&rolling["maxUnavailable"], "maxUnavailable", path);
    share::validate(&rolling["maxSurge"], "maxSurge", path);
    if share::number(&rolling["maxUnavailable"]) == 0 && share::number(&rolling["maxSurge"]) == 0 {
        let value = rolling["maxUnavailable"].clone();
        path.invalid("maxUnavailable", value, "may not be 0 when `maxSurge` is 0");
    }
    share::validate_at_most_all(&rolling["maxUnavailable"], "maxUnavailable", path);
}
