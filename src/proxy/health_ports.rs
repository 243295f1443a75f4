//! Ports of the host at which load balancers ask for a Service.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use base::{CancellationToken, Tasks};
use bytes::Bytes;
use http::{Request, Response, StatusCode, header};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use network::Listeners;
use serde_json::json;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::time::{sleep, timeout};

use crate::Health;

/// A load balancer asks in milliseconds; whoever takes longer is none.
const EXCHANGE_MAX: Duration = Duration::from_secs(10);
/// Who asks at one port at once: some load balancers ask from each of their machines. Others wait in the kernel's queue.
const MAX_CONNECTIONS: usize = 64;
/// After a failed accept (usually: too many open files) others must close something first.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Listeners on the host that tell how Services are.
#[derive(Debug)]
pub(crate) struct HealthPorts {
    bind: IpAddr,
    open: Listeners<u16, Health>,
}

impl HealthPorts {
    pub(crate) fn new(bind: IpAddr, tasks: Tasks) -> Self {
        Self { bind, open: Listeners::new(tasks) }
    }

    /// Opens and closes listeners until exactly these are open, and reports those that could not be. They are tried
    /// again with the next call.
    pub(crate) async fn set(&mut self, checks: BTreeMap<u16, Health>) -> Vec<(u16, io::Error)> {
        let bind = self.bind;
        let open = async |port, health, tasks: Tasks| {
            let listener = TcpListener::bind(SocketAddr::new(bind, port)).await?;
            let connections = tasks.clone();
            tasks.spawn("health-check", |stop| listen(listener, health, connections, stop));
            Ok(())
        };
        self.open.set(checks, open).await
    }
}

async fn listen(
    listener: TcpListener,
    health: watch::Receiver<Health>,
    connections: Tasks,
    stop: CancellationToken,
) {
    let room = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    let accept = async || {
        let place = Arc::clone(&room).acquire_owned().await.map_err(io::Error::other)?;
        Ok::<_, io::Error>((listener.accept().await?.0, place))
    };
    while let Some(accepted) = stop.run_until_cancelled(accept()).await {
        let Ok((socket, place)) = accepted else {
            sleep(ACCEPT_PAUSE).await;
            continue;
        };
        let exchange = exchange(socket, health.clone());
        connections.spawn_until_stop("health-check", async move {
            // Who leaves early wants no answer.
            let _ = timeout(EXCHANGE_MAX, exchange).await;
            drop(place);
        });
    }
}

async fn exchange(socket: TcpStream, health: watch::Receiver<Health>) {
    let answer = service_fn(|_: Request<Incoming>| {
        let answer = answer(&health.borrow());
        async move { Ok::<_, Infallible>(answer) }
    });
    let mut server = http1::Builder::new();
    let _ = server.keep_alive(false).serve_connection(TokioIo::new(socket), answer).await;
}

/// What kube-proxy answers, whatever the path.
fn answer(health: &Health) -> Response<Full<Bytes>> {
    let is_here = health.local_endpoints > 0;
    let body = json!({
        "service": { "namespace": health.namespace, "name": health.name },
        "localEndpoints": health.local_endpoints,
        "serviceProxyHealthy": true,
    });
    let mut answer = Response::new(Full::from(body.to_string()));
    *answer.status_mut() = if is_here { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let headers = answer.headers_mut();
    let value = header::HeaderValue::from_static;
    headers.insert(header::CONTENT_TYPE, value("application/json"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, value("nosniff"));
    let weight = header::HeaderName::from_static("x-load-balancing-endpoint-weight");
    headers.insert(weight, health.local_endpoints.into());
    answer
}

#[cfg(test)]
mod tests;
