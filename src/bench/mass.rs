//! Many pods at once.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context, Result};
use bytes::Bytes;
use http::Method;
use tokio::time::Instant;

use super::Effort;
use super::cluster::Cluster;
use super::figures::{Samples, duration, per_second, rate};
use super::load::{Call, Load};
use super::pods::{COLLECTION, manifest};
use super::report::{Row, Section};
use super::watch::{Watch, condition, name};

/// An idle TCP server written with std.
const IMAGE: &str = "greeting";

pub(super) async fn measure(effort: Effort) -> Result<Section> {
    let pods = effort.pick(500, 200);
    let (_folder, cluster) = Cluster::fresh().await?;
    let mut load = Load::open(cluster.endpoint()).await?;
    let mut watch = Watch::open(cluster.endpoint(), &format!("{COLLECTION}?watch=1")).await?;
    // The image is compiled before the clock starts.
    load.run(1, |_| create("first")).await?;
    wait(&mut watch, 1).await?;
    let (resident, cpu, start) = (cluster.resident_mib(), cluster.cpu(), Instant::now());
    let created = load.run(pods, |index| create(&format!("mass-{index}")));
    let (created, ready) = tokio::join!(created, wait(&mut watch, pods));
    let (created, ready) = (created?, ready?);
    let elapsed = start.elapsed();
    let cpu = cluster.cpu().saturating_sub(cpu);
    let resident = cluster.resident_mib() - resident;
    let delays: Samples = ready.values().map(|at| at.duration_since(start)).collect();
    let deleted = delete(&mut load, &mut watch, pods).await?;
    cluster.stop().await?;
    let mut section = Section::new(format!("{pods} pods at once, an idle std TCP server each"));
    section
        .row(Row::new("all created", duration(created.elapsed)).spread(rate(created.per_second())));
    section.row(
        Row::new("all Ready", duration(elapsed))
            .spread(format!("half of them after {}", duration(delays.median())))
            .against(
                per_second(pods as u64, elapsed) / 212.0,
                "212 pods/s merely bound by the control plane of Kubernetes ¹",
            ),
    );
    section.row(Row::new("pods started", rate(per_second(pods as u64, elapsed))));
    let count = u32::try_from(pods).unwrap_or(u32::MAX);
    section.row(Row::new("processor time per pod", duration(cpu / count)));
    section.row(Row::new(
        "resident memory per pod",
        format!("{:.0} KiB", resident * 1024.0 / f64::from(count)),
    ));
    section.row(
        Row::new("all deleted", duration(deleted)).spread(rate(per_second(pods as u64, deleted))),
    );
    Ok(section)
}

/// Waits until so many more pods are ready, and says when each was.
async fn wait(watch: &mut Watch, pods: usize) -> Result<BTreeMap<String, Instant>> {
    let mut ready = BTreeMap::new();
    while ready.len() < pods {
        let event = watch.next().await.context("wait for pods")?;
        if condition(&event.object, "Ready")
            && event.object.pointer("/metadata/deletionTimestamp").is_none()
        {
            let name = name(&event.object).to_owned();
            if pods == 1 || name != "first" {
                ready.entry(name).or_insert_with(Instant::now);
            }
        }
    }
    Ok(ready)
}

async fn delete(load: &mut Load, watch: &mut Watch, pods: usize) -> Result<Duration> {
    let start = Instant::now();
    let call = |index| Call {
        method: Method::DELETE,
        path: format!("{COLLECTION}/mass-{index}"),
        media: "",
        body: Bytes::new(),
    };
    let gone = async {
        let mut gone = 0;
        while gone < pods {
            gone += usize::from(watch.next().await?.change == "DELETED");
        }
        anyhow::Ok(())
    };
    let (deleted, gone) = tokio::join!(load.run(pods, call), gone);
    deleted?;
    gone?;
    Ok(start.elapsed())
}

fn create(name: &str) -> Call {
    let body = Bytes::from(manifest(name, IMAGE).to_string());
    Call { method: Method::POST, path: COLLECTION.to_owned(), media: "application/json", body }
}
