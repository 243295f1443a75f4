//! Datagrams between one UDP port of the host and the pod network.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use base::{CancellationToken, Tasks};
use bytes::Bytes;
use tokio::net::UdpSocket;
use tokio::sync::watch;
use tokio::time::{Instant, sleep, sleep_until};

use super::{ACCEPT_PAUSE, CLOSE_GRACE};
use crate::{Endpoint, Error, Interface};

/// Clients that one port keeps apart. Each has a virtual socket of its own, so that answers find the way back; the
/// interface of the host has 1,024 for all of its ports. Datagrams of further clients are lost until one was idle.
const MAX_CLIENTS: usize = 256;

/// A client that neither sent nor received for this long is forgotten (Linux: `nf_conntrack_udp_timeout_stream`).
const IDLE: Duration = Duration::from_mins(2);

/// The largest datagram there is.
const BUFFER: usize = 64 * 1024;

struct Client {
    socket: Arc<crate::UdpSocket>,
    answers: Tasks,
    used: watch::Sender<Instant>,
}

/// Leads the datagrams of one port into the switch, and the answers back, until told to stop.
pub(super) async fn run(
    socket: UdpSocket,
    interface: Interface,
    target: watch::Receiver<Endpoint>,
    stop: CancellationToken,
) {
    let socket = Arc::new(socket);
    let mut clients: HashMap<SocketAddr, Client> = HashMap::new();
    let mut buffer = vec![0; BUFFER];
    loop {
        let received = tokio::select! {
            biased;
            () = stop.cancelled() => break,
            received = socket.recv_from(&mut buffer) => received,
        };
        let Ok((count, from)) = received else {
            sleep(ACCEPT_PAUSE).await;
            continue;
        };
        clients.retain(|_, client| !client.answers.stop_token().is_cancelled());
        if !clients.contains_key(&from) {
            if clients.len() == MAX_CLIENTS {
                continue;
            }
            let Ok(client) = admit(&socket, &interface, from) else { continue };
            clients.insert(from, client);
        }
        if let Some(client) = clients.get(&from) {
            client.used.send_replace(Instant::now());
            let datagram = Bytes::copy_from_slice(&buffer[..count]);
            let to = *target.borrow();
            // Nobody there, or nobody any more: the datagram is lost, as UDP may.
            let _ = client.socket.try_send(datagram, to.into());
        }
    }
    for client in clients.into_values() {
        client.answers.shutdown(CLOSE_GRACE).await;
    }
}

fn admit(host: &Arc<UdpSocket>, interface: &Interface, from: SocketAddr) -> Result<Client, Error> {
    let any: IpAddr = interface.address();
    let socket = Arc::new(interface.bind_udp(SocketAddr::new(any, 0))?);
    let (used, seen) = watch::channel(Instant::now());
    let answers = Tasks::new();
    let (host, virtual_socket) = (Arc::clone(host), Arc::clone(&socket));
    let expired = answers.stop_token();
    let sender = used.clone();
    answers.spawn("node-port-answers", |stop| async move {
        loop {
            let idle = *seen.borrow() + IDLE;
            tokio::select! {
                biased;
                () = stop.cancelled() => return,
                answer = virtual_socket.recv() => {
                    let Ok((datagram, _)) = answer else { break };
                    sender.send_replace(Instant::now());
                    // The client may have gone; it will not miss the answer.
                    let _ = host.send_to(&datagram, from).await;
                }
                () = sleep_until(idle) => if seen.borrow().elapsed() >= IDLE { break },
            }
        }
        expired.cancel();
    });
    Ok(Client { socket, answers, used })
}
