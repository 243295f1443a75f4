//! Which pods are given up.
#![expect(clippy::needless_raw_string_hashes, reason = "expect-test writes them")]

use expect_test::{Expect, expect};
use jiff::SignedDuration;
use serde_json::{Value, json};

use super::*;
use crate::testing::{now, object};

fn pod(name: &str, extra: &Value) -> Arc<Pod> {
    let mut pod = json!({
        "metadata": {"name": name, "namespace": "n", "uid": name},
        "spec": {"nodeName": "one", "containers": []},
        "status": {"phase": "Running"},
    });
    for (field, value) in extra.as_object().unwrap() {
        pod["metadata"][field] = value.clone();
    }
    object(pod)
}

fn check(extra: Value, home: Home, expect: Expect) {
    let plan = reconcile(&Snapshot::Pod { pod: pod("a", &extra), home, now: now() });
    expect.assert_eq(&plan.to_string());
}

#[test]
fn a_pod_deleted_before_it_was_placed_goes() {
    check(
        json!({"deletionTimestamp": now().to_string()}),
        Home::None,
        expect![[r#"
        delete pod a grace 0s
    "#]],
    );
    check(json!({}), Home::None, expect![[""]]);
}

#[test]
fn pods_of_a_vanished_node_go_after_a_quarantine() {
    check(
        json!({}),
        Home::Gone(Duration::from_secs(10)),
        expect![[r#"
        again in 30s
    "#]],
    );
    check(
        json!({}),
        Home::Gone(Duration::from_secs(40)),
        expect![[r#"
        require no node one
        patch pod a/status {"status":{"conditions":[{"lastTransitionTime":"2026-01-02T03:04:05Z","message":"PodGC: node no longer exists","reason":"DeletionByPodGC","status":"True","type":"DisruptionTarget"}],"phase":"Failed"}}
        delete pod a grace 0s
    "#]],
    );
}

#[test]
fn a_node_out_of_service_lets_its_leaving_pods_go() {
    check(json!({}), Home::OutOfService, expect![[""]]);
    check(
        json!({"deletionTimestamp": now().to_string()}),
        Home::OutOfService,
        expect![[r#"
        patch pod a/status {"status":{"conditions":[{"lastTransitionTime":"2026-01-02T03:04:05Z","message":"PodGC: node is out of service","reason":"DeletionByPodGC","status":"True","type":"DisruptionTarget"}],"phase":"Failed"}}
        delete pod a grace 0s
    "#]],
    );
}

#[test]
fn the_oldest_finished_pods_beyond_the_limit_go() {
    let pods = (0..5).map(|age| {
        let created = now() - SignedDuration::from_secs(age);
        pod(&format!("p{age}"), &json!({"creationTimestamp": created.to_string()}))
    });
    let plan = reconcile(&Snapshot::Finished { pods: pods.collect(), limit: 3 });
    expect![[r#"
        delete pod p4 grace 0s
        delete pod p3 grace 0s
        again in 20s
    "#]]
    .assert_eq(&plan.to_string());
}

#[tokio::test(start_paused = true)]
async fn a_node_that_came_back_has_its_quarantine_again() {
    let controller =
        PodGarbage { nodes: Cache::default(), pods: Cache::default(), missing: Arc::default() };
    let queue = client::Queue::default();
    controller.watches(&Watches::of(&queue));
    controller.pods.insert(Arc::unwrap_or_clone(pod("a", &json!({}))));
    let home = || match controller.observe(&Work::Pod(Key::new("n", "a")), now()) {
        Some(Snapshot::Pod { home, .. }) => home,
        other => panic!("{other:?}"),
    };
    assert_eq!(home(), Home::Gone(Duration::ZERO));
    tokio::time::advance(QUARANTINE).await;
    assert_eq!(home(), Home::Gone(QUARANTINE));
    let node = json!({"metadata": {"name": "one"}});
    controller.nodes.insert(Arc::unwrap_or_clone(object(node)));
    controller.nodes.remove(&Key::cluster("one"));
    assert_eq!(home(), Home::Gone(Duration::ZERO));
    controller.pods.remove(&Key::new("n", "a"));
    controller.observe(&Work::Finished, now());
    assert!(controller.missing.lock().unwrap().is_empty());
}
