//! What fifty thousand objects cost: memory while running, and the time to start on them.

use anyhow::Result;

use super::Effort;
use super::cluster::Cluster;
use super::figures::{count_f64, duration, rate};
use super::load::Load;
use super::report::{Row, Section};
use super::temporary::Temporary;
use super::writes::CONFIG_MAPS;

pub(super) async fn measure(effort: Effort) -> Result<Section> {
    let objects = effort.pick(50_000, 10_000);
    let folder = Temporary::new()?;
    let (cluster, _) = Cluster::start(folder.path()).await?;
    let empty = cluster.resident_mib();
    let mut load = Load::open(cluster.endpoint()).await?;
    let created = load.run(objects, |index| CONFIG_MAPS.create("kept", index)).await?;
    let full = cluster.resident_mib();
    drop(load);
    cluster.stop().await?;
    let (cluster, started) = Cluster::start(folder.path()).await?;
    let again = cluster.resident_mib();
    cluster.stop().await?;
    let mut section = Section::new(format!("{objects} ConfigMaps of 1 KiB"));
    let each = |mib: f64| format!("{:.2} KiB each", (mib - empty) * 1024.0 / count_f64(objects));
    section.row(Row::new("create", rate(created.per_second())));
    section.row(
        Row::new("resident memory after the last create", format!("{full:.0} MiB"))
            .spread(each(full)),
    );
    section.row(
        Row::new("resident memory after a restart", format!("{again:.0} MiB")).spread(each(again)),
    );
    section.row(Row::new("existing folder to /readyz", duration(started.ready)));
    section.note(format!("An empty cluster of the same run: {empty:.0} MiB."));
    Ok(section)
}
