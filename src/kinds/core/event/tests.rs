use expect_test::expect;
use serde_json::{Value, json};

use super::Event;
use crate::fixture::{check, row};

fn valid() -> Value {
    json!({"apiVersion": "v1", "kind": "Event", "metadata": {"name": "web.1", "namespace": "default"},
        "involvedObject": {"kind": "Pod", "name": "web", "namespace": "default", "fieldPath": "spec.containers{web}"},
        "type": "Warning", "reason": "BackOff", "message": "back-off \n", "count": 5,
        "source": {"component": "kubelet", "host": "n"},
        "firstTimestamp": "2026-01-02T02:04:05Z", "lastTimestamp": "2026-01-02T03:03:05Z"})
}

#[test]
fn an_event_stands_where_its_object_does() {
    const WRONG: &str = "does not match event.namespace";
    check(
        &Event,
        &valid(),
        &[
            (
                "/involvedObject/namespace",
                json!("other"),
                &format!("involvedObject.namespace: Invalid value: \"other\": {WRONG}"),
            ),
            ("/involvedObject/namespace", json!(null), ""),
            (
                "/metadata/namespace",
                json!("other"),
                &format!("involvedObject.namespace: Invalid value: \"default\": {WRONG}"),
            ),
        ],
    );
}

#[test]
fn the_row_shows_when_and_what() {
    expect![[r"
        Last Seen: 60s
        Type: Warning
        Reason: BackOff
        Object: pod/web
        | Subobject: spec.containers{web}
        | Source: kubelet, n
        Message: back-off
        | First Seen: 60m
        | Count: 5
        | Name: web.1
    "]]
    .assert_eq(&row(&Event, &valid()));
}

#[test]
fn a_series_is_as_young_as_its_last_member() {
    let event = json!({"metadata": {"name": "e"}, "eventTime": "2026-01-02T02:04:05.000000Z",
        "involvedObject": {"kind": "Node"}, "reportingComponent": "scheduler", "reportingInstance": "s-1",
        "series": {"count": 9, "lastObservedTime": "2026-01-02T03:04:00.000000Z"}});
    expect![[r"
        Last Seen: 5s
        Type: 
        Reason: 
        Object: node
        | Subobject: 
        | Source: scheduler, s-1
        Message: 
        | First Seen: 60m
        | Count: 9
        | Name: e
    "]]
    .assert_eq(&row(&Event, &event));
}

#[test]
fn a_recorder_that_tells_the_time_says_who_it_is() {
    let mut event = valid();
    event["eventTime"] = json!("2026-01-02T02:04:05.000000Z");
    event["reportingComponent"] = json!("example.dev/watcher");
    event["reportingInstance"] = json!("watcher-1");
    event["action"] = json!("Watching");
    check(
        &Event,
        &event,
        &[
            ("/reportingComponent", json!(null), "reportingController: Required value"),
            ("/reportingInstance", json!(null), "reportingInstance: Required value"),
            ("/action", json!(null), "action: Required value"),
            ("/reason", json!(null), "reason: Required value"),
            ("/involvedObject/namespace", json!("other"), ""),
            (
                "/message",
                json!("x".repeat(1025)),
                "message: Invalid value: \"\": can have at most 1024 characters",
            ),
        ],
    );
}

#[test]
fn an_event_of_a_role_is_named_after_it() {
    check(&Event, &valid(), &[("/metadata/name", json!("system:masters.17ab"), "")]);
}
