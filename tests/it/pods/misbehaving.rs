//! Programs that try to harm the node.

use std::time::Duration;

use k8s_openapi::api::core::v1::Pod;
use kube::Api;
use kube::api::{DeleteParams, LogParams};
use tokio::time::Instant;

use crate::support::cluster::Cluster;
use crate::support::patience::until;
use crate::support::space::{Space, container, phase};

fn pod(name: &str, image: &str, arguments: &str) -> String {
    format!(
        r"
apiVersion: v1
kind: Pod
metadata: {{name: {name}}}
spec:
  restartPolicy: Never
  containers:
  - {{name: c, image: {image}, args: [{arguments}], resources: {{limits: {{memory: 24Mi}}}}}}
"
    )
}

#[tokio::test]
async fn a_pod_that_takes_too_much_memory_is_oom_killed() {
    let cluster = Cluster::shared().await;
    let bomb = cluster.import("memory-bomb");
    let space = Space::new(cluster.client().await, "memory").await;
    space.apply(&pod("bomb", &bomb, "abort")).await;
    assert_eq!(space.ended("bomb").await, (137, "OOMKilled".to_owned()));
    space.apply(&pod("survivor", &bomb, "survive")).await;
    assert_eq!(space.ended("survivor").await.0, 0);
    let log = space.logs("survivor").await;
    assert!(log.starts_with("refused after "), "{log}");
}

#[tokio::test]
async fn a_pod_that_spins_is_ended_promptly() {
    let cluster = Cluster::shared().await;
    let spin = cluster.import("spin");
    let space = Space::new(cluster.client().await, "spinning").await;
    space.apply(&pod("spin", &spin, "")).await;
    space.said("spin", "spinning").await;
    let start = Instant::now();
    space.delete_pod("spin").await;
    // A grace period of 30 s, waited out, would be the failure this test is for.
    assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
}

#[tokio::test]
async fn deleting_is_graceful_and_says_so() {
    let cluster = Cluster::shared().await;
    let space = Space::new(cluster.client().await, "grace").await;
    space.apply("apiVersion: v1\nkind: Pod\nmetadata: {name: server, finalizers: [test.isopod.dev/held]}\nspec: {containers: [{name: c, image: localhost/isopod/tcp-echo}]}\n").await;
    space.running("server").await;
    let pods: Api<Pod> = space.api();
    let deleted = pods.delete("server", &DeleteParams::default()).await.expect("it can be deleted");
    let object = deleted.left().expect("a pod that goes gracefully is returned");
    assert_eq!(object.metadata.deletion_grace_period_seconds, Some(30));
    assert!(object.metadata.deletion_timestamp.is_some());
    space.event("server", "Killing: Stopping container c").await;
    let ended = space
        .pod("server", |pod| {
            container(pod, 0).state.is_some_and(|state| state.terminated.is_some())
        })
        .await;
    let terminated =
        container(&ended, 0).state.and_then(|state| state.terminated).expect("it ended");
    assert_eq!(terminated.exit_code, 143, "as a process that SIGTERM ended");
    let free = serde_json::json!({"metadata": {"finalizers": null}});
    let params = kube::api::PatchParams::default();
    pods.patch("server", &params, &kube::api::Patch::Merge(free))
        .await
        .expect("a finalizer can go");
    until("the pod to be gone", async || match pods.get_opt("server").await {
        Ok(None) => Ok(()),
        other => Err(format!("{other:?}")),
    })
    .await;
}

#[tokio::test]
async fn a_flood_of_logs_is_kept_within_bounds() {
    let cluster = Cluster::shared().await;
    let flood = cluster.import("log-flood");
    let space = Space::new(cluster.client().await, "flood").await;
    space.apply(&pod("flood", &flood, "'400000'")).await;
    assert_eq!(space.ended("flood").await, (0, "Completed".to_owned()));
    let last = LogParams { tail_lines: Some(1), ..LogParams::default() };
    let log = space.logs_of("flood", &last).await;
    assert_eq!(log, "line 399999 of a flood that would fill any disk\n");
    let kept = space.logs("flood").await;
    assert!(kept.len() < 40 << 20, "{} bytes", kept.len());
}

#[tokio::test]
async fn a_pod_gets_so_many_sockets_and_no_more() {
    let cluster = Cluster::shared().await;
    let hoarder = cluster.import("socket-hoarder");
    let space = Space::new(cluster.client().await, "sockets").await;
    space.apply(&pod("hoarder", &hoarder, "")).await;
    let (code, _) = space.ended("hoarder").await;
    let log = space.logs("hoarder").await;
    assert_eq!(code, 0, "{log}");
    assert!(log.contains("holding "), "{log}");
    space.apply(&pod("after", "localhost/isopod/batch", "")).await;
    space.pod("after", |pod| phase(pod) == "Succeeded").await;
}
