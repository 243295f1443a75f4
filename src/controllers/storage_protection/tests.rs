//! When a finalizer is taken away.

use expect_test::{Expect, expect};
use serde_json::Value;

use super::*;
use crate::testing::{now, object};

fn check(metadata: &Value, used: bool, expect: Expect) {
    let mut claim = json!({"metadata": {"name": "c", "namespace": "n"}});
    for (field, value) in metadata.as_object().unwrap() {
        claim["metadata"][field] = value.clone();
    }
    let object: Arc<PersistentVolumeClaim> = object(claim);
    expect.assert_eq(&reconcile(&Snapshot { object, used }, CLAIM_FINALIZER).to_string());
}

#[test]
fn an_unused_claim_goes_and_keeps_what_others_want() {
    let leaving = json!({
        "deletionTimestamp": now().to_string(), "finalizers": [CLAIM_FINALIZER, "other/one"],
    });
    check(
        &leaving,
        false,
        expect![[r#"
        patch persistentvolumeclaim c {"metadata":{"finalizers":["other/one"]}}
    "#]],
    );
    check(&leaving, true, expect![[""]]);
    check(&json!({ "finalizers": [CLAIM_FINALIZER] }), false, expect![[""]]);
}

#[test]
fn a_pod_uses_the_claims_it_names_and_those_made_for_it() {
    let pod: Arc<Pod> = object(json!({
        "metadata": {"name": "p", "namespace": "n"},
        "spec": {"containers": [], "volumes": [
            {"name": "a", "persistentVolumeClaim": {"claimName": "data"}},
            {"name": "b", "ephemeral": {}}, {"name": "c", "emptyDir": {}},
        ]},
    }));
    assert_eq!(claims(&pod), [Key::new("n", "data"), Key::new("n", "p-b")]);
}
