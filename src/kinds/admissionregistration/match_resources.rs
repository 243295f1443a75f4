//! Which objects a policy is about.

use machinery::FieldPath;
use serde_json::{Value, json};

use super::rule;
use crate::choice::one_of;
use crate::fill::default;
use crate::read::items;
use crate::selector;

const RULES: [&str; 2] = ["resourceRules", "excludeResourceRules"];

/// Fills what is left out.
pub(super) fn fill(constraints: &mut Value) {
    default(constraints, "matchPolicy", "Equivalent");
    default(constraints, "namespaceSelector", json!({}));
    default(constraints, "objectSelector", json!({}));
    for field in RULES {
        rule::fill_all(constraints, field);
    }
}

/// Checks the constraints at `path`.
pub(super) fn validate(constraints: &Value, path: &FieldPath<'_>) {
    one_of(constraints, "matchPolicy", &["Equivalent", "Exact"], path);
    selector::validate(&constraints["namespaceSelector"], &path.at("namespaceSelector"));
    selector::validate(&constraints["objectSelector"], &path.at("objectSelector"));
    for field in RULES {
        for (index, one) in items(constraints, field).enumerate() {
            rule::validate(one, &path.at(field).index(index));
        }
    }
}
