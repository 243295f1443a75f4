//! Probes by opening a connection.

use std::net::SocketAddr;
use std::time::Duration;

use network::{Interface, Stream};

use super::Outcome;

/// Passes when a connection can be made.
pub(super) async fn probe(interface: &Interface, target: SocketAddr, limit: Duration) -> Outcome {
    match tokio::time::timeout(limit, connect(interface, target)).await {
        Ok(Ok(_stream)) => Outcome::Passed,
        Ok(Err(message)) => Outcome::Failed(message),
        Err(_) => Outcome::Failed(format!("dial tcp {target}: i/o timeout")),
    }
}

/// Opens a connection; the error is worded as Kubernetes words it.
pub(super) async fn connect(interface: &Interface, target: SocketAddr) -> Result<Stream, String> {
    let result = interface.connect(None, target).await;
    result.map_err(|error| format!("dial tcp {target}: connect: {error}"))
}
