//! What Helm does with a cluster, with charts of our own and every version that can be had.

mod kinds;

use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::{ConfigMap, Pod, Secret};
use kube::api::ListParams;

use crate::support::helm::{Session, with_every_helm};
use crate::support::patience::until;
use crate::support::space::{is_ready, phase};

#[tokio::test]
async fn a_chart_is_installed_upgraded_rolled_back_tested_and_uninstalled() {
    with_every_helm("releases", async |h| {
        h.space
            .apply(
                "{apiVersion: v1, kind: ConfigMap, metadata: {name: beside}, data: {word: found}}",
            )
            .await;
        h.ok("install one chart --wait --timeout 60s").await;
        let settings: ConfigMap = h.space.get("one-settings").await;
        let data = settings.data.expect("it has data");
        // Looked up in the cluster, asked of the cluster, and given.
        assert_eq!((&*data["beside"], &*data["apps"], &*data["note"]), ("found", "true", "first"));
        ready(h, 1).await;
        assert_eq!(revisions(h).await, ["1 deployed"]);
        assert!(h.fails("install one chart").await.contains("still in use"));

        h.ok("upgrade one chart --wait --timeout 60s --set note=second,replicas=2").await;
        assert_eq!(note(h).await, "second");
        ready(h, 2).await;
        let secret: Secret = h.space.get("one-secret").await;
        assert_eq!(secret.data.expect("it has data")["note"].0, b"second");

        h.ok("rollback one 1 --wait --timeout 60s").await;
        assert_eq!(note(h).await, "first");
        ready(h, 1).await;
        assert_eq!(revisions(h).await, ["1 superseded", "2 superseded", "3 deployed"]);

        let tested = h.ok("test one --timeout 60s --logs").await;
        assert!(tested.contains("Succeeded") && tested.contains("exit code 0"), "{tested}");
        let status = h.ok("status one -o json").await;
        assert!(status.contains(r#""status":"deployed""#), "{status}");
        assert!(h.ok("get manifest one").await.contains("kind: PodDisruptionBudget"));
        assert!(h.ok("list -q").await.contains("one"));

        h.ok("uninstall one --wait --timeout 60s").await;
        assert!(h.space.api::<Deployment>().get_opt("one").await.expect("an answer").is_none());
        let left = h.space.api::<ConfigMap>().get_opt("one-settings").await.expect("an answer");
        assert!(left.is_none(), "{left:?}");
        assert_eq!(h.ok("list -q").await, "");
        assert!(h.fails("status one").await.contains("not found"));
    })
    .await;
}

#[tokio::test]
async fn hooks_run_in_order_and_go_as_their_policy_says() {
    with_every_helm("hooks", async |h| {
        h.ok("install one chart --timeout 60s").await;
        let pods = h.space.api::<Pod>();
        let prepared = pods.get_opt("one-prepare").await.expect("an answer");
        assert!(prepared.is_none(), "a hook that succeeded goes: {prepared:?}");
        assert_eq!(phase(&h.space.get("one-announce").await), "Succeeded");
        let before: ConfigMap = h.space.get("one-before").await;
        assert_eq!(before.data.expect("it has data")["revision"], "1");

        // A hook that fails holds the upgrade up, and stays for whoever wants to know why.
        let why = h.fails("upgrade one chart --timeout 60s --set exitCode=3,note=never").await;
        assert!(why.contains("pre-upgrade hooks failed"), "{why}");
        assert_eq!(h.space.ended("one-prepare").await.0, 3);
        assert!(h.space.logs("one-prepare").await.contains("/before/revision: 2"));
        assert_eq!(note(h).await, "first");
        assert_eq!(revisions(h).await, ["1 deployed", "2 failed"]);
    })
    .await;
}

#[tokio::test]
async fn an_upgrade_that_fails_is_undone() {
    with_every_helm("undone", async |h| {
        h.ok("install one chart --wait --timeout 60s").await;
        let undo = if h.major < 4 { "--atomic" } else { "--rollback-on-failure" };
        let broken = "--set note=never,image=localhost/isopod/nothing";
        let why = h.fails(&format!("upgrade one chart {undo} --timeout 15s {broken}")).await;
        assert!(why.contains("has been rolled back"), "{why}");
        assert_eq!(note(h).await, "first");
        ready(h, 1).await;
        assert_eq!(revisions(h).await, ["1 superseded", "2 failed", "3 deployed"]);
    })
    .await;
}

#[tokio::test]
async fn a_dry_run_asks_the_server_and_leaves_nothing() {
    with_every_helm("dry", async |h| {
        let shown = h.ok("install one chart --dry-run=server").await;
        assert!(shown.contains("beside: nothing"), "{shown}");
        assert_eq!(h.ok("list -q").await, "");
        let left = h.space.api::<ConfigMap>().get_opt("one-settings").await.expect("an answer");
        assert!(left.is_none(), "{left:?}");
        let refused = h.fails("install one chart --set replicas=many").await;
        assert!(refused.contains("replicas"), "{refused}");
    })
    .await;
}

/// The note that the release's settings carry.
async fn note(h: &Session) -> String {
    let settings: ConfigMap = h.space.get("one-settings").await;
    settings.data.expect("it has data")["note"].clone()
}

/// So many pods at least are ready, as `--wait` waits for them; the Deployment, whose status follows, says exactly
/// so many.
async fn ready(h: &Session, count: usize) {
    let pods = h.space.api::<Pod>().list(&ListParams::default()).await.expect("a list");
    let found = pods.items.iter().filter(|pod| is_ready(pod)).count();
    assert!(found >= count, "--wait waits: {found} of {count}");
    until("the Deployment's status", async || {
        let deployment: Deployment = h.space.get("one").await;
        let said = deployment.status.and_then(|status| status.ready_replicas).unwrap_or_default();
        if usize::try_from(said) == Ok(count) { Ok(()) } else { Err(said) }
    })
    .await;
}

/// Number and status of every revision of the release.
async fn revisions(h: &Session) -> Vec<String> {
    let json = h.ok("history one -o json").await;
    let revisions: Vec<serde_json::Value> = serde_json::from_str(&json).expect("it is JSON");
    let line = |revision: &serde_json::Value| {
        format!("{} {}", revision["revision"], revision["status"].as_str().unwrap_or_default())
    };
    revisions.iter().map(line).collect()
}
