//! From the start of the process to a cluster that answers; memory at rest; the same on existing data.

use std::time::Duration;

use anyhow::Result;

use super::cluster::{Cluster, Started};
use super::figures::{Samples, duration, median, range};
use super::report::{Row, Section};
use super::temporary::Temporary;
use super::{Effort, baseline};

/// Memory is read when a cluster has had this long to come to rest.
const REST: Duration = Duration::from_secs(6);
const SHORT_REST: Duration = Duration::from_secs(2);

const READY_AIM: Duration = Duration::from_millis(300);
const RESIDENT_AIM_MIB: f64 = 80.0;

pub(super) async fn measure(effort: Effort) -> Result<Section> {
    let mut section = Section::new("Start of the whole cluster, node included");
    let (fresh, cpu) = starts(effort.pick(7, 3)).await?;
    let ready = samples(&fresh, |started| started.ready);
    section.row(
        Row::new("empty folder to /readyz", duration(ready.median()))
            .spread(ready.spread())
            .against(
                baseline::READY_SECONDS / ready.median().as_secs_f64(),
                "faster than 3.46 s of kube-apiserver + etcd ¹",
            )
            .aim(ready.median() <= READY_AIM, "≤ 300 ms"),
    );
    let node = samples(&fresh, |started| started.node);
    section
        .row(Row::new("empty folder to node Ready", duration(node.median())).spread(node.spread()));
    let cpu: Samples = cpu.into_iter().collect();
    section.row(Row::new("processor time until then", duration(cpu.median())).spread(cpu.spread()));
    let (again, resident) = restarts(effort).await?;
    let ready = samples(&again, |started| started.ready);
    section.row(
        Row::new("existing folder to /readyz", duration(ready.median()))
            .spread(ready.spread())
            .against(
                baseline::RESTART_SECONDS / ready.median().as_secs_f64(),
                "faster than 2.77 s of kube-apiserver + etcd ¹",
            ),
    );
    let rest = effort.pick(REST, SHORT_REST);
    let (low, high) = range(&resident);
    let resident = median(&resident);
    section.row(
        Row::new(
            format!("resident memory, idle for {} s", rest.as_secs()),
            format!("{resident:.1} MiB"),
        )
        .spread(format!("{low:.1} to {high:.1} MiB"))
        .against(
            baseline::RESIDENT_MIB / resident,
            "less than 483 MiB of the four processes of a control plane ¹",
        )
        .aim(resident <= RESIDENT_AIM_MIB, "≤ 80 MiB"),
    );
    Ok(section)
}

fn samples(starts: &[Started], figure: impl Fn(&Started) -> Duration) -> Samples {
    starts.iter().map(figure).collect()
}

/// Starts on empty folders, and the processor time each took.
async fn starts(count: usize) -> Result<(Vec<Started>, Vec<Duration>)> {
    let (mut starts, mut cpu) = (Vec::new(), Vec::new());
    for _ in 0..count {
        let folder = Temporary::new()?;
        let (cluster, started) = Cluster::start(folder.path()).await?;
        cpu.push(cluster.cpu());
        cluster.stop().await?;
        starts.push(started);
    }
    Ok((starts, cpu))
}

/// Starts on a folder that has been used before, and the memory of the first and the last at rest.
async fn restarts(effort: Effort) -> Result<(Vec<Started>, Vec<f64>)> {
    let folder = Temporary::new()?;
    let (mut starts, mut resident) = (Vec::new(), Vec::new());
    let count = effort.pick(4, 2);
    for round in 0..count {
        let (cluster, started) = Cluster::start(folder.path()).await?;
        if round == 0 || round == count - 1 {
            tokio::time::sleep(effort.pick(REST, SHORT_REST)).await;
            resident.push(cluster.resident_mib());
        }
        cluster.stop().await?;
        // The first was on an empty folder.
        if round > 0 {
            starts.push(started);
        }
    }
    Ok((starts, resident))
}
