//! The patch languages against kubectl's own idea of them: `kubectl patch --local` on generated cases.

mod cases;

use std::process::Stdio;

use base::Random;
use futures::StreamExt as _;
use machinery::{FieldValidation, Media, document, patch};
use serde_json::Value;
use tokio::process::Command;

use crate::support::kubectls::{self, Kubectl};
use cases::Case;

const SPECIMENS: &str = include_str!("../specimens.yaml");
/// More cases of every kind than the one that a test run has time for: `ISOPOD_TEST_PATCHES=50 cargo test patches_are`.
const MORE: &str = "ISOPOD_TEST_PATCHES";
/// Processes at a time; there are two cores.
const CONCURRENT: usize = 4;

/// Every specimen whose kind has a schema and can be patched.
fn specimens() -> Vec<Value> {
    let parsed = SPECIMENS.split("\n---\n").map(|document| {
        let document = document.as_bytes();
        machinery::parse(document, Media::Yaml, FieldValidation::Strict).expect("valid YAML").object
    });
    parsed.filter(|object| !document::name(object).is_empty()).collect()
}

#[tokio::test]
async fn patches_are_what_kubectl_makes_of_them() {
    let Some(newest) = kubectls::all().last() else { return };
    let rounds: u32 = std::env::var(MORE).ok().and_then(|more| more.parse().ok()).unwrap_or(1);
    let random = Random::seeded(7);
    let mut cases = Vec::new();
    for object in specimens() {
        for _ in 0..rounds {
            cases.push(cases::of(&object, &random));
        }
    }
    let folder = tempfile::tempdir().expect("a folder for the objects");
    let checks = cases.into_iter().enumerate().map(|(number, case)| {
        let file = folder.path().join(format!("{number}.json"));
        async move { check(newest, &case, &file).await }
    });
    let faults: Vec<String> = futures::stream::iter(checks)
        .buffer_unordered(CONCURRENT)
        .filter_map(async |fault| fault)
        .collect()
        .await;
    assert!(faults.is_empty(), "{} differ:\n{}", faults.len(), faults.join("\n"));
}

/// What is wrong with our result of a case.
async fn check(kubectl: &Kubectl, case: &Case, file: &std::path::Path) -> Option<String> {
    std::fs::write(file, case.object.to_string()).expect("the folder is writable");
    let output = Command::new(&kubectl.path)
        .args(["patch", "--local", "-o", "json", "--type", case.language, "-p"])
        .arg(case.patch.to_string())
        .arg("-f")
        .arg(file)
        .env("KUBECONFIG", "/dev/null")
        .stdin(Stdio::null())
        .output()
        .await
        .expect("kubectl starts");
    let theirs =
        serde_json::from_slice::<Value>(&output.stdout).ok().filter(|_| output.status.success());
    let (theirs, ours) = (theirs.map(without_nulls), ours(case).map(without_nulls));
    if theirs == ours {
        return None;
    }
    let shown =
        |result: Option<Value>| result.map_or("a refusal".to_owned(), |value| value.to_string());
    Some(format!(
        "{} patch {}\n  of {}\n  kubectl: {}{}\n  ours: {}",
        case.language,
        case.patch,
        case.object,
        shown(theirs),
        String::from_utf8_lossy(&output.stderr),
        shown(ours),
    ))
}

fn ours(case: &Case) -> Option<Value> {
    let object = case.object.clone();
    match case.language {
        "merge" => Some(patch::merge::apply(object, &case.patch)),
        "json" => patch::json::apply(object, &case.patch).ok(),
        _ => {
            let definition = cases::definition(&case.object);
            patch::strategic::apply(object, &case.patch, kinds::schemas(), definition).ok()
        }
    }
}

/// What a server keeps of a document: kubectl leaves the nulls to it.
fn without_nulls(document: Value) -> Value {
    match document {
        Value::Object(map) => map
            .into_iter()
            .filter(|(_, value)| !value.is_null())
            .map(|(name, value)| (name, without_nulls(value)))
            .collect::<serde_json::Map<_, _>>()
            .into(),
        Value::Array(items) => items.into_iter().map(without_nulls).collect(),
        value => value,
    }
}
