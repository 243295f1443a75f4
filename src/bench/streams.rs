//! Streams and round trips between two guests: over the pod network, over real sockets, and natively.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use sandbox::Prepared;
use sandbox::rival::Rival;
use tokio::task::JoinSet;

use super::Effort;
use super::figures::{grouped, median, per_second, range, rate, throughput};
use super::native;
use super::node::{BENCH, Lines, Node, container};
use super::report::{Row, Section};
use super::temporary::Temporary;

const PORT: u16 = 9000;

/// What is done over one connection.
#[derive(Debug, Clone, Copy)]
enum Work {
    Stream { bytes: u64, write_size: usize },
    Ping { count: u64 },
}

impl Work {
    fn server(self) -> &'static str {
        match self {
            Self::Stream { .. } => "sink",
            Self::Ping { .. } => "echo",
        }
    }

    fn client(self, address: SocketAddr) -> Vec<String> {
        let address = address.to_string();
        match self {
            Self::Stream { bytes, write_size } => {
                vec!["stream".into(), address, bytes.to_string(), write_size.to_string()]
            }
            Self::Ping { count } => vec!["ping".into(), address, count.to_string()],
        }
    }

    /// How the line begins in which the client reports.
    fn answer(self) -> &'static str {
        match self {
            Self::Stream { .. } => "bytes ",
            Self::Ping { .. } => "round_trips ",
        }
    }

    fn amount(self) -> u64 {
        match self {
            Self::Stream { bytes, .. } => bytes,
            Self::Ping { count } => count,
        }
    }

    /// As it was in the rounds.
    fn show(self, per_second: f64) -> String {
        match self {
            Self::Stream { .. } => throughput(per_second),
            Self::Ping { .. } => rate(per_second),
        }
    }

    fn name(self) -> String {
        match self {
            Self::Stream { write_size, .. } => format!("{} KiB writes", write_size / 1024),
            Self::Ping { .. } => "1-byte round trips".to_owned(),
        }
    }
}

/// Amounts per second, in rounds.
#[derive(Default)]
struct Rates {
    pod_network: Vec<f64>,
    real_sockets: Vec<f64>,
    threads: Vec<f64>,
    tokio: Vec<f64>,
}

pub(super) async fn measure(effort: Effort) -> Result<Section> {
    let folder = Temporary::new()?;
    let node = Node::new(&folder.path().join("compiled"))?;
    let prepared = node.prepare(BENCH).await?;
    let rival = tokio::task::spawn_blocking(|| Rival::new(guests::BENCH.bytes)).await;
    let rival = Arc::new(rival.context("compile")?.map_err(|error| anyhow!(error))?);
    let works = [
        Work::Stream { bytes: effort.pick(2 << 30, 512 << 20), write_size: 64 << 10 },
        Work::Stream { bytes: effort.pick(512 << 20, 128 << 20), write_size: 4 << 10 },
        Work::Ping { count: effort.pick(50_000, 15_000) },
    ];
    let mut section = Section::new("Between two std guests, one connection");
    for work in works {
        let mut rates = Rates::default();
        for _ in 0..effort.pick(5, 3) {
            let per_second = |elapsed| per_second(work.amount(), elapsed);
            rates.pod_network.push(per_second(over_pod_network(&node, &prepared, work).await?));
            rates.real_sockets.push(per_second(over_real_sockets(&rival, work).await?));
            match work {
                Work::Stream { bytes, write_size } => {
                    rates.threads.push(per_second(native::stream(bytes, write_size).await?));
                }
                Work::Ping { count } => {
                    rates.threads.push(per_second(native::ping(count).await?));
                    rates.tokio.push(per_second(native::tokio_ping(count).await?));
                }
            }
        }
        rows(&mut section, work, &rates);
    }
    section.note("Aims: 64 KiB at least 3.2x native and 4.8x real sockets, round trips 2.2x tokio and 3.8x real sockets.");
    Ok(section)
}

