//! Cordons, taints and drains, on a node that nothing runs on.

use expect_test::expect;

use crate::support::kubectl::with_every_kubectl;

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
