//! Creates, gets, patches and deletes of `ConfigMaps`, as the control plane of Kubernetes was measured.

use anyhow::Result;
use bytes::Bytes;
use http::Method;
use serde_json::json;

use super::cluster::Cluster;
use super::figures::{grouped, median, rate, rates_spread};
use super::load::{CONNECTIONS, Call, Load, Outcome};
use super::report::{Row, Section};
use super::{Effort, baseline};

/// What each ConfigMap holds.
const DATA_BYTES: usize = 1024;
/// Gets are so much faster that a round of as many would be over before anything is measured.
const GETS: usize = 5;
const COLLECTION: &str = "/api/v1/namespaces/default/configmaps";
const JSON: &str = "application/json";
const MERGE: &str = "application/merge-patch+json";

/// One operation's rounds.
struct Operation {
    name: &'static str,
    baseline: f64,
    baseline_cpu: f64,
    aim: Option<(f64, &'static str)>,
    rates: Vec<f64>,
    cpu_micros: Vec<f64>,
    latencies: Vec<std::time::Duration>,
}

impl Operation {
    fn new(name: &'static str, baseline: f64, baseline_cpu: f64) -> Self {
        let (rates, cpu_micros, latencies) = Default::default();
        Self { name, baseline, baseline_cpu, aim: None, rates, cpu_micros, latencies }
    }

    fn aim(self, times: f64, text: &'static str) -> Self {
        Self { aim: Some((times, text)), ..self }
    }

    fn take(&mut self, outcome: Outcome, cpu: std::time::Duration) {
        self.rates.push(outcome.per_second());
        let count = outcome.latencies.len().max(1);
        self.cpu_micros.push(cpu.as_secs_f64() * 1e6 / count_f64(count));
        self.latencies.extend(outcome.latencies);
    }

    fn row(&self) -> Row {
        let latencies = self.latencies.iter().copied().collect();
        let (rate_median, spread) = (median(&self.rates), rates_spread(&self.rates, &latencies));
        let times = rate_median / self.baseline;
        let row = Row::new(self.name, rate(rate_median)).spread(spread);
        let row = row.against(times, format_args!("{} {}", grouped(self.baseline), baseline::NAME));
        match self.aim {
            Some((aim, text)) => row.aim(times >= aim, text),
            None => row,
        }
    }

    fn cpu_row(&self) -> Row {
        let micros = median(&self.cpu_micros);
        let what = format!("less than {} us of {}", grouped(self.baseline_cpu), baseline::NAME);
        Row::new(format!("{}, processor time", self.name), format!("{} us", grouped(micros)))
            .against(self.baseline_cpu / micros.max(1.0), what)
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts here are far below 2^52")]
fn count_f64(count: usize) -> f64 {
    count as f64
}

pub(super) async fn measure(effort: Effort) -> Result<Section> {
    let (_folder, cluster) = Cluster::fresh().await?;
    let (rounds, count) = (effort.pick(3, 1), effort.pick(6000, 2000));
    let mut load = Load::open(cluster.endpoint()).await?;
    // A few requests beforehand, so that no round pays for what happens once.
    load.run(count / 10, |index| create("warm", index)).await?;
    let mut creates =
        Operation::new("create", baseline::CREATES, baseline::CREATE_CPU).aim(3.0, "≥ 3x");
    let mut gets = Operation::new("get", baseline::GETS, baseline::GET_CPU).aim(5.0, "≥ 5x");
    let mut patches = Operation::new("merge patch", baseline::PATCHES, baseline::PATCH_CPU);
    let mut deletes = Operation::new("delete", baseline::DELETES, baseline::DELETE_CPU);
    for round in 0..rounds {
        let name = format!("round-{round}");
        let prefix = name.clone();
        round_of(&cluster, &mut load, &mut creates, count, move |i| create(&prefix, i)).await?;
        let prefix = name.clone();
        let get = move |i: usize| plain(Method::GET, &prefix, i % count);
        round_of(&cluster, &mut load, &mut gets, count * GETS, get).await?;
        let prefix = name.clone();
        round_of(&cluster, &mut load, &mut patches, count, move |i| patch(&prefix, i)).await?;
        let prefix = name;
        let delete = move |i| plain(Method::DELETE, &prefix, i);
        round_of(&cluster, &mut load, &mut deletes, count, delete).await?;
    }
    cluster.stop().await?;
    let mut section = Section::new(format!(
        "ConfigMaps of 1 KiB: {count} of each (gets {GETS}-fold), {rounds} times, over {CONNECTIONS} TLS connections, \
         HTTP/1.1, durable"
    ));
    let operations = [creates, gets, patches, deletes];
    for operation in &operations {
        section.row(operation.row());
    }
    for operation in &operations {
        section.row(operation.cpu_row());
    }
    section.note(
        "Client and server share the cores; processor time is the server's, user and system.",
    );
    Ok(section)
}

async fn round_of(
    cluster: &Cluster,
    load: &mut Load,
    operation: &mut Operation,
    count: usize,
    call: impl Fn(usize) -> Call + Send + Sync + 'static,
) -> Result<()> {
    let before = cluster.cpu();
    let outcome = load.run(count, call).await?;
    operation.take(outcome, cluster.cpu().saturating_sub(before));
    Ok(())
}

fn create(prefix: &str, index: usize) -> Call {
    let object = json!({
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": { "name": format!("{prefix}-{index}") },
        "data": { "text": "x".repeat(DATA_BYTES) },
    });
    let body = Bytes::from(object.to_string());
    Call { method: Method::POST, path: COLLECTION.to_owned(), media: JSON, body }
}

fn patch(prefix: &str, index: usize) -> Call {
    let body = Bytes::from(json!({ "metadata": { "labels": { "patched": "yes" } } }).to_string());
    let path = format!("{COLLECTION}/{prefix}-{index}");
    Call { method: Method::PATCH, path, media: MERGE, body }
}

fn plain(method: Method, prefix: &str, index: usize) -> Call {
    let path = format!("{COLLECTION}/{prefix}-{index}");
    Call { method, path, media: "", body: Bytes::new() }
}
