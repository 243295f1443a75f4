use expect_test::expect;
use serde_json::{Value, json};

use super::Lease;
use crate::fixture::{check, row};

fn valid() -> Value {
    json!({"apiVersion": "coordination.k8s.io/v1", "kind": "Lease",
        "metadata": {"name": "n", "namespace": "kube-node-lease", "creationTimestamp": "2026-01-02T03:00:00Z"},
        "spec": {"holderIdentity": "n", "leaseDurationSeconds": 40, "renewTime": "2026-01-02T03:00:00.123456Z"}})
}

#[test]
fn a_lease_lasts_and_counts_upwards() {
    check(
        &Lease,
        &valid(),
        &[
            (
                "/spec/leaseDurationSeconds",
                json!(0),
                "spec.leaseDurationSeconds: Invalid value: 0: must be greater than 0",
            ),
            (
                "/spec/leaseTransitions",
                json!(-1),
                "spec.leaseTransitions: Invalid value: -1: must be greater than or equal to 0",
            ),
        ],
    );
}

#[test]
fn the_row_shows_the_holder() {
    expect![[r"
        Name: n
        Holder: n
        Age: 4m5s
    "]]
    .assert_eq(&row(&Lease, &valid()));
}
