//! Instances without a cluster: how fast they are made, answer, and die.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use sandbox::{Prepared, Sandbox};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::Instant;

use super::figures::{Samples, duration, per_second, rate};
use super::node::{BENCH, CONTAINER, Lines, Node, container};
use super::report::{Row, Section};
use super::temporary::Temporary;
use super::{Effort, machine};

const PORT: u16 = 9000;
const LISTEN: &str = "0.0.0.0:9000";
/// How long a guest spins before it is killed: it has moved to the threads of low priority by then.
const SPIN: Duration = Duration::from_millis(20);

/// For the threads that ran a guest to let go of its program.
const FORGET: Duration = Duration::from_millis(5);

const WARM_AIM: Duration = Duration::from_micros(158);
const FILE_AIM: Duration = Duration::from_micros(500);
const KILL_AIM: Duration = Duration::from_millis(2);

pub(super) async fn measure(effort: Effort) -> Result<Section> {
    let folder = Temporary::new()?;
    let node = Node::new(&folder.path().join("compiled"))?;
    let mut section =
        Section::new("Instances in this process, a std TCP server unless said otherwise");
    let start = Instant::now();
    let prepared = node.prepare(BENCH).await?;
    section.row(Row::new("compile the image, once", duration(start.elapsed())));
    let (made, first) = warm(&node, &prepared, effort.pick(1000, 300)).await?;
    section.row(Row::new("start to instance made", duration(made.median())).spread(made.spread()));
    section.row(
        Row::new("start to first byte, warm", duration(first.median()))
            .spread(first.spread())
            .aim(first.median() <= WARM_AIM, "≤ 158 us"),
    );
    let (started, resident) = crowd(&node, &prepared, effort.pick(1000, 200)).await?;
    section.row(Row::new("idle guests started, one after the other", rate(started)));
    section.row(Row::new("resident memory per idle guest", format!("{resident:.0} KiB")));
    drop((prepared, node));
    let (loaded, first) = cold(&folder, effort.pick(30, 10)).await?;
    section.row(Row::new("load compiled image", duration(loaded.median())).spread(loaded.spread()));
    section.row(
        Row::new("compiled file to first byte", duration(first.median()))
            .spread(first.spread())
            .aim(first.median() <= FILE_AIM, "≤ 0.5 ms"),
    );
    let killed = kills(&folder, effort.pick(100, 30)).await?;
    section.row(
        Row::new("kill of a spinning guest", duration(killed.median()))
            .spread(killed.spread())
            .aim(killed.p99() <= KILL_AIM, "p99 ≤ 2 ms"),
    );
    Ok(section)
}

/// Starts from a program in memory: until the instance is made, and until it has answered a byte.
async fn warm(node: &Node, prepared: &Prepared, count: usize) -> Result<(Samples, Samples)> {
    let (mut made, mut first) = (Vec::new(), Vec::new());
    // The first few warm the pool.
    for round in 0..count + 20 {
        let start = Instant::now();
        let answered = first_byte(node, prepared, start).await?;
        if round >= 20 {
            made.push(answered.made);
            first.push(answered.first);
        }
    }
    Ok((made.into_iter().collect(), first.into_iter().collect()))
}

/// Starts from a file of compiled code, as the first pod of an image after a while.
async fn cold(folder: &Temporary, count: usize) -> Result<(Samples, Samples)> {
    let node = Node::new(&folder.path().join("compiled"))?;
    let (mut loaded, mut first) = (Vec::new(), Vec::new());
    // The first few warm the pool and make the file's pages resident.
    for round in 0..count + 5 {
        let start = Instant::now();
        let prepared = node.prepare(BENCH).await?;
        let load = start.elapsed();
        let answered = first_byte(&node, &prepared, start).await?;
        if round >= 5 {
            loaded.push(load);
            first.push(answered.first);
        }
        // A program that nobody uses is forgotten.
        drop(prepared);
        tokio::time::sleep(FORGET).await;
    }
    Ok((loaded.into_iter().collect(), first.into_iter().collect()))
}

struct Answered {
    made: Duration,
    first: Duration,
}

async fn first_byte(node: &Node, prepared: &Prepared, start: Instant) -> Result<Answered> {
    let client = node.interface()?;
    let (sandbox, address) = node.sandbox()?;
    let lines = Lines::new();
    sandbox.start(container(prepared, &["echo", LISTEN], &lines)).await.context("start a guest")?;
    let made = start.elapsed();
    lines.line("listening").await?;
    let mut stream =
        client.connect(None, SocketAddr::new(address, PORT)).await.context("connect")?;
    stream.write_all(&[1]).await.context("ask a guest")?;
    let mut byte = [0];
    stream.read_exact(&mut byte).await.context("ask a guest")?;
    let first = start.elapsed();
    sandbox.remove().await;
    Ok(Answered { made, first })
}

/// Guests that wait for connections: how many start in a second, and what each takes, in KiB.
async fn crowd(node: &Node, prepared: &Prepared, count: u32) -> Result<(f64, f64)> {
    let (resident, start) = (machine::resident_mib("self"), Instant::now());
    let mut crowd = Vec::new();
    for _ in 0..count {
        let (sandbox, _) = node.sandbox()?;
        let lines = Lines::new();
        let spec = container(prepared, &["echo", LISTEN], &lines);
        sandbox.start(spec).await.context("start a guest")?;
        crowd.push((sandbox, lines));
    }
    for (_, lines) in &crowd {
        lines.line("listening").await?;
    }
    let started = per_second(u64::from(count), start.elapsed());
    let resident = machine::resident_mib("self") - resident;
    for (sandbox, _) in crowd {
        sandbox.remove().await;
    }
    Ok((started, resident * 1024.0 / f64::from(count)))
}

/// From asking a spinning guest to end until nothing of it is left.
async fn kills(folder: &Temporary, count: usize) -> Result<Samples> {
    let node = Node::new(&folder.path().join("compiled"))?;
    let prepared = node.prepare(BENCH).await?;
    let mut times = Vec::new();
    for _ in 0..count {
        let (sandbox, _): (Arc<dyn Sandbox>, _) = node.sandbox()?;
        let lines = Lines::new();
        sandbox.start(container(&prepared, &["spin"], &lines)).await.context("start a guest")?;
        lines.line("spinning").await?;
        tokio::time::sleep(SPIN).await;
        let start = Instant::now();
        sandbox.stop(CONTAINER, Duration::ZERO).await;
        times.push(start.elapsed());
        sandbox.remove().await;
    }
    Ok(times.into_iter().collect())
}
