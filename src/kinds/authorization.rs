//! The group `authorization.k8s.io`: questions about what somebody may do.

mod access_review;
mod rules_review;

pub(crate) use access_review::{
    LocalSubjectAccessReview, SelfSubjectAccessReview, SubjectAccessReview,
};
pub(crate) use rules_review::SelfSubjectRulesReview;
