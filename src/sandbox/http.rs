//! Containers that export `wasi:http/incoming-handler`: a server on the sandbox's own address, one fresh instance for
//! each request.

mod body;
mod request;

use std::convert::Infallible;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use network::{Listener, Stream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::task::TaskTracker;
use tracing::debug;
use wasmtime_wasi_http::p2::bindings::ProxyPre;

use crate::container::Container;
use crate::error::StartError;
use crate::guest::Guest;
use crate::spec::Failure;

/// Where a server listens that was given no port: the port most container images use.
const DEFAULT_PORT: u16 = 8080;

/// Connections that wait to be accepted, as many as Linux allows by default.
const BACKLOG: usize = 4096;

/// Connections per container. Idle ones cost some kilobytes each; browsers and proxies keep a few each.
const MAX_CONNECTIONS: usize = 1024;

/// Requests served at once per container, each with an instance of a megabyte or more. Others wait their turn, so this
/// bounds memory, not load.
const MAX_REQUESTS: usize = 128;

/// Bytes of a request's head, and of a chunk of its body. Servers commonly accept heads of 8 to 64 KiB.
const MAX_HEAD_BYTES: usize = 64 * 1024;

/// How long a client may take for a request's head: what slow honest networks need, too little to hold connections.
const HEAD_TIMEOUT: Duration = Duration::from_secs(30);

/// A server and what its requests share.
struct Server {
    container: Arc<Container>,
    program: ProxyPre<Guest>,
    requests: Arc<Semaphore>,
    /// Everything that runs for it, to wait for at the end.
    work: TaskTracker,
}

/// Opens the port and serves. `ended` is called when the last instance is gone.
pub(crate) fn start(
    container: &Arc<Container>,
    program: ProxyPre<Guest>,
    running: impl FnOnce(),
    ended: impl FnOnce(Failure) + Send + 'static,
) -> Result<(), StartError> {
    let port = container.spec.http_port.unwrap_or(DEFAULT_PORT);
    let address = SocketAddr::new(Ipv4Addr::UNSPECIFIED.into(), port);
    let listener = container
        .interface
        .listen(address, BACKLOG)
        .map_err(|source| StartError::Listen { port, source })?;
    running();
    let work = TaskTracker::new();
    let server = Arc::new(Server {
        container: Arc::clone(container),
        program,
        requests: Arc::new(Semaphore::new(MAX_REQUESTS)),
        work: work.clone(),
    });
    let lanes = Arc::clone(&container.node.lanes);
    let kill = container.kill.clone();
    let meter = Arc::clone(&container.meter);
    let handle = lanes.answering().clone();
    lanes.run(Box::pin(server.accept(listener)), meter, kill.clone(), move |_| {
        work.close();
        handle.spawn(async move {
            work.wait().await;
            ended(if kill.is_cancelled() { Failure::Killed } else { Failure::Exit(0) });
        });
    });
    Ok(())
}

impl Server {
    /// Accepts connections until the container is asked to end.
    async fn accept(self: Arc<Self>, listener: Listener) {
        let connections = Arc::new(Semaphore::new(MAX_CONNECTIONS));
        let listening = self.container.listening.enter();
        loop {
            let room = Arc::clone(&connections).acquire_owned();
            let room = room.await.expect("the semaphore is never closed");
            let stream = tokio::select! { biased;
                () = listening.closed() => return,
                stream = listener.accept() => stream,
            };
            // Without an interface there is nothing left to serve.
            let Ok(stream) = stream else { return };
            self.connect(stream, room);
        }
    }

    /// Serves one connection beside the others.
    fn connect(self: &Arc<Self>, stream: Stream, room: OwnedSemaphorePermit) {
        let connection = Arc::clone(self).serve(stream);
        let token = self.work.token();
        let container = &self.container;
        let (meter, kill) = (Arc::clone(&container.meter), container.kill.clone());
        container.node.lanes.run(Box::pin(connection), meter, kill, move |_| drop((room, token)));
    }

    async fn serve(self: Arc<Self>, stream: Stream) {
        let server = Arc::clone(&self);
        let service = service_fn(move |request| {
            let server = Arc::clone(&server);
            async move { Ok::<_, Infallible>(server.answer(request).await) }
        });
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new())
            .header_read_timeout(HEAD_TIMEOUT)
            .max_buf_size(MAX_HEAD_BYTES);
        let connection = http.serve_connection(TokioIo::new(stream), service);
        tokio::pin!(connection);
        let listening = Arc::clone(&self.container.listening);
        let served = tokio::select! { biased;
            served = connection.as_mut() => served,
            () = listening.closed() => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        };
        if let Err(error) = served {
            debug!(container = self.container.spec.name, %error, "connection broken");
        }
    }
}
