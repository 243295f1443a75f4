//! Creates, gets, patches, applies and deletes of one kind, as the control plane of Kubernetes was measured.

use anyhow::Result;
use bytes::Bytes;
use http::Method;
use serde_json::{Value, json};

use super::Effort;
use super::baseline::{self, Baselines};
use super::cluster::Cluster;
use super::load::{CONNECTIONS, Call, Load};
use super::operations::{self, Operation};
use super::report::Section;

/// Gets are so much faster that a round of as many would be over before anything is measured.
const GETS: usize = 5;
/// What each ConfigMap holds.
const DATA_BYTES: usize = 1024;
const JSON: &str = "application/json";
const MERGE: &str = "application/merge-patch+json";
const APPLY: &str = "application/apply-patch+yaml";

/// What is written.
#[derive(Debug, Clone, Copy)]
pub(super) struct Subject {
    title: &'static str,
    collection: &'static str,
    /// The object of this name.
    object: fn(&str) -> Value,
    baselines: Baselines,
}

/// `ConfigMaps` of 1 KiB.
pub(super) const CONFIG_MAPS: Subject = Subject {
    title: "ConfigMaps of 1 KiB",
    collection: "/api/v1/namespaces/default/configmaps",
    object: config_map,
    baselines: baseline::CONFIG_MAPS,
};

/// Pods that no scheduler takes, so that nothing but the API is measured.
pub(super) const PODS: Subject = Subject {
    title: "Pods that no scheduler takes",
    collection: "/api/v1/namespaces/default/pods",
    object: pod,
    baselines: baseline::PODS,
};

pub(super) async fn measure(subject: Subject, effort: Effort) -> Result<Section> {
    let (_folder, cluster) = Cluster::fresh().await?;
    let (rounds, count) = (effort.pick(3, 1), effort.pick(6000, 2000));
    let mut load = Load::open(cluster.endpoint()).await?;
    // A few requests beforehand, so that no round pays for what happens once.
    load.run(count / 10, move |index| subject.create("warm", index)).await?;
    let Baselines { create, get, patch, delete } = subject.baselines;
    let mut creates = Operation::new("create", create).aim_with_cpu(5.0, 10.0);
    let mut gets = Operation::new("get", get).aim(10.0);
    let mut patches = Operation::new("merge patch", patch);
    let mut applies = Operation::new("server-side apply", operations::Baseline::default());
    let mut deletes = Operation::new("delete", delete);
    for round in 0..rounds {
        let name: &'static str = ["first", "second", "third"][round];
        let call = move |i| subject.create(name, i);
        creates.round(&cluster, &mut load, count, call).await?;
        let call = move |i: usize| subject.plain(Method::GET, name, i % count);
        gets.round(&cluster, &mut load, count * GETS, call).await?;
        let call = move |i| subject.patch(name, i);
        patches.round(&cluster, &mut load, count, call).await?;
        let call = move |i| subject.apply(name, i);
        applies.round(&cluster, &mut load, count, call).await?;
        let call = move |i| subject.plain(Method::DELETE, name, i);
        deletes.round(&cluster, &mut load, count, call).await?;
    }
    cluster.stop().await?;
    let mut section = Section::new(format!(
        "{}: {count} of each (gets {GETS}-fold), {rounds} times, over {CONNECTIONS} TLS connections, HTTP/1.1, durable",
        subject.title
    ));
    operations::report(&mut section, &[creates, gets, patches, applies, deletes]);
    Ok(section)
}

impl Subject {
    pub(super) fn create(self, prefix: &str, index: usize) -> Call {
        let body = Bytes::from((self.object)(&format!("{prefix}-{index}")).to_string());
        Call { method: Method::POST, path: self.collection.to_owned(), media: JSON, body }
    }

    fn patch(self, prefix: &str, index: usize) -> Call {
        let body = json!({ "metadata": { "labels": { "patched": "yes" } } }).to_string();
        self.with_body(MERGE, prefix, index, body)
    }

    /// A second manager sets a label of its own.
    fn apply(self, prefix: &str, index: usize) -> Call {
        let object = (self.object)("");
        let body = json!({
            "apiVersion": object["apiVersion"],
            "kind": object["kind"],
            "metadata": { "labels": { "applied": "yes" } },
        });
        let mut call = self.with_body(APPLY, prefix, index, body.to_string());
        call.path += "?fieldManager=bench";
        call
    }

    fn plain(self, method: Method, prefix: &str, index: usize) -> Call {
        Call { method, ..self.with_body("", prefix, index, String::new()) }
    }

    fn with_body(self, media: &'static str, prefix: &str, index: usize, body: String) -> Call {
        let path = format!("{}/{prefix}-{index}", self.collection);
        Call { method: Method::PATCH, path, media, body: body.into() }
    }
}

/// A ConfigMap as the baseline's.
pub(super) fn config_map(name: &str) -> Value {
    json!({
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": { "name": name },
        "data": { "text": "x".repeat(DATA_BYTES) },
    })
}

fn pod(name: &str) -> Value {
    json!({
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": { "name": name, "labels": { "app": "list" } },
        "spec": {
            "schedulerName": "nobody",
            "containers": [{
                "name": "main",
                "image": "localhost/isopod/tcp-echo:latest",
                "env": [{ "name": "NAME", "value": name }],
                "ports": [{ "name": "http", "containerPort": 8080 }],
                "resources": { "requests": { "cpu": "10m", "memory": "8Mi" } },
            }],
        },
    })
}
