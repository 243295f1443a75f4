//! How long pods bear taints.
#![expect(clippy::needless_raw_string_hashes, reason = "expect-test writes them")]

use expect_test::{Expect, expect};
use serde_json::{Value, json};

use super::*;
use crate::testing::{now, object};

/// The node got the taint `x=y:NoExecute` 100 s ago; the pod came before that.
fn check(tolerations: Value, expect: Expect) {
    let ago = |seconds| (now() - SignedDuration::from_secs(seconds)).to_string();
    let node = object(json!({
        "metadata": {"name": "one"},
        "spec": {"taints": [{"key": "x", "value": "y", "effect": "NoExecute", "timeAdded": ago(100)}]},
    }));
    let pod = object(json!({
        "metadata": {"name": "a", "namespace": "n", "uid": "a"},
        "spec": {"nodeName": "one", "containers": [], "tolerations": tolerations},
        "status": {"phase": "Running", "startTime": ago(500)},
    }));
    expect.assert_eq(&reconcile(&Snapshot { pod, node, now: now() }).to_string());
}

#[test]
fn a_pod_that_does_not_tolerate_goes_at_once() {
    check(
        json!([]),
        expect![[r#"
        patch pod a/status {"status":{"conditions":[{"lastTransitionTime":"2026-01-02T03:04:05Z","message":"Taint manager: deleting due to NoExecute taint","reason":"DeletionByTaintManager","status":"True","type":"DisruptionTarget"}]}}
        event Normal TaintManagerEviction: Marking for deletion Pod n/a
        delete pod a
    "#]],
    );
}

#[test]
fn a_pod_that_tolerates_for_ever_stays() {
    check(json!([{"operator": "Exists"}]), expect![[""]]);
}

#[test]
fn a_pod_stays_as_long_as_it_tolerates() {
    check(
        json!([{"key": "x", "value": "y", "effect": "NoExecute", "tolerationSeconds": 300}]),
        expect![[r#"
            again in 200s
        "#]],
    );
}

#[test]
fn the_shortest_toleration_counts() {
    let tolerations = json!([
        {"key": "x", "operator": "Exists", "tolerationSeconds": 300},
        {"key": "x", "operator": "Exists", "tolerationSeconds": 50},
    ]);
    check(
        tolerations,
        expect![[r#"
        patch pod a/status {"status":{"conditions":[{"lastTransitionTime":"2026-01-02T03:04:05Z","message":"Taint manager: deleting due to NoExecute taint","reason":"DeletionByTaintManager","status":"True","type":"DisruptionTarget"}]}}
        event Normal TaintManagerEviction: Marking for deletion Pod n/a
        delete pod a
    "#]],
    );
}
