//! Every built-in kind through the whole server: what is valid is accepted in every form, and what is not is refused
//! with the place where it is wrong.

pub(super) mod specimens;

use std::fmt::Write;

use expect_test::expect_file;
use http::Method;
use kinds::{KINDS, Kind, Scope, Verb};
use machinery::{Definition, FieldType};
use serde_json::{Value, json};

use crate::testing::{Fixture, Reply};
use specimens::specimens;

/// Values that fit no enumeration, no name, no amount and no address.
const NONSENSE: &str = "N0t. any-thing!";

/// Where objects of a kind are created.
pub(super) fn collection(kind: &dyn Kind) -> String {
    let names = kind.names();
    let root = if names.group.is_empty() { "/api" } else { "/apis" };
    let version = names.api_version();
    match kind.scope() {
        Scope::Namespaced => format!("{root}/{version}/namespaces/default/{}", names.plural),
        Scope::Cluster => format!("{root}/{version}/{}", names.plural),
    }
}

fn can(kind: &dyn Kind, verb: Verb) -> bool {
    kind.verbs().contains(&verb)
}

/// The kinds whose objects are kept.
fn stored() -> impl Iterator<Item = (&'static dyn Kind, Value)> {
    specimens().into_iter().filter(|(kind, _)| can(*kind, Verb::Create) && can(*kind, Verb::Get))
}

async fn tried(server: &Fixture, kind: &dyn Kind, object: &Value) -> Reply {
    let path = format!("{}?dryRun=All&fieldValidation=Strict", collection(kind));
    server.post(&path, object).await
}

#[test]
fn every_kind_has_a_specimen() {
    let have = specimens();
    let creatable = KINDS.iter().filter(|kind| can(**kind, Verb::Create));
    let missing: Vec<_> = creatable
        .filter(|kind| !have.iter().any(|(other, _)| other.schema_name() == kind.schema_name()))
        .map(|kind| kind.schema_name())
        .collect();
    assert_eq!(missing, Vec::<&str>::new());
}

#[tokio::test]
async fn a_valid_object_of_every_kind_is_accepted_and_shown_in_every_form() {
    let server = Fixture::new().await;
    for (kind, object) in stored() {
        let name = kind.schema_name();
        let created = server.post(&collection(kind), &object).await;
        assert_eq!(created.code, 201, "{name}: {}", String::from_utf8_lossy(&created.body));
        assert_eq!(created.warnings().iter().filter(|it| it.contains("unknown")).count(), 0);
        let created = created.json();
        let path =
            format!("{}/{}", collection(kind), created["metadata"]["name"].as_str().unwrap());
        let read = server.get(&path).await.expect(200);
        assert_eq!(without_changes(&read), without_changes(&created), "{name}");
        for (accept, kind_of_answer) in [
            ("application/yaml", None),
            ("application/json;as=Table;v=v1;g=meta.k8s.io", Some("Table")),
            (
                "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io",
                Some("PartialObjectMetadata"),
            ),
        ] {
            let shown = server.ask(Method::GET, &path, &[("accept", accept)], "").await;
            assert_eq!(shown.code, 200, "{name} as {accept}");
            if let Some(kind_of_answer) = kind_of_answer {
                assert_eq!(shown.json()["kind"], kind_of_answer, "{name} as {accept}");
            }
        }
        // What is read may be written back, and that changes nothing.
        let read = server.get(&path).await.expect(200);
        if can(kind, Verb::Update) {
            let strict = format!("{path}?fieldValidation=Strict");
            let again = server.put(&strict, &read).await;
            assert_eq!(again.code, 200, "{name}: {}", String::from_utf8_lossy(&again.body));
            assert_eq!(
                again.json()["metadata"]["resourceVersion"],
                read["metadata"]["resourceVersion"],
                "{name}"
            );
        }
        laws_of_apply_hold(&server, &path, &read).await;
    }
}

