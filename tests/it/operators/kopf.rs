//! An operator made with kopf: handlers, finalizers, status and events.

use k8s_openapi::api::core::v1::ConfigMap;
use kube::api::{DeleteParams, Patch, PatchParams, PostParams};
use serde_json::json;

use super::{api, define, shell, sized};
use crate::support::cluster::Cluster;
use crate::support::patience::until;
use crate::support::python::Python;
use crate::support::space::Space;

/// The newest when this was written, with a client to write with.
const KOPF: [&str; 2] = ["kopf==1.45.2", "kubernetes==37.0.2"];

const GROUP: &str = "isopod.test";

#[tokio::test]
async fn a_kopf_operator_sees_shells_come_change_and_go() {
    let cluster = Cluster::shared().await;
    let Some(python) = Python::with(&KOPF, cluster) else { return };
    let space = Space::new(cluster.client().await, "kopf").await;
    define(&space.client, GROUP).await;
    let log = cluster.folder().join("kopf.log");
    let operator = ["-m", "kopf", "run", "-n", &space.name, "shells.py"];
    let _operator = python.start(&operator, &log);
    let (shells, maps) = (api(&space, GROUP), space.api::<ConfigMap>());

    shells.create(&PostParams::default(), &shell(GROUP, "one", 3)).await.expect("a new shell");
    let one = sized(&shells, "one", 3).await;
    assert!(one.metadata.finalizers.is_some_and(|all| all.len() == 1), "{:?}", one.data);
    let map = maps.get("one").await.expect("the operator made it");
    assert_eq!(map.data.expect("it has data")["size"], "3");
    space.event("one", "Made: the shell has settings").await;

    let five = Patch::Merge(json!({ "spec": { "size": 5 } }));
    shells.patch("one", &PatchParams::default(), &five).await.expect("a size it may have");
    sized(&shells, "one", 5).await;

    shells.delete("one", &DeleteParams::default()).await.expect("it can be deleted");
    until("the shell and what it owned to be gone", async || {
        let shell = shells.get_opt("one").await.expect("an answer").is_some();
        let map = maps.get_opt("one").await.expect("an answer").is_some();
        if shell || map { Err(format!("shell: {shell}, map: {map}")) } else { Ok(()) }
    })
    .await;
    maps.get("one-was-here").await.expect("the last handler made it");
}
