//! Which backend each client of a sticky service was given.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::{Endpoint, Protocol};

/// One entry for each client and service on this node: ten thousand pods with six sticky services each. Beyond that
/// the oldest clients are forgotten and draw a backend again.
const LIMIT: usize = 65_536;

/// A client of a service.
pub(crate) type Client = (IpAddr, Endpoint, Protocol);

/// Which backend each client was given, until when.
#[derive(Debug, Default)]
pub(crate) struct Affinity(Mutex<HashMap<Client, (Endpoint, Instant)>>);

impl Affinity {
    /// The backend `client` was given within the last `lasts`.
    pub(crate) fn recall(&self, client: Client, lasts: Duration) -> Option<Endpoint> {
        let memory = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        memory.get(&client).filter(|(_, used)| used.elapsed() < lasts).map(|(kept, _)| *kept)
    }

    /// Notes that `client` uses `backend` now.
    pub(crate) fn remember(&self, client: Client, backend: Endpoint, lasts: Duration) {
        let mut memory = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if memory.len() >= LIMIT && !memory.contains_key(&client) {
            memory.retain(|_, (_, used)| used.elapsed() < lasts);
            if memory.len() >= LIMIT {
                forget_older_half(&mut memory);
            }
        }
        memory.insert(client, (backend, Instant::now()));
    }
}

fn forget_older_half(memory: &mut HashMap<Client, (Endpoint, Instant)>) {
    let mut times: Vec<Instant> = memory.values().map(|(_, used)| *used).collect();
    let middle = times.len() / 2;
    let (_, median, _) = times.select_nth_unstable(middle);
    let median = *median;
    memory.retain(|_, (_, used)| *used > median);
}
