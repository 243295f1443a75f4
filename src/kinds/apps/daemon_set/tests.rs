use expect_test::expect;
use serde_json::{Value, json};

use super::DaemonSet;
use crate::fixture::{admitted, refusals, refused_statuses, refused_updates, row, with};
use crate::kind::Kind;

fn valid() -> Value {
    json!({"apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": {"name": "agent", "namespace": "default",
        "creationTimestamp": "2026-01-02T03:00:00Z"}, "spec": {"selector": {"matchLabels": {"app": "web"}},
        "template": {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "a",
        "image": "b:1"}], "nodeSelector": {"disk": "ssd"}}}}})
}

#[test]
fn what_it_cannot_be_is_refused() {
    let changes = &[
        ("/spec/updateStrategy/type", json!("Magic")),
        ("/spec/updateStrategy/rollingUpdate", json!(null)),
        ("/spec/updateStrategy/rollingUpdate/maxSurge", json!(1)),
        ("/spec/updateStrategy/rollingUpdate/maxUnavailable", json!(0)),
        ("/spec/updateStrategy/rollingUpdate/maxUnavailable", json!("half")),
        ("/spec/selector", json!({})),
        ("/spec/template/metadata/labels/app", json!("other")),
        ("/spec/template/spec/restartPolicy", json!("OnFailure")),
        ("/spec/minReadySeconds", json!(-1)),
    ];
    expect![[r#"
        no /spec/selector
            spec.template.metadata.labels: Invalid value: {"app":"web"}: `selector` does not match template `labels`
        /spec/updateStrategy/type = "Magic"
            spec.updateStrategy: Unsupported value: {"rollingUpdate":{"maxSurge":0,"maxUnavailable":1},"type":"Magic"}: supported values: "OnDelete", "RollingUpdate"
        no /spec/updateStrategy/rollingUpdate
            spec.updateStrategy.rollingUpdate: Required value
        /spec/updateStrategy/rollingUpdate/maxSurge = 1
            spec.updateStrategy.rollingUpdate.maxSurge: Invalid value: 1: may not be set when maxUnavailable is non-zero
        /spec/updateStrategy/rollingUpdate/maxUnavailable = 0
            spec.updateStrategy.rollingUpdate.maxUnavailable: Required value: cannot be 0 when maxSurge is 0
        /spec/updateStrategy/rollingUpdate/maxUnavailable = "half"
            spec.updateStrategy.rollingUpdate.maxUnavailable: Invalid value: "half": a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')
            spec.updateStrategy.rollingUpdate.maxUnavailable: Required value: cannot be 0 when maxSurge is 0
        /spec/selector = {}
            spec.selector: Invalid value: {}: empty selector is invalid for daemonset
        /spec/template/metadata/labels/app = "other"
            spec.template.metadata.labels: Invalid value: {"app":"other"}: `selector` does not match template `labels`
        /spec/template/spec/restartPolicy = "OnFailure"
            spec.template.spec.restartPolicy: Unsupported value: "OnFailure": supported values: "Always"
        /spec/minReadySeconds = -1
            spec.minReadySeconds: Invalid value: -1: must be greater than or equal to 0
    "#]].assert_eq(&refusals(&DaemonSet, &valid(), changes));
}

#[test]
fn what_may_change_is_limited() {
    let changes = &[
        ("/spec/selector/matchLabels/app", json!("other")),
        ("/spec/template/spec/containers/0/image", json!("c:1")),
    ];
    expect![[r#"
        /spec/selector/matchLabels/app = "other"
            spec.template.metadata.labels: Invalid value: {"app":"web"}: `selector` does not match template `labels`
            spec.selector: Invalid value: {"matchLabels":{"app":"other"}}: field is immutable
        /spec/template/spec/containers/0/image = "c:1"
            is fine
    "#]].assert_eq(&refused_updates(&DaemonSet, &valid(), changes));
}

#[test]
fn the_row_tells_the_essentials() {
    let mut object = admitted(&DaemonSet, valid());
    object["status"] = json!({"desiredNumberScheduled": 3, "currentNumberScheduled": 2, "numberReady": 1, "updatedNumberScheduled": 2, "numberAvailable": 1});
    expect![[r"
        Name: agent
        Desired: 3
        Current: 2
        Ready: 1
        Up-to-date: 2
        Available: 1
        Node Selector: disk=ssd
        Age: 4m5s
        | Containers: a
        | Images: b:1
        | Selector: app=web
    "]]
    .assert_eq(&row(&DaemonSet, &object));
}

#[test]
fn an_annotation_counts_how_often_the_template_changes() {
    let count = "deprecated.daemonset.template.generation";
    let old = admitted(&DaemonSet, valid());
    assert_eq!(old["metadata"]["annotations"], json!({count: "1"}));
    let updated = |pointer: &str, value: Value| {
        let mut new = with(&old, pointer, value);
        DaemonSet.prepare_update(&mut new, &old);
        new["metadata"]["annotations"].clone()
    };
    assert_eq!(updated("/metadata/annotations", json!({"a": "b"})), json!({"a": "b", count: "1"}));
    assert_eq!(updated("/metadata/annotations", json!({count: "7"})), json!({count: "1"}));
    assert_eq!(
        updated("/spec/template/spec/containers/0/image", json!("c:1")),
        json!({count: "2"})
    );
}

#[test]
fn the_count_of_changes_of_a_template_stays_at_the_most_there_is() {
    let last = json!({"deprecated.daemonset.template.generation": i64::MAX.to_string()});
    let old = with(&admitted(&DaemonSet, valid()), "/metadata/annotations", last.clone());
    let mut new = with(&old, "/spec/template/spec/containers/0/image", json!("c:1"));
    DaemonSet.prepare_update(&mut new, &old);
    assert_eq!(new["metadata"]["annotations"], last);
}

#[test]
fn the_counts_of_a_status_are_counts() {
    let changes = &[(
        "/status",
        json!({"currentNumberScheduled": -1, "desiredNumberScheduled": 0, "numberMisscheduled": 0, "numberReady": -2}),
    )];
    expect![[r#"
        /status = {"currentNumberScheduled":-1,"desiredNumberScheduled":0,"numberMisscheduled":0,"numberReady":-2}
            status.currentNumberScheduled: Invalid value: -1: must be greater than or equal to 0
            status.numberReady: Invalid value: -2: must be greater than or equal to 0
    "#]].assert_eq(&refused_statuses(&DaemonSet, &valid(), changes));
}
