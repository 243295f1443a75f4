//! Datagrams between one virtual UDP socket and the outside, by a real socket of the host.

use std::collections::VecDeque;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, Weak};
use std::time::Duration;

use base::CancellationToken;
use bytes::Bytes;
use tokio::net::UdpSocket;
use tokio::sync::mpsc;
use tokio::time::sleep;

use super::Uplink;
use crate::udp::Mailbox;

/// A burst of datagrams; more than this would only wait in the kernel's queue instead, and then be lost.
const QUEUE: usize = 64;

/// As home routers and carriers do (RFC 4787 asks for two minutes).
const IDLE: Duration = Duration::from_mins(2);

/// Whom a socket has sent to, and may therefore receive from. The oldest is forgotten first.
const MAX_PEERS: usize = 256;

/// The largest datagram there is.
const BUFFER: usize = 64 * 1024;

/// Sends datagrams out for one virtual socket; what comes back goes to its mailbox.
#[derive(Debug)]
pub(crate) struct Relay(mpsc::Sender<Outgoing>);

#[derive(Debug)]
struct Outgoing {
    datagram: Bytes,
    to: SocketAddr,
    /// The tables allow this socket of the host.
    host: bool,
}

impl Relay {
    /// False once it has been idle for long; its successor has another source port.
    pub(crate) fn is_open(&self) -> bool {
        !self.0.is_closed()
    }

    /// Queues a datagram; false when it is lost.
    pub(crate) fn send(&self, datagram: Bytes, to: SocketAddr, host: bool) -> bool {
        self.0.try_send(Outgoing { datagram, to, host }).is_ok()
    }
}

impl Uplink {
    /// A way to the outside for the socket that `mailbox` belongs to.
    pub(crate) fn relay(&self, mailbox: &Arc<Mailbox>) -> Relay {
        let (sender, receiver) = mpsc::channel(QUEUE);
        let worker = Worker {
            uplink: self.clone(),
            mailbox: Arc::downgrade(mailbox),
            peers: VecDeque::new(),
            v4: None,
            v6: None,
        };
        self.tasks().spawn("uplink-udp", |stop| worker.run(receiver, stop));
        Relay(sender)
    }
}

struct Worker {
    uplink: Uplink,
    mailbox: Weak<Mailbox>,
    peers: VecDeque<SocketAddr>,
    v4: Option<UdpSocket>,
    v6: Option<UdpSocket>,
}

impl Worker {
    async fn run(mut self, mut outgoing: mpsc::Receiver<Outgoing>, stop: CancellationToken) {
        let (mut buffer4, mut buffer6) = (vec![0; BUFFER], vec![0; BUFFER]);
        loop {
            tokio::select! {
                biased;
                () = stop.cancelled() => return,
                next = outgoing.recv() => match next {
                    Some(next) => self.send(next).await,
                    None => return,
                },
                received = receive(self.v4.as_ref(), &mut buffer4) => match received {
                    Ok((count, from)) => self.deliver(&buffer4[..count], from),
                    Err(_) => return,
                },
                received = receive(self.v6.as_ref(), &mut buffer6) => match received {
                    Ok((count, from)) => self.deliver(&buffer6[..count], from),
                    Err(_) => return,
                },
                () = sleep(IDLE) => return,
            }
        }
    }

    async fn send(&mut self, outgoing: Outgoing) {
        let Outgoing { datagram, to, host } = outgoing;
        if !self.peers.contains(&to) {
            if !host && self.uplink.check(to).await.is_err() {
                return;
            }
            if self.peers.len() == MAX_PEERS {
                self.peers.pop_front();
            }
            self.peers.push_back(to);
        }
        let (socket, any): (_, IpAddr) = match to {
            SocketAddr::V4(_) => (&mut self.v4, Ipv4Addr::UNSPECIFIED.into()),
            SocketAddr::V6(_) => (&mut self.v6, Ipv6Addr::UNSPECIFIED.into()),
        };
        if socket.is_none() {
            *socket = UdpSocket::bind((any, 0)).await.ok();
        }
        if let Some(socket) = socket {
            // A datagram that cannot be sent is lost like one that does not arrive.
            let _ = socket.send_to(&datagram, to).await;
        }
    }

    fn deliver(&self, datagram: &[u8], from: SocketAddr) {
        if self.peers.contains(&from)
            && let Some(mailbox) = self.mailbox.upgrade()
        {
            mailbox.deliver(from, Bytes::copy_from_slice(datagram));
        }
    }
}

async fn receive(socket: Option<&UdpSocket>, buffer: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
    match socket {
        Some(socket) => socket.recv_from(buffer).await,
        None => std::future::pending().await,
    }
}
