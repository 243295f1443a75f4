//! Streams between clients and pods: port forwarding, attaching, commands, HTTP by proxy; answers over WebSocket.
//!
//! Clients speak WebSocket or SPDY/3.1 (`handshake`); both become numbered `channel`s here, so that a node sees but
//! one thing: a stream of bytes that `NodeTransport::open` gives.

mod attach;
mod channel;
mod handshake;
mod messages;
mod port_forward;
mod proxy;
mod spdy;
mod target;
mod websocket;

use std::future::Future;
use std::sync::Arc;

use base::{CancellationToken, Random, Tasks};
use http::request::Parts;
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use machinery::{ApiError, document};
use tracing::debug;

use crate::NodeTransport;
use crate::authenticate::ProxyHeaders;
use crate::body::Body;
use crate::outgoing::Outgoing;
use crate::query::Query;
use crate::registry::{self, Place};
use crate::request::Target;
use crate::respond::Answer;
use crate::room::{Room, Share};
pub(crate) use proxy::{forwarded, path_behind, returned};

use attach::{EndForm, Session};
pub(crate) use handshake::TOKEN_PROTOCOL;
use handshake::{Carrier, Handshake};
pub(crate) use target::PodTarget;
use websocket::Codec;

/// Connections that have become streams. Each holds up to a few MiB when its client or its pod is slow.
const STREAMS_MAX: usize = 1_024;
/// Those of one user: some hundred people's port-forwards, and three other users find room beside them.
const STREAMS_OF_ONE_MAX: usize = 256;
/// What a client that finds no room should wait.
const FULL_RETRY_SECONDS: u32 = 5;

/// Serves streams.
#[derive(Debug)]
pub(crate) struct Streaming {
    nodes: Arc<dyn NodeTransport>,
    tasks: Tasks,
    random: Random,
    outgoing: Arc<Outgoing>,
    room: Room,
    /// What no pod is told.
    proxy_headers: Arc<ProxyHeaders>,
}

/// Whether a request is for a stream and not for a document.
pub(crate) fn is_stream(target: &Target<'_>) -> bool {
    matches!(target.subresource, Some("attach" | "exec" | "portforward" | "proxy"))
}

/// Whether the body of a request is for somebody else, and passed on as it comes. What a node is asked is short.
pub(crate) fn passes_body(target: &Target<'_>) -> bool {
    target.subresource == Some("proxy") && target.resource != "nodes"
}

/// Whether whoever may do this must also be allowed to create: what reads as a GET runs programs and opens
/// connections.
pub(crate) fn needs_create(target: &Target<'_>) -> bool {
    matches!(target.subresource, Some("attach" | "exec" | "portforward"))
}

impl Streaming {
    pub(crate) fn new(
        nodes: Arc<dyn NodeTransport>,
        tasks: Tasks,
        random: Random,
        outgoing: Arc<Outgoing>,
        proxy_headers: Arc<ProxyHeaders>,
    ) -> Self {
        let room = Room::new(STREAMS_MAX, STREAMS_OF_ONE_MAX);
        Self { nodes, tasks, random, outgoing, room, proxy_headers }
    }

    /// Answers `portforward` of a pod.
    pub(crate) fn port_forward(
        &self,
        user: &str,
        parts: &Parts,
        query: &Query<'_>,
        place: &Place<'_>,
    ) -> Result<Answer, ApiError> {
        let pod = Arc::new(self.pod(place)?);
        let share = self.share(user)?;
        let handshake = Handshake::read(parts)?;
        Ok(match handshake.carrier {
            Carrier::Spdy => {
                let protocol = handshake.choose(port_forward::OVER_SPDY)?;
                self.switch(share, handshake, protocol, |io| port_forward::over_spdy(io, pod))
            }
            Carrier::WebSocket => {
                let protocol = handshake.choose(port_forward::OVER_WEBSOCKET)?;
                if protocol == port_forward::TUNNEL {
                    return Ok(self.switch(share, handshake, protocol, |io| async move {
                        let tunnel = websocket::Tunnel::new(websocket::accept(io).await);
                        port_forward::over_spdy(tunnel, pod).await;
                    }));
                }
                let codec = Codec::of(protocol);
                let ports = port_forward::ports(query, codec)?;
                self.switch(share, handshake, protocol, move |io| async move {
                    let socket = websocket::accept(io).await;
                    port_forward::over_channels(socket, codec, ports, pod).await;
                })
            }
        })
    }

