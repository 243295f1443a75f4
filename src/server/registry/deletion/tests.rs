use serde_json::json;

use super::*;

const NOW: &str = "2026-01-01T00:00:00Z";

fn check(object: &Value, options: &DeleteOptions, expected: &str) {
    let kind = kinds::find_kind("", "v1", document::kind(object)).unwrap();
    let found = match decide(kind, object, options, NOW.parse().unwrap()) {
        Deletion::AtOnce => "at once".to_owned(),
        Deletion::UnderWay => "under way".to_owned(),
        Deletion::Later(next) => {
            let text = |pointer: &str| document::str_at(&next, pointer).to_owned();
            format!(
                "at {} after {} held by {:?}",
                &text("/metadata/deletionTimestamp")[11..],
                document::i64_at(&next, "/metadata/deletionGracePeriodSeconds").unwrap(),
                document::finalizers(&next),
            )
        }
    };
    assert_eq!(found, expected, "{object}");
}

fn pod(metadata: Value, phase: &str) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Pod", "metadata": metadata,
        "spec": {"nodeName": "n", "terminationGracePeriodSeconds": 30},
        "status": {"phase": phase},
    })
}

#[test]
fn pods_get_their_grace() {
    let default = DeleteOptions::default();
    let grace =
        |seconds| DeleteOptions { grace_seconds: Some(seconds), ..DeleteOptions::default() };
    let running = pod(json!({}), "Running");
    check(&running, &default, "at 00:00:30Z after 30 held by []");
    check(&running, &grace(5), "at 00:00:05Z after 5 held by []");
    check(&running, &grace(0), "at once");
    check(&pod(json!({}), "Succeeded"), &default, "at once");
    let mut unscheduled = running.clone();
    unscheduled["spec"].as_object_mut().unwrap().remove("nodeName");
    check(&unscheduled, &default, "at once");
    let going = pod(
        json!({"deletionTimestamp": "2026-01-01T00:00:20Z", "deletionGracePeriodSeconds": 30}),
        "Running",
    );
    check(&going, &default, "under way");
    check(&going, &grace(60), "under way");
    check(&going, &grace(10), "at 00:00:00Z after 10 held by []");
    check(&going, &grace(0), "at once");
}

#[test]
fn finalizers_hold_an_object() {
    let held = json!({
        "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"finalizers": ["a/b"]}
    });
    check(&held, &DeleteOptions::default(), r#"at 00:00:00Z after 0 held by ["a/b"]"#);
    let free = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {}});
    check(&free, &DeleteOptions::default(), "at once");
    let with =
        |propagation| DeleteOptions { propagation: Some(propagation), ..DeleteOptions::default() };
    check(
        &free,
        &with(Propagation::Foreground),
        r#"at 00:00:00Z after 0 held by ["foregroundDeletion"]"#,
    );
    check(&free, &with(Propagation::Orphan), r#"at 00:00:00Z after 0 held by ["orphan"]"#);
    check(&free, &with(Propagation::Background), "at once");
}

#[test]
fn nobody_waits_for_the_dependents_of_an_event() {
    let event = json!({"apiVersion": "v1", "kind": "Event", "metadata": {}});
    for propagation in [Propagation::Foreground, Propagation::Orphan] {
        let options = DeleteOptions { propagation: Some(propagation), ..DeleteOptions::default() };
        check(&event, &options, "at once");
    }
}

#[test]
fn old_kinds_leave_their_dependents_unless_told_otherwise() {
    let controller = |finalizers: Value| {
        json!({
            "apiVersion": "v1", "kind": "ReplicationController",
            "metadata": {"finalizers": finalizers},
        })
    };
    let silent = DeleteOptions::default();
    check(&controller(json!([])), &silent, r#"at 00:00:00Z after 0 held by ["orphan"]"#);
    let foreground = controller(json!(["foregroundDeletion"]));
    check(&foreground, &silent, r#"at 00:00:00Z after 0 held by ["foregroundDeletion"]"#);
    let background =
        DeleteOptions { propagation: Some(Propagation::Background), ..DeleteOptions::default() };
    check(&controller(json!([])), &background, "at once");
}

#[test]
fn a_namespace_waits_for_its_content() {
    let namespace = json!({
        "apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "n"},
        "spec": {"finalizers": ["kubernetes"]}, "status": {"phase": "Active"},
    });
    check(&namespace, &DeleteOptions::default(), "at 00:00:00Z after 0 held by []");
}
