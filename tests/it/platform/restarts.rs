//! What a restart keeps.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures::future::join_all;
use k8s_openapi::api::core::v1::{ConfigMap, Node, Pod};
use kube::api::{ListParams, PostParams, WatchParams};
use kube::{Api, Client, ResourceExt as _};

use crate::support::cluster::{Cluster, NODE};
use crate::support::patience::until;
use crate::support::space::{Space, container, is_ready};
use crate::support::wire;

const WEB: &str = r"
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: c
        image: localhost/isopod/greeting
        env: [{name: GREETING, value: lasting}]
        ports: [{containerPort: 8080}]
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec:
  type: NodePort
  selector: {app: web}
  ports: [{port: 80, targetPort: 8080}]
";

/// The uids of the Deployment's pods, once both are ready.
async fn pods(space: &Space) -> Vec<(String, String)> {
    let pods: Api<Pod> = space.api();
    until("two ready pods", async || {
        let list = pods.list(&ListParams::default()).await.map_err(|error| error.to_string())?;
        if list.items.len() == 2 && list.items.iter().all(is_ready) {
            return Ok(list
                .items
                .iter()
                .map(|pod| (pod.name_any(), pod.uid().unwrap_or_default()))
                .collect());
        }
        Err(format!("{:#?}", list.items.iter().map(|pod| &pod.status).collect::<Vec<_>>()))
    })
    .await
}

async fn answers(space: &Space) {
    let port = space.node_port("web").await;
    until("an answer", async || {
        let answer = wire::get(port, "/").await.map_err(|error| error.to_string())?;
        // Other clusters on this machine have node ports, too.
        let is_ours = answer.starts_with("HTTP/1.1 200 OK") && answer.ends_with("\nlasting\n");
        if is_ours { Ok(()) } else { Err(answer) }
    })
    .await;
}

#[tokio::test]
async fn pods_run_again_after_an_orderly_stop_and_after_a_crash() {
    let mut cluster = Cluster::start(&[]).await;
    let space = Space::new(cluster.client().await, "lasting").await;
    space.apply(WEB).await;
    let before = pods(&space).await;
    answers(&space).await;

    for (signal, round) in [("TERM", 1), ("KILL", 2)] {
        let maps: Api<ConfigMap> = space_of(&cluster).await.api();
        let mut written = ConfigMap::default();
        written.metadata.name = Some(format!("before-{}", signal.to_lowercase()));
        maps.create(&PostParams::default(), &written).await.expect("it is acknowledged");
        cluster.signal(signal);
        let status = cluster.ended().await;
        if signal == "TERM" {
            assert_eq!(status.code(), Some(0), "{}", cluster.said());
        }
        cluster.run(&[]).await;
        let space = space_of(&cluster).await;
        space.get::<ConfigMap>(&written.name_any()).await;
        for (name, _) in &before {
            // What the API says at first is what was so before the end.
            space.pod(name, |pod| is_ready(pod) && container(pod, 0).restart_count == round).await;
        }
        assert_eq!(pods(&space).await, before, "the same pods, not new ones");
        answers(&space).await;
        let nodes: Api<Node> = Api::all(cluster.client().await);
        assert_eq!(nodes.list(&ListParams::default()).await.expect("a list").items.len(), 1);
        assert_eq!(nodes.get(NODE).await.expect("the node").name_any(), NODE);
    }
}

async fn space_of(cluster: &Cluster) -> Space {
    Space { client: cluster.client().await, name: "lasting".to_owned() }
}

/// Makes objects one after the other until the server does not answer any more.
async fn make(client: Client, writer: usize, count: &AtomicUsize) -> Vec<String> {
    let maps: Api<ConfigMap> = Api::default_namespaced(client);
    let mut answered = Vec::new();
    for number in 0.. {
        let name = format!("made-{writer}-{number}");
        let mut map = ConfigMap::default();
        map.metadata.name = Some(name.clone());
        if maps.create(&PostParams::default(), &map).await.is_err() {
            break;
        }
        answered.push(name);
        count.fetch_add(1, Ordering::Relaxed);
    }
    answered
}

#[tokio::test]
async fn a_stop_under_load_answers_every_write_that_has_happened() {
    let mut cluster = Cluster::start(&[]).await;
    let count = AtomicUsize::new(0);
    let mut writers = Vec::new();
    for writer in 0..32 {
        // Each on connections of its own.
        writers.push(make(cluster.client().await, writer, &count));
    }
    // What lasts is not waited for.
    let maps: Api<ConfigMap> = Api::default_namespaced(cluster.client().await);
    let _watch = maps.watch(&WatchParams::default(), "0").await.expect("a watch");
    let stopped = async {
        let enough = async || {
            let made = count.load(Ordering::Relaxed);
            if made >= 1_000 { Ok(()) } else { Err(made) }
        };
        until("a thousand objects", enough).await;
        cluster.signal("TERM");
        cluster.ended().await
    };
    let (answered, status) = tokio::join!(join_all(writers), stopped);
    // Nothing outlived its time, the watch neither.
    assert_eq!(status.code(), Some(0), "{}", cluster.said());

    cluster.run(&[]).await;
    let maps: Api<ConfigMap> = Api::default_namespaced(cluster.client().await);
    let found = maps.list(&ListParams::default()).await.expect("a list");
    let made = found.iter().map(ConfigMap::name_any).filter(|name| name.starts_with("made-"));
    let made: BTreeSet<String> = made.collect();
    assert_eq!(made, answered.into_iter().flatten().collect());
}

#[tokio::test]
async fn an_interrupt_ends_it_well() {
    let mut cluster = Cluster::start(&[]).await;
    cluster.signal("INT");
    assert_eq!(cluster.ended().await.code(), Some(0), "{}", cluster.said());
}
