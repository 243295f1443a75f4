//! Access reviews: may this user do that? They are asked, never stored.

use machinery::{FieldErrors, FieldPath};
use serde_json::Value;

use crate::kind::{Kind, Scope};
use crate::names::{BuiltIn, Names};
use crate::read::{items, text};
use crate::selector;

/// May that user do this?
#[derive(Debug)]
pub(crate) struct SubjectAccessReview;

/// May I do this?
#[derive(Debug)]
pub(crate) struct SelfSubjectAccessReview;

/// May that user do this in this namespace?
#[derive(Debug)]
pub(crate) struct LocalSubjectAccessReview;

const fn names(kind: &'static str, plural: &'static str, singular: &'static str) -> Names {
    BuiltIn {
        group: "authorization.k8s.io",
        version: "v1",
        kind,
        plural,
        singular,
        short: &[],
        categories: &[],
    }
    .names()
}

static SUBJECT: Names = names("SubjectAccessReview", "subjectaccessreviews", "subjectaccessreview");
static SELF: Names =
    names("SelfSubjectAccessReview", "selfsubjectaccessreviews", "selfsubjectaccessreview");
static LOCAL: Names =
    names("LocalSubjectAccessReview", "localsubjectaccessreviews", "localsubjectaccessreview");

impl Kind for SubjectAccessReview {
    fn names(&self) -> &Names {
        &SUBJECT
    }

    fn scope(&self) -> Scope {
        Scope::Cluster
    }

    fn schema_name(&self) -> &'static str {
        "io.k8s.api.authorization.v1.SubjectAccessReview"
    }

    fn virtual_review(&self) -> bool {
        true
    }

    fn validate(&self, review: &Value, errors: &FieldErrors) {
        validate_question(&review["spec"], errors);
        validate_subject(&review["spec"], errors);
    }
}

impl Kind for SelfSubjectAccessReview {
    fn names(&self) -> &Names {
        &SELF
    }

    fn scope(&self) -> Scope {
        Scope::Cluster
    }

    fn schema_name(&self) -> &'static str {
        "io.k8s.api.authorization.v1.SelfSubjectAccessReview"
    }

    fn virtual_review(&self) -> bool {
        true
    }

    fn validate(&self, review: &Value, errors: &FieldErrors) {
        validate_question(&review["spec"], errors);
    }
}

impl Kind for LocalSubjectAccessReview {
    fn names(&self) -> &Names {
        &LOCAL
    }

    fn schema_name(&self) -> &'static str {
        "io.k8s.api.authorization.v1.LocalSubjectAccessReview"
    }

    fn virtual_review(&self) -> bool {
        true
    }

    fn validate(&self, review: &Value, errors: &FieldErrors) {
        let spec = &review["spec"];
        validate_question(spec, errors);
        validate_subject(spec, errors);
        if !spec["nonResourceAttributes"].is_null() {
            let detail = "disallowed on this kind of request";
            errors.at("spec").forbidden("nonResourceAttributes", detail);
        }
        let (own, asked) = (
            text(&review["metadata"], "namespace"),
            text(&spec["resourceAttributes"], "namespace"),
        );
        if own != asked {
            let path = errors.at("spec").at("resourceAttributes");
            path.invalid("namespace", asked, "must match metadata.namespace");
        }
    }
}

fn validate_question(spec: &Value, errors: &FieldErrors) {
    let path = errors.at("spec");
    validate_selectors(&spec["resourceAttributes"], &path);
    match (&spec["resourceAttributes"], &spec["nonResourceAttributes"]) {
        (Value::Null, Value::Null) => path.invalid(
            "resourceAttributes",
            Value::Null,
            "exactly one of nonResourceAttributes or resourceAttributes must be specified",
        ),
        (Value::Null, _) | (_, Value::Null) => {}
        (_, other) => path.invalid(
            "nonResourceAttributes",
            other.clone(),
            "cannot be specified in combination with resourceAttributes",
        ),
    }
}

/// Checks one requirement of a selector.
type Validate = fn(&Value, &FieldPath<'_>);

/// Which of the objects a question is about, if not about all.
fn validate_selectors(attributes: &Value, path: &FieldPath<'_>) {
    let path = path.at("resourceAttributes");
    let kinds: [(&str, Validate); 2] =
        [("fieldSelector", selector::validate_field), ("labelSelector", selector::validate_label)];
    for (name, validate) in kinds {
        let asked = &attributes[name];
        if asked.is_null() {
            continue;
        }
        let path = path.at(name);
        let (raw, count) = (text(asked, "rawSelector"), items(asked, "requirements").count());
        if !raw.is_empty() && count > 0 {
            path.invalid("rawSelector", raw, "may not specified at the same time as requirements");
        }
        if raw.is_empty() && count == 0 {
            let detail = format!(
                "when spec.resourceAttributes.{name} is specified, requirements or rawSelector is required"
            );
            path.required("requirements", &detail);
        }
        for (index, requirement) in items(asked, "requirements").enumerate() {
            validate(requirement, &path.at("requirements").index(index));
        }
    }
}

fn validate_subject(spec: &Value, errors: &FieldErrors) {
    if text(spec, "user").is_empty() && items(spec, "groups").next().is_none() {
        let detail = "at least one of user or group must be specified";
        errors.at("spec").invalid("user", "", detail);
    }
}

#[cfg(test)]
mod tests;
