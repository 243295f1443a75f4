//! Programs that try to harm the node.

use std::fs;
use std::path::Path;

use k8s_openapi::api::core::v1::Pod;
use kube::Api;
use kube::api::{DeleteParams, LogParams};

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
    let patient = "spec:\n  terminationGracePeriodSeconds: 600";
    space.apply(&pod("spin", &spin, "").replace("spec:", patient)).await;
    space.said("spin", "spinning").await;
    // Nobody here waits so long as the grace period is.
    space.delete_pod("spin").await;
}

#[tokio::test]
async fn deleting_is_graceful_and_says_so() {
    let cluster = Cluster::shared().await;
    let space = Space::new(cluster.client().await, "grace").await;
    space.apply("apiVersion: v1\nkind: Pod\nmetadata: {name: server, finalizers: [test.isopod.dev/held]}\nspec: {containers: [{name: c, image: localhost/isopod/tcp-echo}]}\n").await;
    space.running("server").await;
    // Before it listens there is nothing that would end it gracefully.
    space.said("server", "listening").await;
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
    space.apply(&pod("flood", &flood, "'7700'")).await;
    assert_eq!(space.ended("flood").await, (0, "Completed".to_owned()));
    let last = LogParams { tail_lines: Some(1), ..LogParams::default() };
    let log = space.logs_of("flood", &last).await;
    assert!(log.starts_with("line 7699 of a flood"), "{log}");
    let first = LogParams { limit_bytes: Some(20), ..LogParams::default() };
    let first = space.logs_of("flood", &first).await;
    assert!(first.starts_with("line ") && !first.starts_with("line 0 "), "{first}");
    // Five files of ten megabytes, each a line longer at the most.
    let kept = bytes_in(&cluster.data_dir().join("node/logs"), "flood_flood_");
    assert!((40 << 20..51 << 20).contains(&kept), "{kept} bytes");
}

/// How large everything is in the folders whose names start so.
fn bytes_in(folder: &Path, start: &str) -> u64 {
    let entries = fs::read_dir(folder).expect("the folder is there");
    let entries = entries.map(|entry| entry.expect("it can be read"));
    let wanted = entries.filter(|entry| entry.file_name().to_string_lossy().starts_with(start));
    let sizes = wanted.map(|entry| {
        let about = entry.metadata().expect("it is there");
        if about.is_dir() { bytes_in(&entry.path(), "") } else { about.len() }
    });
    sizes.sum()
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
