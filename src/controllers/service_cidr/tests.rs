//! What is said of ranges, and when they may go.

use expect_test::{Expect, expect};
use serde_json::{Value, json};

use super::*;
use crate::testing::{now, object};

fn check(range: &str, metadata: Value, used: bool, expect: Expect) {
    let mut body = json!({ "metadata": metadata, "spec": { "cidrs": [range] } });
    body["metadata"]["name"] = "kubernetes".into();
    let snapshot = Snapshot { object: object(body), used, now: now() };
    expect.assert_eq(&reconcile(&snapshot, "10.43.0.0/16".parse().unwrap()).to_string());
}

#[test]
fn a_range_is_held_before_anything_is_said_of_it() {
    check(
        "10.43.0.0/16",
        json!({}),
        false,
        expect![[r#"
            patch servicecidr kubernetes {"metadata":{"finalizers":["networking.k8s.io/service-cidr-finalizer"]}}
        "#]],
    );
}

#[test]
fn the_clusters_own_range_and_others_of_its_family_are_ready() {
    for range in ["10.43.0.0/16", "10.99.0.0/24"] {
        check(
            range,
            json!({ "finalizers": [FINALIZER] }),
            false,
            expect![[r#"
                patch servicecidr kubernetes/status {"status":{"conditions":[{"lastTransitionTime":"2026-01-02T03:04:05Z","message":"addresses of Services come from this range","reason":"","status":"True","type":"Ready"}]}}
            "#]],
        );
    }
}

#[test]
fn a_range_that_nothing_comes_from_is_not() {
    check(
        "2001:db8::/112",
        json!({ "finalizers": [FINALIZER] }),
        false,
        expect![[r#"
            patch servicecidr kubernetes/status {"status":{"conditions":[{"lastTransitionTime":"2026-01-02T03:04:05Z","message":"Services of this cluster have IPv4 addresses only","reason":"NotServed","status":"False","type":"Ready"}]}}
        "#]],
    );
}

#[test]
fn a_range_goes_when_nobody_has_an_address_of_it() {
    let leaving = json!({ "finalizers": [FINALIZER], "deletionTimestamp": now().to_string() });
    check(
        "10.43.0.0/16",
        leaving.clone(),
        true,
        expect![[r#"
            patch servicecidr kubernetes/status {"status":{"conditions":[{"lastTransitionTime":"2026-01-02T03:04:05Z","message":"addresses of this range are still held by Services","reason":"Terminating","status":"False","type":"Ready"}]}}
        "#]],
    );
    check(
        "10.43.0.0/16",
        leaving,
        false,
        expect![[r#"
            patch servicecidr kubernetes {"metadata":{"finalizers":[]}}
        "#]],
    );
}
