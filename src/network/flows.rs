//! What a UDP socket remembers of the virtual addresses it talks to: connection tracking.
//!
//! Datagrams to one virtual address go to the same backend, and what the backend answers seems to come from the
//! virtual address. When a socket talks to a backend both directly and by a virtual address, answers seem to come from
//! the virtual one; a kernel would have to change the source port to tell them apart.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::time::Instant;

/// A flow nobody used for this long draws a backend again (Linux: `nf_conntrack_udp_timeout_stream`).
const IDLE: Duration = Duration::from_mins(2);

/// A client talks to a handful of services from one socket; what it used least recently makes room.
const LIMIT: usize = 256;

/// The virtual addresses one socket talks to.
#[derive(Debug, Default)]
pub(crate) struct Flows(Vec<Entry>);

#[derive(Debug)]
struct Entry {
    dialled: SocketAddr,
    backend: SocketAddr,
    used: Instant,
}

impl Flows {
    /// The backend in use for `dialled`.
    pub(crate) fn backend(&self, dialled: SocketAddr) -> Option<SocketAddr> {
        let entry = self.0.iter().find(|entry| entry.dialled == dialled)?;
        (entry.used.elapsed() < IDLE).then_some(entry.backend)
    }

    /// Notes that a datagram to `dialled` went to `backend`.
    pub(crate) fn remember(&mut self, dialled: SocketAddr, backend: SocketAddr) {
        let used = Instant::now();
        if let Some(entry) = self.0.iter_mut().find(|entry| entry.dialled == dialled) {
            *entry = Entry { dialled, backend, used };
            return;
        }
        if self.0.len() == LIMIT
            && let Some((oldest, _)) = self.0.iter().enumerate().min_by_key(|(_, e)| e.used)
        {
            self.0.swap_remove(oldest);
        }
        self.0.push(Entry { dialled, backend, used });
    }

    /// Who seems to have sent a datagram that came from `sender`.
    pub(crate) fn seen_as(&mut self, sender: SocketAddr) -> SocketAddr {
        let answers = self.0.iter_mut().filter(|entry| entry.backend == sender);
        let Some(entry) = answers.max_by_key(|entry| entry.used) else { return sender };
        if entry.used.elapsed() >= IDLE {
            return sender;
        }
        entry.used = Instant::now();
        entry.dialled
    }
}

#[cfg(test)]
mod tests;
