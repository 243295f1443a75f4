//! `ClusterRole`: what may be done in the cluster, or in whichever namespace it is bound.

use machinery::FieldErrors;
use serde_json::Value;

use super::role::validate_rules;
use crate::column::Column;
use crate::kind::{Kind, Scope};
use crate::metadata::NameRule;
use crate::names::{BuiltIn, Names};
use crate::read::items;
use crate::{required, selector};

/// What may be done in the cluster, or in whichever namespace it is bound.
#[derive(Debug)]
pub(crate) struct ClusterRole;

static NAMES: Names = BuiltIn {
    group: "rbac.authorization.k8s.io",
    version: "v1",
    kind: "ClusterRole",
    plural: "clusterroles",
    singular: "clusterrole",
    short: &[],
    categories: &[],
}
.names();

impl Kind for ClusterRole {
    fn names(&self) -> &Names {
        &NAMES
    }

    fn scope(&self) -> Scope {
        Scope::Cluster
    }

    fn schema_name(&self) -> &'static str {
        "io.k8s.api.rbac.v1.ClusterRole"
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
        validate_rules(role, Scope::Cluster, errors);
        let aggregation = &role["aggregationRule"];
        if aggregation.is_null() {
            return;
        }
        let path = errors.at("aggregationRule");
        let field = "clusterRoleSelectors";
        let detail = "at least one clusterRoleSelector required if aggregationRule is non-nil";
        required::list(aggregation, field, detail, &path);
        for (index, selector) in items(aggregation, field).enumerate() {
            selector::validate(selector, &path.at(field).index(index));
        }
    }
}

#[cfg(test)]
mod tests;
