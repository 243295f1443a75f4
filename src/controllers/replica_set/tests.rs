//! What a ReplicaSet's plans say.

use expect_test::{Expect, expect};
use serde_json::{Value, json};

use super::*;
use crate::testing::{now, object};

/// `replicas: 3, pods: [a ready, b pending]`; other words of a pod: `failed`, `leaving`, `orphan`, `foreign`, `other`
/// (labels that do not match), `cost=5`, `on=node`, `age=90` (seconds), `ready=30` (seconds). Before `pods`:
/// `min-ready: 10`, `refused: words`.
fn check(input: &str, expect: Expect) {
    let (settings, pods) = input.split_once("pods: [").unwrap();
    let pods: Vec<Arc<Pod>> = pods
        .trim_end_matches(']')
        .split(',')
        .map(str::trim)
        .filter(|text| !text.is_empty())
        .map(pod)
        .collect();
    let setting = |name: &str| {
        let mut found = settings.split(',').filter_map(|part| part.trim().split_once(": "));
        found.find(|(key, _)| *key == name).map(|(_, value)| value.to_owned())
    };
    let number = |name: &str| setting(name).map_or(0, |text| text.parse::<i32>().unwrap());
    let set = object::<ReplicaSet>(json!({
        "metadata": {"name": "web", "namespace": "n", "uid": "web", "generation": 1},
        "spec": {
            "replicas": number("replicas"),
            "minReadySeconds": number("min-ready"),
            "selector": {"matchLabels": {"app": "web"}},
            "template": {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": []}},
        },
    }));
    let siblings = pods.clone();
    let snapshot = Snapshot { set, pods, siblings, refusal: setting("refused"), now: now() };
    expect.assert_eq(&reconcile(&snapshot).to_string());
}

fn pod(text: &str) -> Arc<Pod> {
    let mut words = text.split(' ');
    let name = words.next().unwrap();
    let ago = |seconds: &str| {
        let seconds: i64 = seconds.parse().unwrap();
        (now() - jiff::SignedDuration::from_secs(seconds)).to_string()
    };
    let owner = |uid: &str| json!([{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "x", "uid": uid, "controller": true}]);
    let mut pod = json!({
        "metadata": {
            "name": name, "namespace": "n", "uid": name, "labels": {"app": "web"},
            "ownerReferences": owner("web"), "creationTimestamp": ago("100"),
        },
        "spec": {"containers": [], "nodeName": "one"},
        "status": {"phase": "Running"},
    });
    let ready =
        |ago: String| json!([{"type": "Ready", "status": "True", "lastTransitionTime": ago}]);
    for word in words {
        let (word, value) = word.split_once('=').unwrap_or((word, ""));
        match word {
            "ready" => {
                let since = if value.is_empty() { "50" } else { value };
                pod["status"]["conditions"] = ready(ago(since));
            }
            "pending" => pod["status"]["phase"] = json!("Pending"),
            "unplaced" => pod["spec"]["nodeName"] = Value::Null,
            "failed" => pod["status"]["phase"] = json!("Failed"),
            "leaving" => pod["metadata"]["deletionTimestamp"] = json!(now().to_string()),
            "orphan" => pod["metadata"]["ownerReferences"] = json!([]),
            "foreign" => pod["metadata"]["ownerReferences"] = owner("other"),
            "other" => pod["metadata"]["labels"] = json!({"app": "db"}),
            "on" => pod["spec"]["nodeName"] = json!(value),
            "age" => pod["metadata"]["creationTimestamp"] = json!(ago(value)),
            "cost" => {
                let cost = json!({"controller.kubernetes.io/pod-deletion-cost": value});
                pod["metadata"]["annotations"] = cost;
            }
            other => panic!("unknown word {other}"),
        }
    }
    object(pod)
}

#[test]
fn missing_pods_are_made() {
    check(
        "replicas: 3, pods: [a ready]",
        expect![[r#"
        status replicaset web {"availableReplicas":1,"fullyLabeledReplicas":1,"observedGeneration":1,"readyReplicas":1,"replicas":1,"terminatingReplicas":0}
        create pod web-* ×2
    "#]],
    );
}

#[test]
fn a_burst_is_limited_and_goes_on_with_the_next_plan() {
    check(
        "replicas: 1000, pods: []",
        expect![[r#"
        status replicaset web {"observedGeneration":1,"replicas":0,"terminatingReplicas":0}
        create pod web-* ×500
    "#]],
    );
}

#[test]
fn finished_and_leaving_pods_do_not_count() {
    check(
        "replicas: 1, pods: [a failed, b leaving]",
        expect![[r#"
        status replicaset web {"observedGeneration":1,"replicas":0,"terminatingReplicas":1}
        create pod web-*
    "#]],
    );
}

#[test]
fn orphans_that_match_are_adopted_and_own_pods_that_do_not_are_released() {
    check(
        "replicas: 1, pods: [a orphan, b other, c foreign, d orphan leaving]",
        expect![[r#"
        require replicaset web
        patch pod a {"metadata":{"ownerReferences":[{"apiVersion":"apps/v1","blockOwnerDeletion":true,"controller":true,"kind":"ReplicaSet","name":"web","uid":"web"}]}}
        patch pod b {"metadata":{"ownerReferences":[]}}
        status replicaset web {"fullyLabeledReplicas":1,"observedGeneration":1,"replicas":1,"terminatingReplicas":0}
    "#]],
    );
}

#[test]
fn surplus_goes_in_the_order_of_use() {
    check(
        "replicas: 1, pods: [a ready, b ready cost=-1, c, d pending, e pending unplaced, f ready age=5 ready=2]",
        expect![[r#"
            status replicaset web {"availableReplicas":3,"fullyLabeledReplicas":6,"observedGeneration":1,"readyReplicas":3,"replicas":6,"terminatingReplicas":0}
            delete pod e
            delete pod d
            delete pod c
            delete pod b
            delete pod f
        "#]],
    );
}

#[test]
fn crowded_nodes_give_first() {
    check(
        "replicas: 2, pods: [a ready on=x, b ready on=y, c ready on=y]",
        expect![[r#"
        status replicaset web {"availableReplicas":3,"fullyLabeledReplicas":3,"observedGeneration":1,"readyReplicas":3,"replicas":3,"terminatingReplicas":0}
        delete pod b
    "#]],
    );
}

#[test]
fn a_pod_is_available_after_it_has_been_ready_long_enough() {
    check(
        "replicas: 2, min-ready: 30, pods: [a ready=31, b ready=10]",
        expect![[r#"
        status replicaset web {"availableReplicas":1,"fullyLabeledReplicas":2,"observedGeneration":1,"readyReplicas":2,"replicas":2,"terminatingReplicas":0}
        again in 20s
    "#]],
    );
}

#[test]
fn a_refusal_shows_in_the_status() {
    check(
        "replicas: 1, refused: exceeded quota, pods: []",
        expect![[r#"
        status replicaset web {"conditions":[{"lastTransitionTime":"2026-01-02T03:04:05Z","message":"exceeded quota","reason":"FailedCreate","status":"True","type":"ReplicaFailure"}],"observedGeneration":1,"replicas":0,"terminatingReplicas":0}
        create pod web-*
    "#]],
    );
}
