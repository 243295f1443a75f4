//! `TokenReview`: whose token is this?

use crate::kind::{Kind, Scope};
use crate::names::{BuiltIn, Names};

/// Whose token is this?
#[derive(Debug)]
pub(crate) struct TokenReview;

static NAMES: Names = BuiltIn {
    group: "authentication.k8s.io",
    version: "v1",
    kind: "TokenReview",
    plural: "tokenreviews",
    singular: "tokenreview",
    short: &[],
    categories: &[],
}
.names();

impl Kind for TokenReview {
    fn names(&self) -> &Names {
        &NAMES
    }

    fn scope(&self) -> Scope {
        Scope::Cluster
    }

    fn schema_name(&self) -> &'static str {
        "io.k8s.api.authentication.v1.TokenReview"
    }

    fn virtual_review(&self) -> bool {
        true
    }
}
