//! `SelfSubjectRulesReview`: what may I do in this namespace?

use machinery::FieldErrors;
use serde_json::Value;

use crate::kind::{Kind, Scope};
use crate::names::{BuiltIn, Names};
use crate::read::text;

/// What may I do in this namespace?
#[derive(Debug)]
pub(crate) struct SelfSubjectRulesReview;

static NAMES: Names = BuiltIn {
    group: "authorization.k8s.io",
    version: "v1",
    kind: "SelfSubjectRulesReview",
    plural: "selfsubjectrulesreviews",
    singular: "selfsubjectrulesreview",
    short: &[],
    categories: &[],
}
.names();

impl Kind for SelfSubjectRulesReview {
    fn names(&self) -> &Names {
        &NAMES
    }

    fn scope(&self) -> Scope {
        Scope::Cluster
    }

    fn schema_name(&self) -> &'static str {
        "io.k8s.api.authorization.v1.SelfSubjectRulesReview"
    }

    fn virtual_review(&self) -> bool {
        true
    }

    fn validate(&self, review: &Value, errors: &FieldErrors) {
        if text(&review["spec"], "namespace").is_empty() {
            errors.at("spec").required("namespace", "");
        }
    }
}
