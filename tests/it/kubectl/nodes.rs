//! Cordons, taints and drains, on nodes without a kubelet.

use expect_test::expect;

use crate::support::kubectl::{Session, with_every_kubectl};
use crate::support::patience::until;

#[tokio::test]
async fn a_node_is_cordoned_tainted_and_drained() {
    with_every_kubectl("nodes", async |k| {
        let node = format!("spare-{}", k.space.name);
        k.apply(&format!("apiVersion: v1\nkind: Node\nmetadata: {{name: {node}}}\n")).await;
        k.check(&format!("cordon {node}"), expect!["node/spare-HERE cordoned"]).await;
        k.check(&format!("cordon {node}"), expect!["node/spare-HERE already cordoned"]).await;
        k.check(&format!("get node {node} -o jsonpath={{.spec.unschedulable}}"), expect!["true"])
            .await;
        k.check(&format!("uncordon {node}"), expect!["node/spare-HERE uncordoned"]).await;
        k.check(
            &format!("taint node {node} kept=clean:NoSchedule"),
            expect!["node/spare-HERE tainted"],
        )
        .await;
        k.check(&format!("taint node {node} kept-"), expect!["node/spare-HERE untainted"]).await;
        k.check(&format!("label node {node} disk=ssd"), expect!["node/spare-HERE labeled"]).await;
        k.check(
            &format!("drain {node}"),
            expect![[r#"
            node/spare-HERE cordoned
            node/spare-HERE drained"#]],
        )
        .await;
        k.check(
            &format!("delete node {node}"),
            expect![[r#"
            node "spare-HERE" deleted
            ! Warning: deleting cluster-scoped resources, not scoped to the provided namespace"#]],
        )
        .await;
    })
    .await;
}

#[tokio::test]
async fn a_drain_keeps_to_a_disruption_budget() {
    with_every_kubectl("budgets", async |k| {
        let node = format!("busy-{}", k.space.name);
        k.apply(&format!("apiVersion: v1\nkind: Node\nmetadata: {{name: {node}}}\n")).await;
        for name in ["one", "two"] {
            ready_pod(k, name, &node).await;
        }
        k.ok("create pdb kept --selector=app=kept --min-available=1").await;
        until("the budget to allow one disruption", async || {
            let allowed = k.ok("get pdb kept -o jsonpath={.status.disruptionsAllowed}").await;
            if allowed == "1" { Ok(()) } else { Err(allowed) }
        })
        .await;
        let drain = format!("drain {node} --force --grace-period=0");
        // Shorter than the pause before it asks again.
        let held = k.run(&format!("{drain} --timeout=4s")).await;
        let words = "Cannot evict pod as it would violate the pod's disruption budget.";
        assert!(held.code == 1 && held.stderr.contains(words), "{held:?}");
        let left = k.ok("get pods -o name").await;
        assert_eq!(left.lines().count(), 1, "{left}");
        k.ok("delete pdb kept").await;
        let drained = k.ok(&format!("{drain} --timeout=60s")).await;
        assert!(drained.contains(&format!("node/{node} drained")), "{drained}");
        assert_eq!(k.ok("get pods -o name").await, "");
        k.ok(&format!("delete node {node}")).await;
    })
    .await;
}

/// A pod that is ready, as its node would say if it had a kubelet.
async fn ready_pod(k: &Session<'_>, name: &str, node: &str) {
    k.apply(&format!(
        "
apiVersion: v1
kind: Pod
metadata: {{name: {name}, labels: {{app: kept}}}}
spec:
  nodeName: {node}
  containers: [{{name: c, image: localhost/isopod/tcp-echo}}]
"
    ))
    .await;
    let status =
        r#"{"status":{"phase":"Running","conditions":[{"type":"Ready","status":"True"}]}}"#;
    k.ok(&format!("patch pod {name} --subresource=status -p '{status}'")).await;
}