fn rows(section: &mut Section, work: Work, rates: &Rates) {
    let (name, ours) = (work.name(), median(&rates.pod_network));
    section.row(
        Row::new(format!("{name}, pod network"), work.show(ours))
            .spread(spread(work, &rates.pod_network)),
    );
    let (native_aim, rival_aim) = match work {
        Work::Stream { write_size, .. } if write_size >= 64 << 10 => (Some(3.2), Some(4.8)),
        Work::Stream { .. } => (None, None),
        Work::Ping { .. } => (Some(2.2), Some(3.8)),
    };
    let others = [
        ("same guests, real sockets", &rates.real_sockets, rival_aim),
        (
            "native threads, kernel loopback",
            &rates.threads,
            native_aim.filter(|_| rates.tokio.is_empty()),
        ),
        ("native tokio, kernel loopback", &rates.tokio, native_aim),
    ];
    for (what, theirs, aim) in others {
        if theirs.is_empty() {
            continue;
        }
        let times = ours / median(theirs);
        let row = Row::new(format!("{name}, {what}"), work.show(median(theirs)))
            .spread(spread(work, theirs))
            .against(times, "of this on the pod network");
        section.row(match aim {
            Some(aim) => row.aim(times >= aim, &format!("≥ {aim}x")),
            None => row,
        });
    }
}

fn spread(work: Work, rates: &[f64]) -> String {
    let (low, high) = range(rates);
    match work {
        Work::Stream { .. } => format!("{} to {}", throughput(low), throughput(high)),
        Work::Ping { .. } => format!("{} to {}/s", grouped(low), grouped(high)),
    }
}

async fn over_pod_network(node: &Node, prepared: &Prepared, work: Work) -> Result<Duration> {
    let (server, address) = node.sandbox()?;
    let lines = Lines::new();
    let listen = format!("0.0.0.0:{PORT}");
    let spec = container(prepared, &[work.server(), &listen], &lines);
    server.start(spec).await.context("start a guest")?;
    lines.line("listening").await?;
    let (client, _) = node.sandbox()?;
    let lines = Lines::new();
    let args = work.client(SocketAddr::new(address, PORT));
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    client.start(container(prepared, &args, &lines)).await.context("start a guest")?;
    let measured = elapsed(&lines, work).await;
    client.remove().await;
    server.remove().await;
    measured
}

async fn over_real_sockets(rival: &Arc<Rival>, work: Work) -> Result<Duration> {
    let mut guests = JoinSet::new();
    let lines = Lines::new();
    run(&mut guests, rival, vec![work.server().into(), "127.0.0.1:0".into()], &lines);
    let listening = lines.line("listening on ").await?;
    let address = listening.trim_start_matches("listening on ").parse().context("an address")?;
    let lines = Lines::new();
    run(&mut guests, rival, work.client(address), &lines);
    // Whatever still runs is dropped with the set.
    elapsed(&lines, work).await
}

fn run(guests: &mut JoinSet<()>, rival: &Arc<Rival>, args: Vec<String>, lines: &Arc<Lines>) {
    let (rival, lines) = (Arc::clone(rival), Arc::clone(lines));
    guests.spawn(async move {
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        let output: Arc<dyn sandbox::Output> = Arc::<Lines>::clone(&lines);
        let ended = rival.run(&args, output).await;
        if let Err(error) = ended {
            sandbox::Output::write(&*lines, sandbox::Stdio::Stderr, format!("{error}\n").into());
        }
        sandbox::Output::close(&*lines);
    });
}

/// The time in what the guest prints: `bytes N nanoseconds T`.
async fn elapsed(lines: &Lines, work: Work) -> Result<Duration> {
    let line = lines.line(work.answer()).await?;
    match line.rsplit(' ').next().and_then(|nanos| nanos.parse().ok()) {
        Some(nanos) => Ok(Duration::from_nanos(nanos)),
        None => bail!("the guest wrote {line:?}"),
    }
}