/// What is applied is there, applying it again changes nothing, what is left out goes, and others are asked.
async fn laws_of_apply_hold(server: &Fixture, path: &str, object: &Value) {
    let wish = |labels: Value| {
        json!({
            "apiVersion": object["apiVersion"], "kind": object["kind"],
            "metadata": {"name": object["metadata"]["name"], "labels": labels},
        })
    };
    let applied =
        server.apply(path, "ann", &wish(json!({"first": "1", "second": "1"}))).await.expect(200);
    let again =
        server.apply(path, "ann", &wish(json!({"first": "1", "second": "1"}))).await.expect(200);
    assert_eq!(again["metadata"], applied["metadata"], "{path}");
    let bob = server.apply(path, "bob", &wish(json!({"third": "1"}))).await.expect(200);
    assert_eq!(labels(&bob), json!({"first": "1", "second": "1", "third": "1"}), "{path}");
    let taken = server.apply(path, "bob", &wish(json!({"third": "1", "first": "2"}))).await;
    taken.failure(409, "Conflict");
    assert_eq!(taken.json()["details"]["causes"][0]["reason"], "FieldManagerConflict", "{path}");
    let force = "bob&force=true";
    server.apply(path, force, &wish(json!({"third": "1", "first": "2"}))).await.expect(200);
    let less = server.apply(path, "ann", &wish(json!({}))).await.expect(200);
    assert_eq!(labels(&less), json!({"first": "2", "third": "1"}), "{path}");
}

/// The labels that somebody applied: a namespace has one more.
fn labels(object: &Value) -> Value {
    let mut labels = object["metadata"]["labels"].clone();
    labels
        .as_object_mut()
        .unwrap()
        .retain(|name, _| ["first", "second", "third"].contains(&&**name));
    labels
}

/// What the server itself may change while a test looks.
fn without_changes(object: &Value) -> Value {
    let mut object = object.clone();
    object.as_object_mut().unwrap().remove("status");
    let metadata = object["metadata"].as_object_mut().unwrap();
    metadata.retain(|field, _| field != "resourceVersion" && field != "managedFields");
    object
}

#[tokio::test]
async fn a_question_of_every_kind_is_answered() {
    let server = Fixture::new().await;
    for (kind, object) in specimens() {
        if kind.virtual_review() && kind.names().kind != "Binding" {
            let answer = server.post(&collection(kind), &object).await;
            assert_eq!(answer.code, 201, "{}", String::from_utf8_lossy(&answer.body));
            assert!(answer.json()["status"].is_object(), "{}", kind.schema_name());
        }
    }
}

#[tokio::test]
async fn a_delete_of_every_kind_answers_as_kubernetes_does() {
    let server = Fixture::new().await;
    let mut answers = String::new();
    for (kind, object) in stored() {
        let created = server.post(&collection(kind), &object).await.expect(201);
        let path =
            format!("{}/{}", collection(kind), created["metadata"]["name"].as_str().unwrap());
        let answer = server.delete(&path, &Value::Null).await.expect(200);
        let held = !answer["metadata"]["deletionTimestamp"].is_null();
        let how = if held { "stays until its finalizers are gone" } else { "is gone" };
        writeln!(answers, "{}: {}, {how}", kind.schema_name(), answer["kind"].as_str().unwrap())
            .unwrap();
        let status = answer["kind"] == "Status";
        if status {
            assert_eq!(answer["details"]["uid"], created["metadata"]["uid"]);
            assert_eq!(answer["details"]["kind"], kind.names().plural.as_ref());
        }
        // What is held may go at once: nothing was left to clean up.
        assert!(held || server.get(&path).await.code == 404, "{path}");
    }
    expect_file!["kinds/deletes.txt"].assert_eq(&answers);
}

/// What is said of every kind without each field its schema requires.
#[tokio::test]
async fn what_the_schema_requires_is_missed_where_it_is_missing() {
    let server = Fixture::new().await;
    let mut said = String::new();
    for (kind, object) in stored() {
        let definition = kinds::schemas().definition(kind.schema_name()).unwrap();
        let mut pointers = Vec::new();
        required_of(definition, &object, "", &mut pointers);
        for pointer in pointers {
            let broken = with(&object, &pointer, None);
            let reply = tried(&server, kind, &broken).await;
            writeln!(said, "{} without {pointer}\n{}", kind.schema_name(), brief(&reply)).unwrap();
        }
    }
    expect_file!["kinds/required.txt"].assert_eq(&said);
}

/// What is said of every kind with nonsense in each of its texts and numbers.
#[tokio::test]
async fn nonsense_is_refused_where_it_stands() {
    let server = Fixture::new().await;
    let mut said = String::new();
    for (kind, object) in stored() {
        for (pointer, value) in leaves(&object) {
            let nonsense = match value {
                Value::String(_) => json!(NONSENSE),
                Value::Number(_) => json!(-7),
                _ => continue,
            };
            let reply = tried(&server, kind, &with(&object, &pointer, Some(nonsense))).await;
            writeln!(said, "{} {pointer}\n{}", kind.schema_name(), brief(&reply)).unwrap();
        }
    }
    expect_file!["kinds/nonsense.txt"].assert_eq(&said);
}

