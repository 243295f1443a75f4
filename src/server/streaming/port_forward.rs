//! Port forwarding: each connection of the client becomes one to a port of a pod.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::StreamExt;
use futures::stream::FuturesUnordered;
use machinery::ApiError;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::Instant;
use tokio_tungstenite::WebSocketStream;
use tracing::debug;

use super::channel::{Channel, Outgoing};
use super::spdy::{self, Arrival};
use super::target::PodTarget;
use super::websocket::{self, Codec};
use crate::query::Query;

/// SPDY itself.
pub(super) const OVER_SPDY: &[&str] = &["portforward.k8s.io"];
/// SPDY in WebSocket messages, and two numbered channels for each port.
pub(super) const OVER_WEBSOCKET: &[&str] =
    &["v4.channel.k8s.io", "v4.base64.channel.k8s.io", "portforward.k8s.io", TUNNEL];
/// SPDY in WebSocket messages: what `kubectl` has spoken since 1.31 (KEP-4006).
pub(super) const TUNNEL: &str = "SPDY/3.1+portforward.k8s.io";
/// For the second stream of a pair to follow the first, as in Kubernetes.
const PAIR_MAX: Duration = Duration::from_secs(30);
/// Forwarded connections of one client's connection at a time, halves of them included: each has two streams.
const FORWARDS_MAX: usize = 512;
/// Ports of one connection with numbered channels, two to a port, which must be numbers of one byte below 128.
const PORTS_MAX: usize = 64;
/// The same in base64, where numbers are digits and what follows them up to the end of ASCII.
const BASE64_PORTS_MAX: usize = 40;

/// The streams of a connection that has not got both of them.
struct Half {
    port: u16,
    data: Option<Channel>,
    error: Option<Outgoing>,
    until: Instant,
}

/// Serves a client that opens streams as it needs them.
pub(super) async fn over_spdy<IO>(io: IO, pod: Arc<PodTarget>)
where
    IO: AsyncRead + AsyncWrite + Send + 'static,
{
    let (connection, mut arrivals) = spdy::serve(io);
    let mut connection = std::pin::pin!(connection);
    let mut halves: BTreeMap<String, Half> = BTreeMap::new();
    let mut forwards = FuturesUnordered::new();
    loop {
        let oldest = halves.values().map(|half| half.until).min();
        tokio::select! {
            biased;
            ended = &mut connection => {
                if let Err(error) = ended {
                    debug!(%error, "a port-forward connection broke");
                }
                return;
            }
            Some(arrival) = arrivals.recv() => {
                let more = halves.len() + forwards.len() < FORWARDS_MAX;
                if let Some((port, data, error)) = pair(&mut halves, more, arrival) {
                    forwards.push(forward(&pod, port, data, error));
                }
            }
            Some(()) = forwards.next(), if !forwards.is_empty() => {}
            () = sleep_until(oldest) => {
                let now = Instant::now();
                halves.retain(|_, half| half.until > now);
            }
        }
    }
}

async fn sleep_until(time: Option<Instant>) {
    match time {
        Some(time) => tokio::time::sleep_until(time).await,
        None => std::future::pending().await,
    }
}

/// Puts a stream to the other one of its connection, which it begins if there may be more of them.
fn pair(
    halves: &mut BTreeMap<String, Half>,
    more: bool,
    arrival: Arrival,
) -> Option<(u16, Channel, Outgoing)> {
    let Arrival { headers, channel } = arrival;
    let header = |name: &str| headers.get(name).map_or("", String::as_str);
    let port = header("port").parse().ok().filter(|port| *port > 0);
    let kind = header("streamtype");
    let (Some(port), "data" | "error") = (port, kind) else {
        channel.outgoing.refuse();
        return None;
    };
    let id = header("requestid").to_owned();
    if !more && !halves.contains_key(&id) {
        channel.outgoing.refuse();
        return None;
    }
    let until = Instant::now() + PAIR_MAX;
    let half = halves.entry(id.clone()).or_insert(Half { port, data: None, error: None, until });
    match kind {
        "error" => half.error = Some(channel.outgoing),
        _ => half.data = Some(channel),
    }
    if half.data.is_none() || half.error.is_none() {
        return None;
    }
    let half = halves.remove(&id)?;
    Some((half.port, half.data?, half.error?))
}

/// Serves a client that names its ports beforehand.
pub(super) async fn over_channels<IO>(
    socket: WebSocketStream<IO>,
    codec: Codec,
    ports: Vec<u16>,
    pod: Arc<PodTarget>,
) where
    IO: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let count = u8::try_from(ports.len() * 2).expect("there are few ports");
    let (connection, channels) = websocket::channels(socket, count, codec);
    let forwards: FuturesUnordered<_> = FuturesUnordered::new();
    let mut channels = channels.into_iter();
    for port in ports {
        let (Some(data), Some(error)) = (channels.next(), channels.next()) else { break };
        let (pod, error) = (&pod, error.outgoing);
        forwards.push(async move {
            // Both channels begin with the port they are for.
            let name = Bytes::copy_from_slice(&port.to_le_bytes());
            data.outgoing.send(name.clone()).await;
            error.send(name).await;
            forward(pod, port, data, error).await;
        });
    }
    let forwards = forwards.collect::<()>();
    let mut connection = std::pin::pin!(connection);
    tokio::select! {
        biased;
        _ = &mut connection => return,
        () = forwards => {}
    }
    // Whatever is still queued is sent, then the connection is closed.
    let _ = connection.await;
}

/// The ports in the query, which may be one or several to a parameter.
pub(super) fn ports(query: &Query<'_>, codec: Codec) -> Result<Vec<u16>, ApiError> {
    let most = if codec == Codec::Base64 { BASE64_PORTS_MAX } else { PORTS_MAX };
    let texts = query.all("ports").chain(query.all("port")).flat_map(|text| text.split(','));
    let mut ports = Vec::new();
    for text in texts.filter(|text| !text.is_empty()) {
        let port = text.parse().ok().filter(|port| *port > 0);
        let port = port.ok_or_else(|| {
            ApiError::bad_request(format!("invalid port {text:?}: not a number from 1 to 65535"))
        })?;
        ports.push(port);
    }
    match ports.len() {
        0 => Err(ApiError::bad_request("query parameter \"port\" is required")),
        count if count > most => {
            Err(ApiError::bad_request(format!("at most {most} ports are forwarded at once")))
        }
        _ => Ok(ports),
    }
}

/// One connection, from the dialling to its end.
async fn forward(pod: &PodTarget, port: u16, data: Channel, error: Outgoing) {
    match pod.dial(port).await {
        Ok(stream) => {
            // The client waits for the end of the error stream before it takes the connection for done.
            data.splice(stream).await;
        }
        Err(failure) => {
            let text = format!("error forwarding port {port} to pod {}: {failure}", pod.name);
            error.send(text.into()).await;
            data.outgoing.end().await;
        }
    }
    error.end().await;
}

#[cfg(test)]
mod tests;
