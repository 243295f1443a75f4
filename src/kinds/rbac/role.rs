//! Role: what may be done in a namespace.

use machinery::{FieldErrors, FieldPath};
use serde_json::Value;

use crate::column::Column;
use crate::kind::{Kind, Scope};
use crate::metadata::NameRule;
use crate::names::{BuiltIn, Names};
use crate::read::items;
use crate::required;

/// What may be done in a namespace.
#[derive(Debug)]
pub(crate) struct Role;

static NAMES: Names = BuiltIn {
    group: "rbac.authorization.k8s.io",
    version: "v1",
    kind: "Role",
    plural: "roles",
    singular: "role",
    short: &[],
    categories: &[],
}
.names();

impl Kind for Role {
    fn names(&self) -> &Names {
        &NAMES
    }

    fn schema_name(&self) -> &'static str {
        "io.k8s.api.rbac.v1.Role"
    }

    fn name_rule(&self) -> NameRule {
        NameRule::PathSegment
    }

    fn columns(&self) -> &[Column] {
        Column::NAME_AND_DATE
    }

    fn create_on_update(&self) -> bool {
        true
    }

    fn validate(&self, role: &Value, errors: &FieldErrors) {
        validate_rules(role, Scope::Namespaced, errors);
    }
}

/// Checks the rules of a role, which may name paths only if it holds in the whole cluster.
pub(super) fn validate_rules(role: &Value, scope: Scope, errors: &FieldErrors) {
    for (index, rule) in items(role, "rules").enumerate() {
        validate_rule(rule, scope, &errors.at("rules").index(index));
    }
}

fn validate_rule(rule: &Value, scope: Scope, path: &FieldPath<'_>) {
    required::list(rule, "verbs", "verbs must contain at least one value", path);
    let has = |field: &str| items(rule, field).next().is_some();
    if has("nonResourceURLs") {
        let value = rule["nonResourceURLs"].clone();
        if scope == Scope::Namespaced {
            let detail = "namespaced rules cannot apply to non-resource URLs";
            path.invalid("nonResourceURLs", value.clone(), detail);
        }
        if ["apiGroups", "resources", "resourceNames"].into_iter().any(has) {
            let detail = "rules cannot apply to both regular resources and non-resource URLs";
            path.invalid("nonResourceURLs", value, detail);
        }
        return;
    }
    required::list(rule, "apiGroups", "resource rules must supply at least one api group", path);
    required::list(rule, "resources", "resource rules must supply at least one resource", path);
}

#[cfg(test)]
mod tests;
