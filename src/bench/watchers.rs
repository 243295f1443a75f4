//! How soon a hundred watchers hear of a change.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use bytes::Bytes;
use http::Method;
use serde_json::json;
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::cluster::Cluster;
use super::figures::{Samples, duration, per_second, rate};
use super::load::{Call, Load};
use super::report::{Row, Section};
use super::watch::Watch;
use super::{Effort, baseline};

const WATCHERS: usize = 100;
const BURST: usize = 200;
const COLLECTION: &str = "/api/v1/namespaces/default/configmaps";
/// Objects of ours begin their names so, and a number follows.
const PREFIX: &[u8] = b"\"name\":\"watched-";

/// When events arrived.
#[derive(Debug)]
struct Arrivals {
    start: Instant,
    /// For each object, how many watchers have heard of it.
    heard: Vec<AtomicUsize>,
    /// For each object, when the first and the last watcher heard of it, in nanoseconds since the start.
    first: Vec<AtomicU64>,
    last: Vec<AtomicU64>,
    complete: Notify,
}

impl Arrivals {
    fn new(objects: usize) -> Arc<Self> {
        Arc::new(Self {
            start: Instant::now(),
            heard: (0..objects).map(|_| AtomicUsize::new(0)).collect(),
            first: (0..objects).map(|_| AtomicU64::new(u64::MAX)).collect(),
            last: (0..objects).map(|_| AtomicU64::new(0)).collect(),
            complete: Notify::new(),
        })
    }

    fn hear(&self, object: usize) {
        let Some(heard) = self.heard.get(object) else { return };
        let nanos = u64::try_from(self.start.elapsed().as_nanos()).unwrap_or(u64::MAX);
        self.first[object].fetch_min(nanos, Ordering::Relaxed);
        self.last[object].fetch_max(nanos, Ordering::Relaxed);
        if heard.fetch_add(1, Ordering::AcqRel) + 1 == WATCHERS {
            self.complete.notify_one();
        }
    }

    async fn wait(&self, objects: std::ops::Range<usize>) {
        for object in objects {
            while self.heard[object].load(Ordering::Acquire) < WATCHERS {
                self.complete.notified().await;
            }
        }
    }

    fn since(&self, at: &AtomicU64, sent: Instant) -> Duration {
        let at = self.start + Duration::from_nanos(at.load(Ordering::Relaxed));
        at.saturating_duration_since(sent)
    }
}

pub(super) async fn measure(effort: Effort) -> Result<Section> {
    let (_folder, cluster) = Cluster::fresh().await?;
    let singles = effort.pick(300, 100);
    let arrivals = Arrivals::new(singles + BURST);
    let mut watchers = JoinSet::new();
    let start = Instant::now();
    for _ in 0..WATCHERS {
        let path = format!("{COLLECTION}?watch=1");
        let watch = Watch::open(cluster.endpoint(), &path).await?;
        watchers.spawn(listen(watch, Arc::clone(&arrivals)));
    }
    let opened = start.elapsed();
    let measured = tokio::select! {
        biased;
        ended = watchers.join_next() => match ended {
            Some(Ok(Err(error))) => return Err(error),
            _ => bail!("a watcher stopped"),
        },
        measured = deliver(&cluster, &arrivals, singles) => measured?,
    };
    drop(watchers);
    cluster.stop().await?;
    let mut section =
        Section::new(format!("{WATCHERS} watchers of one namespace, a TLS connection each"));
    section.row(
        Row::new("open all watches", duration(opened))
            .against(0.08 / opened.as_secs_f64(), "faster than 80 ms of kube-apiserver + etcd ¹"),
    );
    let Measured { answered, first, last, burst } = measured;
    section.row(
        Row::new("create to its own answer", duration(answered.median())).spread(answered.spread()),
    );
    section.row(
        Row::new("create to the first watcher", duration(first.median())).spread(first.spread()),
    );
    let millis = last.median().as_secs_f64() * 1e3;
    section.row(
        Row::new("create to the last watcher", duration(last.median()))
            .spread(last.spread())
            .against(
                baseline::WATCH_MILLIS / millis,
                format_args!("faster than 5.1 ms (p99 13.3) of {}", baseline::NAME),
            ),
    );
    section.row(
        Row::new(format!("deliveries, burst of {BURST} creates"), rate(burst))
            .against(burst / baseline::DELIVERIES, format_args!("80,500 {}", baseline::NAME)),
    );
    Ok(section)
}

struct Measured {
    answered: Samples,
    first: Samples,
    last: Samples,
    burst: f64,
}

async fn deliver(cluster: &Cluster, arrivals: &Arrivals, singles: usize) -> Result<Measured> {
    let mut connection = cluster.connect().await?;
    let (mut answered, mut first, mut last) = (Vec::new(), Vec::new(), Vec::new());
    for index in 0..singles {
        let Call { method, path, media, body } = create(index);
        let sent = Instant::now();
        connection.send(method, &path, media, body).await?;
        answered.push(sent.elapsed());
        arrivals.wait(index..index + 1).await;
        first.push(arrivals.since(&arrivals.first[index], sent));
        last.push(arrivals.since(&arrivals.last[index], sent));
    }
    let mut load = Load::open(cluster.endpoint()).await?;
    let sent = Instant::now();
    load.run(BURST, move |index| create(singles + index)).await?;
    arrivals.wait(singles..singles + BURST).await;
    let burst = per_second((BURST * WATCHERS) as u64, sent.elapsed());
    let collect = |times: Vec<Duration>| times.into_iter().collect();
    Ok(Measured { answered: collect(answered), first: collect(first), last: collect(last), burst })
}

async fn listen(mut watch: Watch, arrivals: Arc<Arrivals>) -> Result<()> {
    loop {
        let line = watch.line().await.context("a watcher")?;
        if let Some(object) = number(&line) {
            arrivals.hear(object);
        }
    }
}

/// The number in the name of one of our objects. Parsing a hundred copies of each event would measure the parser.
fn number(line: &[u8]) -> Option<usize> {
    let at = line.windows(PREFIX.len()).position(|window| window == PREFIX)? + PREFIX.len();
    let digits = line[at..].iter().take_while(|byte| byte.is_ascii_digit());
    Some(digits.fold(0, |number, digit| number * 10 + usize::from(digit - b'0')))
}

fn create(index: usize) -> Call {
    let object = json!({
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": { "name": format!("watched-{index}") },
        "data": { "text": "x".repeat(1024) },
    });
    let body = Bytes::from(object.to_string());
    Call { method: Method::POST, path: COLLECTION.to_owned(), media: "application/json", body }
}
