//! Many tenants: a thousand namespaces, each with a quota, and what quotas cost a create.

use anyhow::Result;
use bytes::Bytes;
use http::Method;
use serde_json::json;

use super::Effort;
use super::cluster::Cluster;
use super::figures::{duration, rate};
use super::load::{Call, Load, Outcome};
use super::report::{Row, Section};
use super::writes::config_map;

const NAMESPACES: usize = 1000;
/// More than is made, so that every create is counted and none refused.
const LIMIT: &str = "100000";

pub(super) async fn measure(effort: Effort) -> Result<Section> {
    let creates = effort.pick(12_000, 4_000);
    let (_folder, cluster) = Cluster::fresh().await?;
    let mut load = Load::open(cluster.endpoint()).await?;
    let mut section =
        Section::new(format!("{NAMESPACES} namespaces, each with a quota for ConfigMaps and pods"));
    let namespaces = load.run(NAMESPACES, namespace).await?;
    let free = load.run(creates, |index| create("free", index)).await?;
    let quotas = load.run(NAMESPACES, quota).await?;
    let limited = load.run(creates, |index| create("limited", index)).await?;
    section.row(row("namespace creates", &namespaces));
    section.row(row("quota creates", &quotas));
    section.row(row("ConfigMap creates, without quotas", &free));
    section.row(
        row("ConfigMap creates, with quotas", &limited)
            .against(limited.per_second() / free.per_second(), "the rate without quotas"),
    );
    let resident = cluster.resident_mib();
    section.row(Row::new("resident memory afterwards", format!("{resident:.0} MiB")));
    cluster.stop().await?;
    Ok(section)
}

fn row(what: &str, outcome: &Outcome) -> Row {
    let samples = outcome.samples();
    let spread = format!("p50 {}, p99 {}", duration(samples.median()), duration(samples.p99()));
    Row::new(what, rate(outcome.per_second())).spread(spread)
}

fn namespace(index: usize) -> Call {
    post("/api/v1/namespaces".to_owned(), &json!({ "metadata": { "name": name(index) } }))
}

fn quota(index: usize) -> Call {
    let hard = json!({ "count/configmaps": LIMIT, "pods": LIMIT });
    let quota = json!({ "metadata": { "name": "limits" }, "spec": { "hard": hard } });
    post(format!("/api/v1/namespaces/{}/resourcequotas", name(index)), &quota)
}

fn create(prefix: &str, index: usize) -> Call {
    let path = format!("/api/v1/namespaces/{}/configmaps", name(index % NAMESPACES));
    post(path, &config_map(&format!("{prefix}-{index}")))
}

fn name(index: usize) -> String {
    format!("tenant-{index}")
}

fn post(path: String, object: &serde_json::Value) -> Call {
    let body = Bytes::from(object.to_string());
    Call { method: Method::POST, path, media: "application/json", body }
}
