//! Datagrams between one UDP port of the host and the pod network.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Weak};
use std::time::Duration;

use base::{CancellationToken, Tasks};
use bytes::Bytes;
use tokio::net::UdpSocket;
use tokio::sync::watch;
use tokio::time::{Instant, sleep, sleep_until};
use tracing::warn;

use super::ACCEPT_PAUSE;
use crate::listeners::CLOSE_GRACE;
use crate::{Endpoint, Error, Interface};

/// Clients that one port keeps apart. Each has a virtual socket and a task of its own, so that answers find the way
/// back; a hundred new ones a second fit while their questions are remembered. Beyond that, those that were used longest
/// ago make room.
const MAX_CLIENTS: usize = 4_096;

/// This part of them is forgotten at once when there are too many.
const FORGOTTEN_SHARE: usize = 16;

/// A client that asked once is forgotten after this long without a datagram (Linux: `nf_conntrack_udp_timeout`).
const IDLE: Duration = Duration::from_secs(30);

/// The same for a client that goes on asking (Linux: `nf_conntrack_udp_timeout_stream`).
const IDLE_STREAM: Duration = Duration::from_mins(2);

/// The largest datagram there is.
const BUFFER: usize = 64 * 1024;

/// Everybody who sends to one port.
pub(super) struct Clients {
    host: Arc<UdpSocket>,
    interface: Interface,
    known: HashMap<SocketAddr, Client>,
    /// How many are kept apart.
    most: usize,
    answers: Tasks,
}

struct Client {
    /// The task that waits for answers holds it, and ends when the client was idle.
    socket: Weak<crate::UdpSocket>,
    used: watch::Sender<Use>,
    /// Ends that task early.
    end: CancellationToken,
}

/// When a client's last datagram came or went, and when it is forgotten.
#[derive(Debug, Clone, Copy)]
struct Use {
    at: Instant,
    patience: Duration,
}

impl Clients {
    /// The answers to clients are brought by tasks of their own.
    pub(super) fn new(host: UdpSocket, interface: Interface, answers: Tasks) -> Self {
        let (host, known) = (Arc::new(host), HashMap::new());
        Self { host, interface, known, most: MAX_CLIENTS, answers }
    }

    /// Leads the datagrams of the port into the switch, and the answers back, until told to stop.
    pub(super) async fn run(mut self, target: watch::Receiver<Endpoint>, stop: CancellationToken) {
        let mut buffer = vec![0; BUFFER];
        loop {
            let received = tokio::select! {
                biased;
                () = stop.cancelled() => break,
                received = self.host.recv_from(&mut buffer) => received,
            };
            let Ok((count, from)) = received else {
                sleep(ACCEPT_PAUSE).await;
                continue;
            };
            let to = *target.borrow();
            self.lead_in(from, Bytes::copy_from_slice(&buffer[..count]), to);
        }
        self.answers.shutdown(CLOSE_GRACE).await;
    }

    /// Passes a datagram of a client on.
    fn lead_in(&mut self, from: SocketAddr, datagram: Bytes, to: Endpoint) {
        let socket = match self.known.get(&from).and_then(Client::go_on) {
            Some(socket) => socket,
            None => match self.admit(from) {
                Ok(socket) => socket,
                Err(error) => {
                    warn!(%error, client = %from, "a datagram to a node port is lost");
                    return;
                }
            },
        };
        // Nobody there, or nobody any more: the datagram is lost, as UDP may.
        let _ = socket.try_send(datagram, to.into());
    }

    fn admit(&mut self, from: SocketAddr) -> Result<Arc<crate::UdpSocket>, Error> {
        if self.known.len() >= self.most {
            self.known.retain(|_, client| client.socket.strong_count() > 0);
        }
        if self.known.len() >= self.most {
            self.forget_oldest();
        }
        let any: IpAddr = self.interface.address();
        let socket = Arc::new(self.interface.bind_udp(SocketAddr::new(any, 0))?);
        let (used, seen) = watch::channel(Use { at: Instant::now(), patience: IDLE });
        let end = self.answers.stop_token().child_token();
        let answers = Answers {
            host: Arc::clone(&self.host),
            client: from,
            socket: Arc::clone(&socket),
            used: used.clone(),
            seen,
        };
        self.answers.spawn("node-port-answers", |_| answers.run(end.clone()));
        self.known.insert(from, Client { socket: Arc::downgrade(&socket), used, end });
        Ok(socket)
    }

    /// Makes room for a while: looking for the oldest costs more the more there are.
    fn forget_oldest(&mut self) {
        let used = |(address, client): (&SocketAddr, &Client)| (client.used.borrow().at, *address);
        let mut all: Vec<_> = self.known.iter().map(used).collect();
        let share = self.most / FORGOTTEN_SHARE;
        all.select_nth_unstable(share);
        for (_, address) in &all[..=share] {
            if let Some(client) = self.known.remove(address) {
                client.end.cancel();
            }
        }
    }
}

impl Client {
    /// Its socket, if it is still remembered.
    fn go_on(&self) -> Option<Arc<crate::UdpSocket>> {
        let socket = self.socket.upgrade()?;
        self.used.send_replace(Use { at: Instant::now(), patience: IDLE_STREAM });
        Some(socket)
    }
}

/// Brings a client the answers to what it sent.
struct Answers {
    host: Arc<UdpSocket>,
    client: SocketAddr,
    socket: Arc<crate::UdpSocket>,
    used: watch::Sender<Use>,
    seen: watch::Receiver<Use>,
}

impl Answers {
    /// Runs until the client was idle for too long.
    async fn run(self, end: CancellationToken) {
        loop {
            let Use { at, patience } = *self.seen.borrow();
            tokio::select! {
                biased;
                () = end.cancelled() => return,
                answer = self.socket.recv() => {
                    let Ok((datagram, _)) = answer else { return };
                    self.used.send_modify(|used| used.at = Instant::now());
                    // The client may have gone; it will not miss the answer.
                    let _ = self.host.send_to(&datagram, self.client).await;
                }
                () = sleep_until(at + patience) => {
                    let Use { at, patience } = *self.seen.borrow();
                    if at.elapsed() >= patience {
                        return;
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
