//! Documents that cannot be applied say why.

use serde_json::{Value, json};

use super::super::tests::{deployment, shape};
use super::check;

fn problems(containers: Value) -> Vec<String> {
    let document = json!({"spec": {"template": {"spec": {"containers": containers}}}});
    check(deployment(), &document)
}

#[test]
fn a_good_document_has_no_problems() {
    let container = json!({"name": "a", "ports": [
        {"containerPort": 80}, {"containerPort": 80, "protocol": "UDP"}
    ]});
    assert!(problems(json!([container])).is_empty());
}

#[test]
fn unknown_fields_are_named() {
    assert_eq!(
        problems(json!([{"name": "a", "imag": "x"}])),
        [".spec.template.spec.containers[name=\"a\"].imag: field not declared in schema"]
    );
    let labels = json!({"metadata": {"labels": {"any": "x"}}, "more": 1});
    assert_eq!(check(deployment(), &labels), [".more: field not declared in schema"]);
}

#[test]
fn items_must_differ_in_their_keys() {
    let twice = json!([{"name": "a", "ports": [
        {"containerPort": 80}, {"containerPort": 80, "protocol": "TCP"}
    ]}]);
    assert_eq!(
        problems(twice),
        [
            ".spec.template.spec.containers[name=\"a\"].ports: duplicate entries for key [containerPort=80,protocol=\"TCP\"]"
        ]
    );
    let set = json!({"metadata": {"finalizers": ["a", "a"]}});
    assert_eq!(
        check(shape("", "ConfigMap"), &set),
        [".metadata.finalizers: duplicate entries for key [=\"a\"]"]
    );
}

#[test]
fn items_must_have_keys() {
    let at = ".spec.template.spec.containers: element 0: associative list with keys";
    assert_eq!(problems(json!([null])), [format!("{at} may not have a null element")]);
    assert_eq!(problems(json!(["a"])), [format!("{at} may not have non-map elements")]);
    assert_eq!(
        problems(json!([{"image": "x"}])),
        [format!(
            "{at} has an element that omits all key fields [\"name\"] (and doesn't have default values for any key fields)"
        )]
    );
    let set = json!({"metadata": {"finalizers": [null, {}, []]}});
    assert_eq!(check(shape("", "ConfigMap"), &set).len(), 3);
}

/// A name of a megabyte stands in the path of each of its fields.
#[test]
fn a_long_document_gets_a_short_answer() {
    let mut container = json!({"name": "n".repeat(1 << 20)});
    for index in 0..10_000 {
        container[format!("f{index}")] = 1.into();
    }
    let problems = problems(json!([container]));
    assert_eq!(problems.len(), 100);
    assert!(problems.iter().all(|problem| problem.len() < 2_000));
    assert!(problems[0].ends_with("n…: field not declared in schema"), "{}", problems[0]);
}
