//! How a namespace is emptied and let go.

use expect_test::{Expect, expect};
use serde_json::json;

use super::*;
use crate::testing::{now, object};

/// `pods 2/1 finalizer`: two objects, of which one is untouched, held by a finalizer; `events ?`: not counted.
fn check(content: &[&str], expect: Expect) {
    check_after(None, content, expect);
}

/// The same, after a plan that the server refused in these words.
fn check_after(refusal: Option<&str>, content: &[&str], expect: Expect) {
    let content = content.iter().map(|text| {
        let mut words = text.split(' ');
        let plural = words.next().unwrap().to_owned();
        let numbers = words.next().unwrap();
        let (objects, untouched) = numbers.split_once('/').unwrap_or(("0", "0"));
        let objects = objects.parse().unwrap();
        Content {
            resource: Resource {
                group: "".into(),
                version: "v1".into(),
                kind: plural.clone().into(),
                plural: plural.into(),
            },
            objects,
            untouched: untouched.parse().unwrap(),
            finalizers: words.map(|name| (name.to_owned(), objects)).collect(),
            counted: numbers != "?",
        }
    });
    let namespace = object(json!({
        "metadata": {"name": "n", "uid": "u", "deletionTimestamp": now().to_string()},
        "spec": {"finalizers": ["kubernetes", "example.com/mine"]},
        "status": {"phase": "Terminating"},
    }));
    let (content, unreachable) = (content.collect(), Vec::new());
    let refusal = refusal.map(str::to_owned);
    let (known, now) = (Completeness::Complete, now());
    let plan = reconcile(&Snapshot { namespace, content, unreachable, known, refusal, now });
    expect.assert_eq(&plan.to_string());
}

