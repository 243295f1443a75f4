//! From the creation of a pod to its readiness, one pod after the other.

use std::time::Duration;

use anyhow::Result;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::Effort;
use super::api::Connection;
use super::cluster::Cluster;
use super::figures::{Samples, duration};
use super::report::{Row, Section};
use super::watch::{Watch, condition, name};

pub(super) const COLLECTION: &str = "/api/v1/namespaces/default/pods";

const READY_AIM: Duration = Duration::from_millis(50);

/// How long a pod took.
struct Times {
    answered: Duration,
    scheduled: Duration,
    running: Duration,
    ready: Duration,
}

pub(super) async fn measure(effort: Effort) -> Result<Section> {
    let (_folder, cluster) = Cluster::fresh().await?;
    let mut connection = cluster.connect().await?;
    let mut watch = Watch::open(cluster.endpoint(), &format!("{COLLECTION}?watch=1")).await?;
    let mut section = Section::new("Pods one by one, HTTP readiness probe, seen by a watch");
    let programs =
        [("hello", "/healthz", "wasi:http"), ("greeting", "/", "wasi:cli, std TCP server")];
    for (image, path, what) in programs {
        let first = pod(&mut connection, &mut watch, image, path, "first").await?;
        section.row(Row::new(
            format!("first {image} ({what}), image compiled, create to Ready"),
            duration(first.ready),
        ));
        let mut all = Vec::new();
        let before = cluster.cpu();
        for index in 0..effort.pick(50, 15) {
            all.push(pod(&mut connection, &mut watch, image, path, &index.to_string()).await?);
        }
        let cpu = cluster.cpu().saturating_sub(before) / u32::try_from(all.len()).unwrap_or(1);
        let samples = |figure: fn(&Times) -> Duration| all.iter().map(figure).collect::<Samples>();
        let figures = [
            ("create to its answer", samples(|times| times.answered)),
            ("create to bound", samples(|times| times.scheduled)),
            ("create to Running", samples(|times| times.running)),
        ];
        for (name, samples) in figures {
            section.row(
                Row::new(format!("{image}: {name}"), duration(samples.median()))
                    .spread(samples.spread()),
            );
        }
        let ready = samples(|times| times.ready);
        section.row(
            Row::new(format!("{image}: create to Ready"), duration(ready.median()))
                .spread(ready.spread())
                .aim(ready.median() <= READY_AIM, "p50 ≤ 50 ms"),
        );
        section
            .row(Row::new(format!("{image}: the cluster's processor time per pod"), duration(cpu)));
    }
    cluster.stop().await?;
    Ok(section)
}

async fn pod(
    connection: &mut Connection,
    watch: &mut Watch,
    image: &str,
    path: &str,
    suffix: &str,
) -> Result<Times> {
    let pod_name = format!("{image}-{suffix}");
    let mut object = manifest(&pod_name, image);
    object["spec"]["containers"][0]["readinessProbe"] =
        json!({ "httpGet": { "path": path, "port": 8080 }, "periodSeconds": 1 });
    let start = Instant::now();
    connection.create(COLLECTION, &object).await?;
    let answered = start.elapsed();
    let (mut scheduled, mut running) = (None, None);
    loop {
        let event = watch.next().await?;
        if name(&event.object) != pod_name {
            continue;
        }
        if event.object.pointer("/spec/nodeName").is_some() {
            scheduled.get_or_insert_with(|| start.elapsed());
        }
        if phase(&event.object) == "Running" {
            running.get_or_insert_with(|| start.elapsed());
        }
        if condition(&event.object, "Ready") {
            let ready = start.elapsed();
            let (scheduled, running) = (scheduled.unwrap_or(ready), running.unwrap_or(ready));
            return Ok(Times { answered, scheduled, running, ready });
        }
    }
}

pub(super) fn phase(pod: &Value) -> &str {
    pod.pointer("/status/phase").and_then(Value::as_str).unwrap_or_default()
}

/// A pod of one container that listens on port 8080.
pub(super) fn manifest(name: &str, image: &str) -> Value {
    json!({
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": { "name": name, "labels": { "app": image } },
        "spec": {
            "terminationGracePeriodSeconds": 0,
            "containers": [{
                "name": "main",
                "image": format!("localhost/isopod/{image}:latest"),
                "ports": [{ "name": "http", "containerPort": 8080 }],
            }],
        },
    })
}
