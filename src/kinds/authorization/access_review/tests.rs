use serde_json::{Value, json};

use super::{LocalSubjectAccessReview, SelfSubjectAccessReview, SubjectAccessReview};
use crate::authorization::SelfSubjectRulesReview;
use crate::core::Binding;
use crate::fixture::problems;
use crate::kind::Kind;

fn refused(kind: &dyn Kind, spec: Value, expected: &str) {
    let review = json!({"metadata": {"namespace": "a"}, "spec": spec});
    assert_eq!(problems(kind, &review), expected);
}

#[test]
fn a_review_asks_one_question() {
    let question = json!({"resourceAttributes": {"verb": "get"}});
    refused(&SelfSubjectAccessReview, question, "");
    refused(
        &SelfSubjectAccessReview,
        json!({}),
        "spec.resourceAttributes: Invalid value: \"null\": exactly one of nonResourceAttributes or resourceAttributes \
         must be specified",
    );
    refused(
        &SelfSubjectAccessReview,
        json!({"resourceAttributes": {}, "nonResourceAttributes": {"path": "/"}}),
        "spec.nonResourceAttributes: Invalid value: {\"path\":\"/\"}: cannot be specified in combination with \
         resourceAttributes",
    );
}

#[test]
fn a_review_of_others_names_somebody() {
    let question = json!({"resourceAttributes": {"verb": "get"}});
    refused(
        &SubjectAccessReview,
        question,
        "spec.user: Invalid value: \"\": at least one of user or group must be specified",
    );
    refused(&SubjectAccessReview, json!({"user": "u", "nonResourceAttributes": {"path": "/"}}), "");
}

#[test]
fn a_local_review_stays_in_its_namespace() {
    let spec =
        |namespace: &str| json!({"user": "u", "resourceAttributes": {"namespace": namespace}});
    refused(&LocalSubjectAccessReview, spec("a"), "");
    refused(
        &LocalSubjectAccessReview,
        spec("b"),
        "spec.resourceAttributes.namespace: Invalid value: \"b\": must match metadata.namespace",
    );
}

#[test]
fn the_other_questions_need_their_subject() {
    refused(&SelfSubjectRulesReview, json!({}), "spec.namespace: Required value");
    assert_eq!(problems(&Binding, &json!({"target": {}})), "target.name: Required value");
    assert_eq!(
        problems(&Binding, &json!({"target": {"kind": "Moon", "name": "n"}})),
        "target.kind: Unsupported value: \"Moon\": supported values: \"<empty>\", \"Node\""
    );
}
