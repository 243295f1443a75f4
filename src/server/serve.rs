//! Accepts connections and gives each a task.

use std::sync::Arc;
use std::time::Duration;

use base::Tasks;
use rustls::ServerConfig;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio_rustls::TlsAcceptor;
use tracing::{debug, warn};

use crate::api::Api;
use crate::connection;

/// Connections at a time. Each costs two file descriptors at most and some 30 KiB; systems allow far fewer
/// descriptors than this would need memory. Beyond it new connections wait in the system's queue.
const CONNECTIONS_MAX: usize = 8_192;
/// After an accept fails, usually because descriptors have run out.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Starts to listen.
pub(crate) fn start(tasks: &Tasks, listener: TcpListener, tls: Arc<ServerConfig>, api: Arc<Api>) {
    let acceptor = TlsAcceptor::from(tls);
    let connections = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    let owner = tasks.clone();
    tasks.spawn("listener", |stop| async move {
        loop {
            let accepted = tokio::select! {
                biased;
                () = stop.cancelled() => break,
                accepted = accept(&listener, &connections) => accepted,
            };
            let (stream, permit) = match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    warn!(%error, "cannot accept a connection");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                    continue;
                }
            };
            let (acceptor, api) = (acceptor.clone(), Arc::clone(&api));
            owner.spawn("connection", |stop| async move {
                if let Err(error) = connection::serve(stream, acceptor, api, stop).await {
                    debug!(error = %error, "connection ended early");
                }
                drop(permit);
            });
        }
    });
}

async fn accept(
    listener: &TcpListener,
    connections: &Arc<Semaphore>,
) -> std::io::Result<(tokio::net::TcpStream, tokio::sync::OwnedSemaphorePermit)> {
    let permit = Arc::clone(connections).acquire_owned().await.map_err(std::io::Error::other)?;
    let (stream, _) = listener.accept().await?;
    // A client may have gone already, which its own task finds out: no reason to pause for all.
    let _ = stream.set_nodelay(true);
    Ok((stream, permit))
}

#[cfg(test)]
mod tests;
