//! Parts of a whole: a count, or a percentage.

use machinery::FieldPath;
use serde_json::Value;

/// Reports what is neither a count nor a percentage.
pub(crate) fn validate(share: &Value, field: &str, path: &FieldPath<'_>) {
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

/// Reports more than the whole.
pub(crate) fn validate_at_most_all(share: &Value, field: &str, path: &FieldPath<'_>) {
    if percent(share).is_some_and(|share| share > 100) {
        path.invalid(field, share.clone(), "must not be greater than 100%");
    }
}

/// The number in front of the percent sign.
pub(crate) fn percent(share: &Value) -> Option<u64> {
    let digits = share.as_str()?.strip_suffix('%')?;
    digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok())?
}

/// The count or the percentage, whichever it is.
pub(crate) fn number(share: &Value) -> u64 {
    percent(share).or(share.as_u64()).unwrap_or(0)
}

/// The share as tables show it.
pub(crate) fn shown(share: &Value) -> String {
    match share {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
