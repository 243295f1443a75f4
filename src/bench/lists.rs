//! Lists of pods: consistent, cached and in pages.

use anyhow::{Context, Result};
use bytes::Bytes;
use serde::Deserialize;
use tokio::time::Instant;

use super::api::Connection;
use super::cluster::Cluster;
use super::figures::{Samples, duration};
use super::load::Load;
use super::report::{Row, Section};
use super::writes::PODS;
use super::{Effort, baseline};

const COLLECTION: &str = "/api/v1/namespaces/default/pods";
const PAGE: usize = 500;
/// How many times faster than the baseline the longest list has to be.
const AIM: f64 = 10.0;

/// Ways to ask for all pods, in the order of the baseline's figures.
const WAYS: [(&str, &str); 3] =
    [("consistent", ""), ("resourceVersion=0", "resourceVersion=0"), ("pages of 500", "limit=500")];

pub(super) async fn measure(effort: Effort) -> Result<Section> {
    let (_folder, cluster) = Cluster::fresh().await?;
    let mut load = Load::open(cluster.endpoint()).await?;
    let mut connection = cluster.connect().await?;
    let mut section = Section::new("Lists of pods, one client");
    let mut there = 0;
    for (pods, baselines) in
        [(1000, baseline::LIST_1000_MILLIS), (5000, baseline::LIST_5000_MILLIS)]
    {
        load.run(pods - there, move |index| PODS.create("pod", there + index)).await?;
        there = pods;
        for ((name, query), baseline) in WAYS.into_iter().zip(baselines) {
            let (times, bytes) = time(&mut connection, query, pods, effort.pick(50, 20)).await?;
            let millis = times.median().as_secs_f64() * 1e3;
            let what = format!("{pods} pods, {name}, {} KiB", bytes / 1024);
            let against = format!("faster than {baseline} ms of {}", baseline::NAME);
            let row = Row::new(what, duration(times.median()))
                .spread(times.spread())
                .against(baseline / millis, against);
            let long = pods == 5000;
            section.row(if long { row.aim(baseline / millis >= AIM, "≥ 10x") } else { row });
        }
    }
    section.note("A pod of the baseline was listed as 2,137 bytes, managed fields included.");
    cluster.stop().await?;
    Ok(section)
}

/// Asks for all pods so many times; how long that took, and how many bytes it was.
async fn time(
    connection: &mut Connection,
    query: &str,
    pods: usize,
    times: usize,
) -> Result<(Samples, usize)> {
    let (mut taken, mut bytes) = (Vec::new(), 0);
    for _ in 0..times {
        let start = Instant::now();
        bytes = list(connection, query, pods).await?;
        taken.push(start.elapsed());
    }
    Ok((taken.into_iter().collect(), bytes))
}

/// Asks for all pods, page after page where the query says so.
async fn list(connection: &mut Connection, query: &str, pods: usize) -> Result<usize> {
    let path = format!("{COLLECTION}?{query}");
    if !query.contains("limit") {
        return connection.count(&path).await;
    }
    let first = connection.get(&path).await?;
    let mut bytes = first.len();
    let mut token = continuation(&first)?;
    for _ in 1..pods.div_ceil(PAGE) {
        let page = connection.get(&format!("{COLLECTION}?{query}&continue={token}")).await?;
        bytes += page.len();
        token = continuation(&page)?;
    }
    Ok(bytes)
}

#[derive(Deserialize)]
struct List {
    metadata: ListMeta,
}

#[derive(Deserialize)]
struct ListMeta {
    #[serde(default, rename = "continue")]
    next: String,
}

/// Where the next page begins; empty after the last.
fn continuation(list: &Bytes) -> Result<String> {
    // A list's metadata stands before its items: what follows need not be read.
    let end = list.windows(8).position(|window| window == b"\"items\":").unwrap_or(list.len());
    let head = [list[..end].trim_ascii_end().strip_suffix(b",").unwrap_or(&list[..end]), b"}"];
    let list: List = serde_json::from_slice(&head.concat()).context("read a list's metadata")?;
    Ok(list.metadata.next)
}
