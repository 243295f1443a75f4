//! `SelfSubjectReview`: who am I?

use crate::kind::{Kind, Scope};
use crate::names::{BuiltIn, Names};

/// Who am I?
#[derive(Debug)]
pub(crate) struct SelfSubjectReview;

static NAMES: Names = BuiltIn {
    group: "authentication.k8s.io",
    version: "v1",
    kind: "SelfSubjectReview",
    plural: "selfsubjectreviews",
    singular: "selfsubjectreview",
    short: &[],
    categories: &[],
}
.names();

impl Kind for SelfSubjectReview {
    fn names(&self) -> &Names {
        &NAMES
    }

    fn scope(&self) -> Scope {
        Scope::Cluster
    }

    fn schema_name(&self) -> &'static str {
        "io.k8s.api.authentication.v1.SelfSubjectReview"
    }

    fn virtual_review(&self) -> bool {
        true
    }
}
