use machinery::FieldErrors;
use serde_json::{Value, json};

use super::{Event, from_stored, to_stored};
use crate::core;
use crate::fixture::{check, row, with};

fn valid() -> Value {
    json!({"apiVersion": "events.k8s.io/v1", "kind": "Event", "metadata": {"name": "web.1", "namespace": "default"},
        "regarding": {"kind": "Pod", "name": "web", "namespace": "default"}, "type": "Normal", "reason": "Scheduled",
        "action": "Binding", "note": "Successfully assigned", "eventTime": "2026-01-02T03:04:00.000000Z",
        "reportingController": "default-scheduler", "reportingInstance": "default-scheduler-n",
        "series": {"count": 2, "lastObservedTime": "2026-01-02T03:04:00.000000Z"},
        "deprecatedSource": {"component": "default-scheduler"}, "deprecatedCount": 2})
}

#[test]
fn an_event_says_who_did_what_and_when() {
    check(
        &Event,
        &valid(),
        &[
            ("/eventTime", json!(null), "eventTime: Required value"),
            ("/reportingController", json!(null), "reportingController: Required value"),
            ("/reportingInstance", json!(null), "reportingInstance: Required value"),
            ("/action", json!(null), "action: Required value"),
            ("/reason", json!(null), "reason: Required value"),
            ("/type", json!("Odd"), "type: Invalid value: \"\": has invalid value: Odd"),
            (
                "/note",
                json!("x".repeat(1025)),
                "note: Invalid value: \"\": can have at most 1024 characters",
            ),
            ("/regarding/namespace", json!("other"), ""),
            ("/metadata/namespace", json!("other"), ""),
        ],
    );
}

#[test]
fn the_stored_form_has_the_older_names() {
    let stored = to_stored(valid());
    assert_eq!(
        stored,
        json!({"apiVersion": "v1", "kind": "Event", "metadata": {"name": "web.1", "namespace": "default"},
            "involvedObject": {"kind": "Pod", "name": "web", "namespace": "default"}, "type": "Normal",
            "reason": "Scheduled", "action": "Binding", "message": "Successfully assigned",
            "eventTime": "2026-01-02T03:04:00.000000Z", "reportingComponent": "default-scheduler",
            "reportingInstance": "default-scheduler-n",
            "series": {"count": 2, "lastObservedTime": "2026-01-02T03:04:00.000000Z"},
            "source": {"component": "default-scheduler"}, "count": 2})
    );
    assert_eq!(from_stored(stored), valid());
}

#[test]
fn both_forms_show_the_same_row() {
    assert_eq!(row(&Event, &valid()), row(&core::Event, &to_stored(valid())));
}

#[test]
fn an_event_without_an_object_in_a_namespace_stands_where_it_is_looked_for() {
    let mut event = valid();
    event["regarding"] = json!({"kind": "Node", "name": "n"});
    let misplaced = "regarding.namespace: Invalid value: \"\": does not match event.namespace";
    check(&Event, &event, &[("/metadata/namespace", json!("other"), misplaced)]);
}

#[test]
fn a_new_event_leaves_the_older_fields_alone() {
    let refused = |event: &Value| {
        let errors = FieldErrors::new();
        crate::validate_create(&Event, event, &errors);
        errors.to_string()
    };
    assert_eq!(
        refused(&with(&valid(), "/series/count", json!(1))),
        "[series.count: Invalid value: \"\": should be at least 2, count: Invalid value: \"\": needs to be unset, \
         source: Invalid value: \"\": needs to be unset]"
    );
    let mut event = valid();
    event["deprecatedCount"] = json!(0);
    event["deprecatedSource"] = json!({"component": ""});
    assert_eq!(refused(&event), "[]");
}