/// Values of every type where another one belongs: an answer, and never a failure of the server's own.
#[tokio::test]
async fn values_of_the_wrong_type_are_refused_and_break_nothing() {
    let server = Fixture::new().await;
    let wrong = [
        json!({}),
        json!([]),
        json!([{}]),
        json!(1.5),
        json!(true),
        json!(""),
        json!(1e300),
        json!({"a": null}),
    ];
    for (kind, object) in specimens() {
        for pointer in places(&object) {
            for value in &wrong {
                let reply =
                    tried(&server, kind, &with(&object, &pointer, Some(value.clone()))).await;
                let told = String::from_utf8_lossy(&reply.body);
                assert!(reply.code < 500, "{} {pointer} = {value}: {told}", kind.schema_name());
            }
        }
    }
}

/// The causes of a refusal, one a line.
fn brief(reply: &Reply) -> String {
    if reply.code < 300 {
        return "    is fine".to_owned();
    }
    let status = reply.json();
    assert_eq!(status["kind"], "Status");
    let causes = status["details"]["causes"].as_array().cloned().unwrap_or_default();
    let mut lines: Vec<String> = causes
        .iter()
        .map(|cause| {
            format!("    {} {}: {}", reply.code, text(&cause["field"]), text(&cause["message"]))
        })
        .collect();
    if lines.is_empty() {
        lines.push(format!("    {} {}", reply.code, text(&status["message"])));
    }
    assert!(reply.code == 422 || reply.code == 400 || reply.code == 403, "{status}");
    lines.join("\n")
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// Where an object holds what its definition requires.
fn required_of(definition: &Definition, object: &Value, at: &str, found: &mut Vec<String>) {
    for field in &definition.fields {
        let value = &object[field.name.as_str()];
        if value.is_null() || field.name == "metadata" {
            continue;
        }
        let pointer = format!("{at}/{}", field.name);
        if field.required {
            found.push(pointer.clone());
        }
        let (kind, value, pointer) = match &field.kind {
            FieldType::List(item) => (item.as_ref(), &value[0], format!("{pointer}/0")),
            kind => (kind, value, pointer),
        };
        if let FieldType::Object(id) = kind {
            required_of(kinds::schemas().get(*id), value, &pointer, found);
        }
    }
}

/// The texts and numbers of an object, besides what names it.
fn leaves(object: &Value) -> Vec<(String, Value)> {
    let found = places(object).into_iter().filter_map(|pointer| {
        let value = object.pointer(&pointer)?.clone();
        (!value.is_object() && !value.is_array()).then_some((pointer, value))
    });
    found.collect()
}

/// Every place in an object, besides its type and its metadata.
fn places(object: &Value) -> Vec<String> {
    let mut found = Vec::new();
    for (field, value) in object.as_object().unwrap() {
        if !["apiVersion", "kind", "metadata"].contains(&field.as_str()) {
            places_below(value, &format!("/{}", escaped(field)), &mut found);
        }
    }
    found
}

fn places_below(value: &Value, at: &str, found: &mut Vec<String>) {
    found.push(at.to_owned());
    match value {
        Value::Object(fields) => {
            for (field, value) in fields {
                places_below(value, &format!("{at}/{}", escaped(field)), found);
            }
        }
        Value::Array(items) => {
            for (index, value) in items.iter().enumerate() {
                places_below(value, &format!("{at}/{index}"), found);
            }
        }
        _ => {}
    }
}

fn escaped(field: &str) -> String {
    field.replace('~', "~0").replace('/', "~1")
}

/// The object with another value, or none, at a place.
fn with(object: &Value, pointer: &str, value: Option<Value>) -> Value {
    let mut changed = object.clone();
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    match (value, changed.pointer_mut(parent).unwrap()) {
        (Some(value), _) => *changed.pointer_mut(pointer).unwrap() = value,
        (None, Value::Object(fields)) => drop(fields.remove(&name.replace("~1", "/"))),
        (None, Value::Array(items)) => drop(items.remove(name.parse().unwrap())),
        (None, _) => {}
    }
    changed
}
