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

#[test]
fn a_review_of_some_objects_says_which() {
    let asked = |selector: &str, wanted: Value, expected: &str| {
        let attributes = json!({"verb": "list", "resource": "pods", selector: wanted});
        refused(&SelfSubjectAccessReview, json!({"resourceAttributes": attributes}), expected);
    };
    asked("fieldSelector", json!({"rawSelector": "spec.nodeName=n"}), "");
    let only = json!({"key": "spec.nodeName", "operator": "In", "values": ["n"]});
    asked("fieldSelector", json!({"requirements": [only]}), "");
    // A later server may know more operators.
    asked("labelSelector", json!({"requirements": [{"key": "a", "operator": "Like"}]}), "");
    asked(
        "fieldSelector",
        json!({"rawSelector": "a=b", "requirements": [only]}),
        "spec.resourceAttributes.fieldSelector.rawSelector: Invalid value: \"a=b\": may not specified at the same time as \
         requirements",
    );
    asked(
        "labelSelector",
        json!({}),
        "spec.resourceAttributes.labelSelector.requirements: Required value: when spec.resourceAttributes.labelSelector is \
         specified, requirements or rawSelector is required",
    );
    asked(
        "fieldSelector",
        json!({"requirements": [{"operator": "Exists"}]}),
        "spec.resourceAttributes.fieldSelector.requirements[0].key: Required value: must be specified",
    );
    asked(
        "labelSelector",
        json!({"requirements": [{"key": "a", "operator": "Exists", "values": ["b"]}]}),
        "spec.resourceAttributes.labelSelector.requirements[0].values: Forbidden: may not be specified when `operator` is \
         'Exists' or 'DoesNotExist'",
    );
}
