//! The Python client: its models reject answers of the wrong shape.

use crate::support::cluster::Cluster;
use crate::support::python::Python;
use crate::support::space::Space;

/// The newest when this was written.
const CLIENT: &str = "kubernetes==37.0.2";

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
