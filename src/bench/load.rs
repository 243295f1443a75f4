//! Load on the API: many requests over several connections at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::{Context, Result};
use bytes::Bytes;
use http::Method;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::api::{Connection, Endpoint};
use super::figures::{Samples, per_second};

/// Connections used at once, as many as the baseline was measured with.
pub(super) const CONNECTIONS: usize = 16;

/// A request to send.
#[derive(Debug, Clone)]
pub(super) struct Call {
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) media: &'static str,
    pub(super) body: Bytes,
}

/// What came of it.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    pub(super) latencies: Vec<Duration>,
    pub(super) elapsed: Duration,
}

impl Outcome {
    pub(super) fn per_second(&self) -> f64 {
        per_second(self.latencies.len() as u64, self.elapsed)
    }

    pub(super) fn samples(&self) -> Samples {
        self.latencies.iter().copied().collect()
    }
}

/// Connections that are open and idle.
#[derive(Debug)]
pub(super) struct Load(Vec<Connection>);

impl Load {
    pub(super) async fn open(endpoint: &Endpoint) -> Result<Self> {
        let mut connections = Vec::with_capacity(CONNECTIONS);
        for _ in 0..CONNECTIONS {
            connections.push(Connection::open(endpoint).await?);
        }
        Ok(Self(connections))
    }

    /// Sends `count` requests, each connection the next one as soon as it has its answer.
    pub(super) async fn run(
        &mut self,
        count: usize,
        call: impl Fn(usize) -> Call + Send + Sync + 'static,
    ) -> Result<Outcome> {
        let (next, call) = (Arc::new(AtomicUsize::new(0)), Arc::new(call));
        let mut workers = JoinSet::new();
        let start = Instant::now();
        for connection in self.0.drain(..) {
            let (next, call) = (Arc::clone(&next), Arc::clone(&call));
            workers.spawn(async move { work(connection, &next, count, &*call).await });
        }
        let mut outcome = Outcome::default();
        while let Some(worker) = workers.join_next().await {
            let (connection, latencies) = worker.context("a connection's task")??;
            self.0.push(connection);
            outcome.latencies.extend(latencies);
        }
        outcome.elapsed = start.elapsed();
        Ok(outcome)
    }
}

async fn work(
    mut connection: Connection,
    next: &AtomicUsize,
    count: usize,
    call: &(impl Fn(usize) -> Call + Sync),
) -> Result<(Connection, Vec<Duration>)> {
    let mut latencies = Vec::new();
    loop {
        let index = next.fetch_add(1, Ordering::Relaxed);
        if index >= count {
            return Ok((connection, latencies));
        }
        let Call { method, path, media, body } = call(index);
        let start = Instant::now();
        connection.send(method, &path, media, body).await?;
        latencies.push(start.elapsed());
    }
}
