//! Ports of the host that lead into the pod network.

use std::collections::BTreeMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use base::{CancellationToken, Tasks};
use futures::future::join_all;
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tokio::sync::{Mutex, OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::sleep;

use crate::splice::{abort, splice};
use crate::{Endpoint, Interface, Protocol};

mod datagrams;

/// After a failed accept (usually: too many open files) others must close something first.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Connections through one port: half of what the interface of all ports may have, so that one port does not use it
/// up. Whoever comes then waits in the kernel's queue.
const MAX_CONNECTIONS: usize = 8_192;

/// Closing a listener takes one turn of its task; this only bounds a runtime that is stuck.
const CLOSE_GRACE: Duration = Duration::from_secs(5);

/// Real listeners on the host, spliced into the switch.
#[derive(Debug)]
pub struct NodePorts {
    bind: IpAddr,
    interface: Interface,
    tasks: Tasks,
    open: Mutex<BTreeMap<(u16, Protocol), Open>>,
}

/// An open port of the host.
#[derive(Debug)]
struct Open {
    target: watch::Sender<Endpoint>,
    tasks: Tasks,
}

/// A port of the host that could not be had.
#[derive(Debug)]
pub struct BindFailure {
    /// The port.
    pub port: u16,
    /// Its protocol.
    pub protocol: Protocol,
    /// Why not.
    pub error: io::Error,
}

impl NodePorts {
    /// Listens at the host's address `bind` and dials as `interface`, whose address the pods see as their peer.
    pub fn new(bind: IpAddr, interface: Interface, tasks: Tasks) -> Self {
        Self { bind, interface, tasks, open: Mutex::default() }
    }

    /// Opens and closes listeners until exactly these are open, and reports those that could not be. They are tried
    /// again with the next call. Connections that are made stay as they are.
    pub async fn set(&self, ports: BTreeMap<(u16, Protocol), Endpoint>) -> Vec<BindFailure> {
        let mut open = self.open.lock().await;
        let closed: Vec<_> = open.extract_if(.., |key, _| !ports.contains_key(key)).collect();
        join_all(closed.iter().map(|(_, closed)| closed.tasks.shutdown(CLOSE_GRACE))).await;
        let mut failures = Vec::new();
        for ((port, protocol), target) in ports {
            if let Some(open) = open.get(&(port, protocol)) {
                open.target.send_replace(target);
                continue;
            }
            match self.open(port, protocol, target).await {
                Ok(opened) => _ = open.insert((port, protocol), opened),
                Err(error) => failures.push(BindFailure { port, protocol, error }),
            }
        }
        failures
    }

    async fn open(&self, port: u16, protocol: Protocol, target: Endpoint) -> io::Result<Open> {
        let address = SocketAddr::new(self.bind, port);
        let (sender, target) = watch::channel(target);
        let tasks = self.tasks.child();
        let interface = self.interface.clone();
        match protocol {
            Protocol::Tcp => {
                let listener = TcpListener::bind(address).await?;
                let room = Arc::new(Semaphore::new(MAX_CONNECTIONS));
                let connections = self.tasks.clone();
                let entrance = Entrance { interface, target, room, connections };
                tasks.spawn("node-port", |stop| entrance.run(listener, stop));
            }
            Protocol::Udp => {
                let socket = UdpSocket::bind(address).await?;
                let clients = datagrams::Clients::new(socket, interface, tasks.child());
                tasks.spawn("node-port-udp", |stop| clients.run(target, stop));
            }
        }
        Ok(Open { target: sender, tasks })
    }
}

/// Leads the connections of one port into the switch.
struct Entrance {
    interface: Interface,
    target: watch::Receiver<Endpoint>,
    /// For connections of this port.
    room: Arc<Semaphore>,
    connections: Tasks,
}

impl Entrance {
    async fn run(self, listener: TcpListener, stop: CancellationToken) {
        loop {
            let accepted = tokio::select! {
                biased;
                () = stop.cancelled() => return,
                accepted = self.accept(&listener) => accepted,
            };
            match accepted {
                Ok((socket, client, place)) => self.lead_in(socket, client.ip(), place),
                Err(_) => sleep(ACCEPT_PAUSE).await,
            }
        }
    }

    /// The next connection, when there is room for it.
    async fn accept(
        &self,
        listener: &TcpListener,
    ) -> io::Result<(TcpStream, SocketAddr, OwnedSemaphorePermit)> {
        let place = Arc::clone(&self.room).acquire_owned().await.map_err(io::Error::other)?;
        let (socket, client) = listener.accept().await?;
        Ok((socket, client, place))
    }

    fn lead_in(&self, socket: TcpStream, client: IpAddr, place: OwnedSemaphorePermit) {
        let target = *self.target.borrow();
        let connecting = self.interface.connect_for(client, target.into());
        self.connections.spawn_until_stop("node-port-connection", async move {
            // Without the option the connection only waits a little longer for small writes.
            let _ = socket.set_nodelay(true);
            match connecting.await {
                Ok(stream) => splice(socket, stream).await,
                Err(_) => abort(socket),
            }
            drop(place);
        });
    }
}

#[cfg(test)]
mod tests;
