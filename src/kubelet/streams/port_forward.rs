//! A connection to a port of a pod, from the node's own presence on the pod network.

use std::net::SocketAddr;
use std::time::Duration;

use client::Key;
use http::StatusCode;

use super::{Refusal, Stream, Streams};

/// For a connection to come about. On the pod network it is made in memory at once, unless the container's backlog
/// is full.
const CONNECT_MAX: Duration = Duration::from_secs(30);

impl Streams<'_> {
    pub(crate) async fn port_forward(&self, key: &Key, query: &str) -> Result<Stream, Refusal> {
        let port = query.strip_prefix("port=").and_then(|port| port.parse().ok());
        let port: u16 = port.ok_or_else(|| Refusal::bad_request("a port is required"))?;
        let entry = self.find(key)?;
        let address = self.site.addresses().of(&entry.uid).ok_or_else(|| {
            let phase = entry.pod.status.as_ref().and_then(|status| status.phase.as_deref());
            let phase = phase.unwrap_or("Pending");
            Refusal::bad_request(format!("pod is not running. Current status={phase}"))
        })?;
        let target = SocketAddr::new(address, port);
        let connecting = self.site.presence.connect(None, target);
        let failure = match tokio::time::timeout(CONNECT_MAX, connecting).await {
            Ok(Ok(stream)) => return Ok(Stream::new(stream)),
            Ok(Err(error)) => format!("dial tcp {target}: connect: {error}"),
            Err(_) => format!("dial tcp {target}: i/o timeout"),
        };
        Err(Refusal { status: StatusCode::BAD_GATEWAY, message: failure })
    }
}
