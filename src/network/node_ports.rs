//! Ports of the host that lead into the pod network.

use std::collections::BTreeMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use base::{CancellationToken, Tasks};
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tokio::sync::{Mutex, OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::sleep;

use crate::splice::{abort, splice};
use crate::{Endpoint, Interface, Listeners, Protocol};

mod datagrams;

/// After a failed accept (usually: too many open files) others must close something first.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Connections through one port: half of what the interface of all ports may have, so that one port does not use it
/// up. Whoever comes then waits in the kernel's queue.
const MAX_CONNECTIONS: usize = 8_192;

/// Real listeners on the host, spliced into the switch.
#[derive(Debug)]
pub struct NodePorts {
    bind: IpAddr,
    interface: Interface,
    /// Those of connections, which outlive their port.
    connections: Tasks,
    open: Mutex<Listeners<(u16, Protocol), Endpoint>>,
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
        let open = Mutex::new(Listeners::new(tasks.clone()));
        Self { bind, interface, connections: tasks, open }
    }

    /// Opens and closes listeners until exactly these are open, and reports those that could not be. They are tried
    /// again with the next call. Connections that are made stay as they are.
    pub async fn set(&self, ports: BTreeMap<(u16, Protocol), Endpoint>) -> Vec<BindFailure> {
        let mut open = self.open.lock().await;
        let open_one = |(port, protocol), target, tasks| self.open(port, protocol, target, tasks);
        let failures = open.set(ports, open_one).await.into_iter();
        failures.map(|((port, protocol), error)| BindFailure { port, protocol, error }).collect()
    }

    async fn open(
        &self,
        port: u16,
        protocol: Protocol,
        target: watch::Receiver<Endpoint>,
        tasks: Tasks,
    ) -> io::Result<()> {
        let address = SocketAddr::new(self.bind, port);
        let interface = self.interface.clone();
        match protocol {
            Protocol::Tcp => {
                let listener = TcpListener::bind(address).await?;
                let room = Arc::new(Semaphore::new(MAX_CONNECTIONS));
                let connections = self.connections.clone();
                let entrance = Entrance { interface, target, room, connections };
                tasks.spawn("node-port", |stop| entrance.run(listener, stop));
            }
            Protocol::Udp => {
                let socket = UdpSocket::bind(address).await?;
                let clients = datagrams::Clients::new(socket, interface, tasks.child());
                tasks.spawn("node-port-udp", |stop| clients.run(target, stop));
            }
        }
        Ok(())
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
