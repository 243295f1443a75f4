//! Probes by opening a connection.

use std::net::SocketAddr;
use std::time::Duration;

use network::{Error, Interface, Stream};

use super::Outcome;

/// Passes when a connection can be made.
pub(super) async fn probe(interface: &Interface, target: SocketAddr, limit: Duration) -> Outcome {
    match tokio::time::timeout(limit, connect(interface, target)).await {
        Ok(Ok(_stream)) => Outcome::Passed,
        Ok(Err(outcome)) => outcome,
        Err(_) => Outcome::Failed(format!("dial tcp {target}: i/o timeout")),
    }
}

/// Opens a connection; the error is worded as Kubernetes words it. That the node itself has no room for one says
/// nothing of the container.
pub(super) async fn connect(interface: &Interface, target: SocketAddr) -> Result<Stream, Outcome> {
    interface.connect(None, target).await.map_err(|error| {
        let text = format!("dial tcp {target}: connect: {error}");
        if matches!(error, Error::TooMany(_)) {
            Outcome::Unknown(text)
        } else {
            Outcome::Failed(text)
        }
    })
}
