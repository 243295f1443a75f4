//! Lists of a thousand pods.

use anyhow::Result;
use bytes::Bytes;
use http::Method;
use serde_json::json;
use tokio::time::Instant;

use super::cluster::Cluster;
use super::figures::{Samples, duration, rate};
use super::load::{Call, Load};
use super::report::{Row, Section};
use super::{Effort, baseline};

const PODS: usize = 1000;
const COLLECTION: &str = "/api/v1/namespaces/default/pods";

/// Ways to ask for all pods.
const QUERIES: [(&str, &str); 3] = [
    ("consistent", ""),
    ("resourceVersion=0", "?resourceVersion=0"),
    ("first page of 500", "?limit=500"),
];

pub(super) async fn measure(effort: Effort) -> Result<Section> {
    let (_folder, cluster) = Cluster::fresh().await?;
    let mut load = Load::open(cluster.endpoint()).await?;
    let created = load.run(PODS, create).await?;
    let mut section = Section::new(format!("{PODS} pods that no scheduler takes, one client"));
    let samples = created.samples();
    let spread = format!("p50 {}, p99 {}", duration(samples.median()), duration(samples.p99()));
    section.row(
        Row::new("pod create, 16 connections", rate(created.per_second()))
            .spread(spread)
            .against(created.per_second() / 1225.0, format_args!("1,225 {}", baseline::NAME)),
    );
    let mut connection = cluster.connect().await?;
    for (name, query) in QUERIES {
        let path = format!("{COLLECTION}{query}");
        let mut times = Vec::new();
        let mut bytes = 0;
        for _ in 0..effort.pick(50, 20) {
            let start = Instant::now();
            bytes = connection.get(&path).await?.len();
            times.push(start.elapsed());
        }
        let times: Samples = times.into_iter().collect();
        let row = Row::new(format!("list, {name}, {} KiB", bytes / 1024), duration(times.median()))
            .spread(times.spread());
        let millis = times.median().as_secs_f64() * 1e3;
        section.row(match query {
            "" => row.against(
                baseline::LIST_MILLIS / millis,
                format_args!("faster than 33 ms (2,090 KiB) of {}", baseline::NAME),
            ),
            _ => row,
        });
    }
    cluster.stop().await?;
    Ok(section)
}

fn create(index: usize) -> Call {
    let pod = json!({
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": { "name": format!("pod-{index}"), "labels": { "app": "list" } },
        "spec": {
            "schedulerName": "nobody",
            "containers": [{
                "name": "main",
                "image": "localhost/isopod/tcp-echo:latest",
                "env": [{ "name": "NUMBER", "value": index.to_string() }],
                "ports": [{ "name": "http", "containerPort": 8080 }],
                "resources": { "requests": { "cpu": "10m", "memory": "8Mi" } },
            }],
        },
    });
    let body = Bytes::from(pod.to_string());
    Call { method: Method::POST, path: COLLECTION.to_owned(), media: "application/json", body }
}
