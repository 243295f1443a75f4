//! The Python client, whose models reject answers of the wrong shape, and schemathesis, which asks whatever OpenAPI
//! says may be asked.

use std::time::Duration;

use crate::support::cluster::Cluster;
use crate::support::python::Python;
use crate::support::space::Space;

/// The newest when this was written.
const CLIENT: &str = "kubernetes==37.0.2";
/// The same.
const SCHEMATHESIS: &str = "schemathesis==4.32.5";

async fn run(script: &str, topic: &str) {
    let cluster = Cluster::shared().await;
    let Some(python) = Python::with(&[CLIENT], cluster) else { return };
    let space = Space::new(cluster.client().await, topic).await;
    python.run(script, &space).await;
}

#[tokio::test]
async fn typed_models_fit_every_answer() {
    run("typed.py", "python-typed").await;
}

#[tokio::test]
async fn every_kind_can_be_listed_and_discovered() {
    run("listed.py", "python-listed").await;
}

#[tokio::test]
async fn the_dynamic_client_discovers_changes_and_watches() {
    run("dynamic.py", "python-dynamic").await;
}

#[tokio::test]
async fn nothing_that_openapi_lets_ask_is_an_error_of_the_server() {
    // It deletes what it can.
    let cluster = Cluster::start(&[]).await;
    let Some(python) = Python::with(&[SCHEMATHESIS], &cluster) else { return };
    let kubeconfig = cluster.kubeconfig().display().to_string();
    // Some dozens of operations, the same ones each time; by hand, more.
    let bounds = ["--examples", "1", "--operations", "40", "--seed", "1"];
    let arguments = [&[kubeconfig.as_str()][..], &bounds].concat();
    python.finish("openapi.py", &arguments, Duration::from_mins(5)).await;
}
