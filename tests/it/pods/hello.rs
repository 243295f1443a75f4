//! The first application: three pods behind a node port, asking another Service by name.

use std::collections::BTreeSet;
use std::path::Path;

use crate::support::cluster::Cluster;
use crate::support::patience::until;
use crate::support::space::Space;
use crate::support::wire;

#[tokio::test]
async fn three_pods_answer_with_what_another_service_told_them() {
    let cluster = Cluster::shared().await;
    let space = Space::new(cluster.client().await, "hello").await;
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("guests/hello");
    for file in ["greeting.yaml", "hello.yaml"] {
        let yaml = std::fs::read_to_string(folder.join(file)).expect("the manifests are here");
        // Several clusters may run on this machine: the server chooses the node port.
        space.apply(&yaml.replace("      nodePort: 30080\n", "")).await;
    }
    let address = space.node_port("hello").await;
    let mut pods = BTreeSet::new();
    until("answers of three pods", async || {
        let answer = wire::get(address, "/").await.map_err(|error| error.to_string())?;
        let body = answer.split("\r\n\r\n").nth(1).unwrap_or_default();
        let (pod, greeting) = body
            .strip_prefix("Hello from ")
            .unwrap_or_default()
            .split_once(". ")
            .unwrap_or_default();
        if greeting == "A fine day on the pod network to you!\n" {
            pods.insert(pod.to_owned());
        }
        if pods.len() == 3 { Ok(()) } else { Err(format!("{pods:?}, {answer}")) }
    })
    .await;
    assert!(pods.iter().all(|pod| pod.starts_with("hello-")), "{pods:?}");
    until("an answer for a probe", async || {
        let answer = wire::get(address, "/healthz").await.map_err(|error| error.to_string())?;
        if answer.starts_with("HTTP/1.1 200 OK\r\n") { Ok(()) } else { Err(answer) }
    })
    .await;
}
