//! How soon many watchers hear of a change: a hundred as the baseline was measured, and ten thousand.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use bytes::Bytes;
use http::Method;
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::api::{Endpoint, Multiplexed};
use super::cluster::Cluster;
use super::figures::{Samples, duration, per_second, rate};
use super::load::{Call, Load};
use super::report::{Row, Section};
use super::watch::Watch;
use super::writes::config_map;
use super::{Effort, baseline};

const COLLECTION: &str = "/api/v1/namespaces/default/configmaps";
/// Objects of ours begin their names so, and a number follows.
const PREFIX: &[u8] = b"\"name\":\"watched-";

/// How many watch, and how they are connected.
#[derive(Debug, Clone, Copy)]
struct Crowd {
    watchers: usize,
    /// Watches on one connection; one means HTTP/1.1.
    per_connection: usize,
    /// Creates one after the other, each waited for until everybody has heard of it.
    singles: usize,
    /// Creates at once.
    burst: usize,
}

/// When events arrived.
#[derive(Debug)]
struct Arrivals {
    watchers: usize,
    start: Instant,
    /// For each object, how many watchers have heard of it.
    heard: Vec<AtomicUsize>,
    /// For each object, when the first and the last watcher heard of it, in nanoseconds since the start.
    first: Vec<AtomicU64>,
    last: Vec<AtomicU64>,
    complete: Notify,
}

impl Arrivals {
    fn new(crowd: Crowd) -> Arc<Self> {
        let objects = crowd.singles + crowd.burst;
        Arc::new(Self {
            watchers: crowd.watchers,
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
        if heard.fetch_add(1, Ordering::AcqRel) + 1 == self.watchers {
            self.complete.notify_one();
        }
    }

    async fn wait(&self, objects: std::ops::Range<usize>) {
        for object in objects {
            while self.heard[object].load(Ordering::Acquire) < self.watchers {
                self.complete.notified().await;
            }
        }
    }

    fn since(&self, at: &AtomicU64, sent: Instant) -> Duration {
        let at = self.start + Duration::from_nanos(at.load(Ordering::Relaxed));
        at.saturating_duration_since(sent)
    }
}

/// A hundred watchers, beside the baseline's.
pub(super) async fn measure(effort: Effort) -> Result<Section> {
    let singles = effort.pick(300, 100);
    let crowd = Crowd { watchers: 100, per_connection: 1, singles, burst: 200 };
    let measured = Box::pin(of(crowd)).await?;
    let opened = measured.opened.as_secs_f64();
    let millis = measured.last.median().as_secs_f64() * 1e3;
    let [open, answer, first, last, burst] = measured.rows(crowd);
    let mut section = Section::new(format!(
        "{} watchers of one namespace, a TLS connection each",
        crowd.watchers
    ));
    section.row(open.against(0.08 / opened, "faster than 80 ms of kube-apiserver + etcd ¹"));
    section.row(answer);
    section.row(first);
    let against = format!("faster than 5.1 ms (p99 13.3) of {}", baseline::NAME);
    section.row(last.against(baseline::WATCH_MILLIS / millis, against));
    let times = measured.burst / baseline::DELIVERIES;
    let against = format!("80,500 {}", baseline::NAME);
    section.row(burst.against(times, against).aim(times >= 10.0, "≥ 10x"));
    Ok(section)
}

/// Ten thousand watchers, as of a hundred clients with a hundred informers each.
pub(super) async fn measure_crowd(effort: Effort) -> Result<Section> {
    let (singles, burst) = (effort.pick(30, 10), effort.pick(40, 10));
    let crowd = Crowd { watchers: 10_000, per_connection: 100, singles, burst };
    let measured = Box::pin(of(crowd)).await?;
    let Crowd { watchers, per_connection, .. } = crowd;
    let mut section = Section::new(format!(
        "{watchers} watchers of one namespace, {per_connection} on each HTTP/2 connection"
    ));
    measured.rows(crowd).into_iter().for_each(|row| section.row(row));
    let kib = measured.resident_mib * 1024.0 / 10_000.0;
    section.row(Row::new("resident memory per watcher", format!("{kib:.1} KiB")));
    Ok(section)
}

/// What a crowd heard, and when.
struct Measured {
    opened: Duration,
    resident_mib: f64,
    answered: Samples,
    first: Samples,
    last: Samples,
    burst: f64,
}

impl Measured {
    fn rows(&self, crowd: Crowd) -> [Row; 5] {
        let row = |what: &str, times: &Samples| {
            Row::new(what, duration(times.median())).spread(times.spread())
        };
        let burst = format!("deliveries, burst of {} creates", crowd.burst);
        [
            Row::new("open all watches", duration(self.opened)),
            row("create to its own answer", &self.answered),
            row("create to the first watcher", &self.first),
            row("create to the last watcher", &self.last),
            Row::new(burst, rate(self.burst)),
        ]
    }
}

async fn of(crowd: Crowd) -> Result<Measured> {
    let (_folder, cluster) = Cluster::fresh().await?;
    let arrivals = Arrivals::new(crowd);
    let resident = cluster.resident_mib();
    let start = Instant::now();
    let (_connections, watches) = open(cluster.endpoint(), crowd).await?;
    let opened = start.elapsed();
    let resident_mib = cluster.resident_mib() - resident;
    let mut watchers = JoinSet::new();
    for watch in watches {
        watchers.spawn(listen(watch, Arc::clone(&arrivals)));
    }
    let measured = tokio::select! {
        biased;
        ended = watchers.join_next() => match ended {
            Some(Ok(Err(error))) => return Err(error),
            _ => bail!("a watcher stopped"),
        },
        measured = deliver(&cluster, &arrivals, crowd) => measured?,
    };
    drop(watchers);
    cluster.stop().await?;
    Ok(Measured { opened, resident_mib, ..measured })
}

/// Opens the watches, and the connections they share.
async fn open(endpoint: &Endpoint, crowd: Crowd) -> Result<(Vec<Multiplexed>, Vec<Watch>)> {
    let path = format!("{COLLECTION}?watch=1");
    let (mut connections, mut watches) = (Vec::new(), Vec::new());
    for _ in 0..crowd.watchers / crowd.per_connection {
        if crowd.per_connection == 1 {
            watches.push(Watch::open(endpoint, &path).await?);
            continue;
        }
        let mut connection = Multiplexed::open(endpoint).await?;
        for _ in 0..crowd.per_connection {
            watches.push(Watch::share(&mut connection, &path).await?);
        }
        connections.push(connection);
    }
    Ok((connections, watches))
}

async fn deliver(cluster: &Cluster, arrivals: &Arrivals, crowd: Crowd) -> Result<Measured> {
    let Crowd { watchers, singles, burst, .. } = crowd;
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
    load.run(burst, move |index| create(singles + index)).await?;
    arrivals.wait(singles..singles + burst).await;
    let collect = |times: Vec<Duration>| times.into_iter().collect();
    Ok(Measured {
        opened: Duration::ZERO,
        resident_mib: 0.0,
        answered: collect(answered),
        first: collect(first),
        last: collect(last),
        burst: per_second((burst * watchers) as u64, sent.elapsed()),
    })
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
    let at = memchr::memmem::find(line, PREFIX)? + PREFIX.len();
    let digits = line[at..].iter().take_while(|byte| byte.is_ascii_digit());
    Some(digits.fold(0, |number, digit| number * 10 + usize::from(digit - b'0')))
}

fn create(index: usize) -> Call {
    let body = Bytes::from(config_map(&format!("watched-{index}")).to_string());
    Call { method: Method::POST, path: COLLECTION.to_owned(), media: "application/json", body }
}