    /// Answers `attach` and `exec` of a pod, which `verb` names.
    pub(crate) fn attach(
        &self,
        user: &str,
        verb: &str,
        parts: &Parts,
        query: &Query<'_>,
        place: &Place<'_>,
    ) -> Result<Answer, ApiError> {
        let current = place.current()?;
        let pod = place.served.document(&current);
        let container = registry::container(&pod, query.text("container"))?;
        let phase = document::str_at(&pod, "/status/phase");
        if matches!(phase, "Succeeded" | "Failed") {
            return Err(ApiError::bad_request(format!(
                "cannot {verb} in a completed pod; current phase is {phase}"
            )));
        }
        let target = PodTarget::new(&pod, &self.nodes)?;
        let share = self.share(user)?;
        let session = Session::read(verb, target, container, query)?;
        let handshake = Handshake::read(parts)?;
        Ok(match handshake.carrier {
            Carrier::Spdy => {
                let protocol = handshake.choose(attach::OVER_SPDY)?;
                let form = EndForm::of(protocol);
                self.switch(share, handshake, protocol, move |io| session.over_spdy(io, form))
            }
            Carrier::WebSocket => {
                let protocol = handshake.choose(attach::OVER_WEBSOCKET)?;
                let (codec, form) = (Codec::of(protocol), EndForm::of(protocol));
                self.switch(share, handshake, protocol, move |io| async move {
                    session.over_channels(websocket::accept(io).await, codec, form).await;
                })
            }
        })
    }

    fn pod(&self, place: &Place<'_>) -> Result<PodTarget, ApiError> {
        let current = place.current()?;
        PodTarget::new(&place.served.document(&current), &self.nodes)
    }

    /// A place among the streams.
    fn share(&self, user: &str) -> Result<Share, ApiError> {
        self.room.try_take(user).ok_or_else(|| {
            ApiError::too_many_requests("too many streams are open", FULL_RETRY_SECONDS)
        })
    }

    /// Answers that the protocol is switched, and serves what the connection becomes until the server stops.
    fn switch<F, Fut>(
        &self,
        held: impl Send + 'static,
        handshake: Handshake,
        protocol: &str,
        serve: F,
    ) -> Answer
    where
        F: FnOnce(TokioIo<Upgraded>) -> Fut + Send + 'static,
        Fut: Future<Output = ()> + Send + 'static,
    {
        self.switch_to(held, handshake, protocol, |io, stop| async move {
            stop.run_until_cancelled(serve(io)).await;
        })
    }

    /// The same for what ends by itself soon after the server has been told to stop.
    fn switch_to<F, Fut>(
        &self,
        held: impl Send + 'static,
        handshake: Handshake,
        protocol: &str,
        serve: F,
    ) -> Answer
    where
        F: FnOnce(TokioIo<Upgraded>, CancellationToken) -> Fut + Send + 'static,
        Fut: Future<Output = ()> + Send + 'static,
    {
        let (mut answer, upgrade): (Answer, OnUpgrade) = handshake.accept(protocol);
        let (body, lasting) = Body::before_stream();
        *answer.body_mut() = body;
        self.tasks.spawn("stream", |stop| async move {
            match stop.run_until_cancelled(upgrade).await {
                Some(Ok(upgraded)) => serve(TokioIo::new(upgraded), stop.clone()).await,
                Some(Err(error)) => debug!(%error, "a client left before its stream began"),
                None => {}
            }
            drop((held, lasting));
        });
        answer
    }
}