#[test]
fn pods_go_before_everything_else() {
    check(
        &["secrets 1/1", "pods 2/2", "events ?"],
        expect![[r#"
        patch namespace n/status {"status":{"conditions":[{"lastTransitionTime":"2026-01-02T03:04:05Z","message":"All resources successfully discovered","reason":"ResourcesDiscovered","status":"False","type":"NamespaceDeletionDiscoveryFailure"},{"lastTransitionTime":"2026-01-02T03:04:05Z","message":"All legacy kube types successfully parsed","reason":"ParsedGroupVersions","status":"False","type":"NamespaceDeletionGroupVersionParsingFailure"},{"lastTransitionTime":"2026-01-02T03:04:05Z","message":"All content successfully deleted, may be waiting on finalization","reason":"ContentDeleted","status":"False","type":"NamespaceDeletionContentFailure"},{"lastTransitionTime":"2026-01-02T03:04:05Z","message":"Some resources are remaining: pods. has 2 resource instances, secrets. has 1 resource instances","reason":"SomeResourcesRemain","status":"True","type":"NamespaceContentRemaining"},{"lastTransitionTime":"2026-01-02T03:04:05Z","message":"All content-preserving finalizers finished","reason":"ContentHasNoFinalizers","status":"False","type":"NamespaceFinalizersRemaining"}],"phase":"Terminating"}}
        delete all pods of n
        again in 5s
    "#]],
    );
}

#[test]
fn what_is_already_going_is_waited_for() {
    check(
        &["pods 0/0", "secrets 1/0 example.com/hold", "events ?"],
        expect![[r#"
        patch namespace n/status {"status":{"conditions":[{"lastTransitionTime":"2026-01-02T03:04:05Z","message":"All resources successfully discovered","reason":"ResourcesDiscovered","status":"False","type":"NamespaceDeletionDiscoveryFailure"},{"lastTransitionTime":"2026-01-02T03:04:05Z","message":"All legacy kube types successfully parsed","reason":"ParsedGroupVersions","status":"False","type":"NamespaceDeletionGroupVersionParsingFailure"},{"lastTransitionTime":"2026-01-02T03:04:05Z","message":"All content successfully deleted, may be waiting on finalization","reason":"ContentDeleted","status":"False","type":"NamespaceDeletionContentFailure"},{"lastTransitionTime":"2026-01-02T03:04:05Z","message":"Some resources are remaining: secrets. has 1 resource instances","reason":"SomeResourcesRemain","status":"True","type":"NamespaceContentRemaining"},{"lastTransitionTime":"2026-01-02T03:04:05Z","message":"Some content in the namespace has finalizers remaining: example.com/hold in 1 resource instances","reason":"SomeFinalizersRemain","status":"True","type":"NamespaceFinalizersRemaining"}],"phase":"Terminating"}}
        delete all events of n
        again in 5s
    "#]],
    );
}

#[test]
fn an_empty_namespace_is_asked_once_more_and_let_go() {
    check(
        &["pods 0/0", "secrets 0/0", "events ?"],
        expect![[r#"
        patch namespace n/status {"status":{"conditions":[{"lastTransitionTime":"2026-01-02T03:04:05Z","message":"All resources successfully discovered","reason":"ResourcesDiscovered","status":"False","type":"NamespaceDeletionDiscoveryFailure"},{"lastTransitionTime":"2026-01-02T03:04:05Z","message":"All legacy kube types successfully parsed","reason":"ParsedGroupVersions","status":"False","type":"NamespaceDeletionGroupVersionParsingFailure"},{"lastTransitionTime":"2026-01-02T03:04:05Z","message":"All content successfully deleted, may be waiting on finalization","reason":"ContentDeleted","status":"False","type":"NamespaceDeletionContentFailure"},{"lastTransitionTime":"2026-01-02T03:04:05Z","message":"All content successfully removed","reason":"ContentRemoved","status":"False","type":"NamespaceContentRemaining"},{"lastTransitionTime":"2026-01-02T03:04:05Z","message":"All content-preserving finalizers finished","reason":"ContentHasNoFinalizers","status":"False","type":"NamespaceFinalizersRemaining"}],"phase":"Terminating"}}
        delete all pods of n
        delete all secrets of n
        delete all events of n
        require no pods in n
        require no secrets in n
        require no events in n
        update namespace n/finalize
    "#]],
    );
}

#[test]
fn an_api_server_that_does_not_answer_holds_the_namespace_and_is_named() {
    let api = |condition: &str| {
        object::<APIService>(json!({
            "metadata": {"name": "v1.sea.example"},
            "spec": {
                "group": "sea.example", "version": "v1", "groupPriorityMinimum": 1,
                "versionPriority": 1, "service": {"namespace": "n", "name": "sea"},
            },
            "status": {"conditions": [{"type": "Available", "status": condition}]},
        }))
    };
    assert_eq!(unreachable(&api("True")), None);
    let unreachable: Vec<String> = unreachable(&api("False")).into_iter().collect();
    assert_eq!(unreachable, ["sea.example/v1"]);
    let namespace = object(json!({
        "metadata": {"name": "n", "uid": "u", "deletionTimestamp": now().to_string()},
        "spec": {"finalizers": ["kubernetes"]},
    }));
    let plan = reconcile(&Snapshot {
        namespace,
        content: Vec::new(),
        unreachable,
        known: Completeness::Complete,
        refusal: None,
        now: now(),
    });
    let plan = plan.to_string();
    assert!(
        plan.contains(
            "1 failing: unable to retrieve the complete list of server APIs: sea.example/v1"
        ),
        "{plan}"
    );
    assert!(plan.ends_with("again in 5s\n") && !plan.contains("n/finalize"), "{plan}");
}

#[test]
fn what_the_server_refuses_to_delete_is_told() {
    check_after(
        Some("denied the request: no"),
        &["pods 1/1"],
        expect![[r#"
        patch namespace n/status {"status":{"conditions":[{"lastTransitionTime":"2026-01-02T03:04:05Z","message":"All resources successfully discovered","reason":"ResourcesDiscovered","status":"False","type":"NamespaceDeletionDiscoveryFailure"},{"lastTransitionTime":"2026-01-02T03:04:05Z","message":"All legacy kube types successfully parsed","reason":"ParsedGroupVersions","status":"False","type":"NamespaceDeletionGroupVersionParsingFailure"},{"lastTransitionTime":"2026-01-02T03:04:05Z","message":"Failed to delete all resource types, 1 remaining: denied the request: no","reason":"ContentDeletionFailed","status":"True","type":"NamespaceDeletionContentFailure"},{"lastTransitionTime":"2026-01-02T03:04:05Z","message":"Some resources are remaining: pods. has 1 resource instances","reason":"SomeResourcesRemain","status":"True","type":"NamespaceContentRemaining"},{"lastTransitionTime":"2026-01-02T03:04:05Z","message":"All content-preserving finalizers finished","reason":"ContentHasNoFinalizers","status":"False","type":"NamespaceFinalizersRemaining"}],"phase":"Terminating"}}
        delete all pods of n
        again in 5s
    "#]],
    );
}

#[test]
fn a_namespace_stays_until_it_is_known_what_may_be_in_it() {
    let plan = |known: Completeness| {
        let namespace = object(json!({
            "metadata": {"name": "n", "uid": "u", "deletionTimestamp": now().to_string()},
            "spec": {"finalizers": ["kubernetes"]},
        }));
        let (content, unreachable) = (Vec::new(), Vec::new());
        let snapshot =
            Snapshot { namespace, content, unreachable, known, refusal: None, now: now() };
        reconcile(&snapshot).to_string()
    };
    assert!(plan(Completeness::Complete).ends_with("update namespace n/finalize\n"));
    assert!(plan(Completeness::Awaited).ends_with("again in 50ms\n"));
    let failed = plan(Completeness::Failed("the server is away".to_owned()));
    assert!(failed.ends_with("again in 5s\n"), "{failed}");
    let said = r#""message":"the server is away","reason":"DiscoveryFailed","status":"True""#;
    assert!(failed.contains(said), "{failed}");
}
