//! One request: its instance, and the answer.

use std::fmt::Display;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use base::CancellationToken;
use bytes::Bytes;
use http::{HeaderValue, Request, Response, StatusCode, header};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use tokio::sync::{OwnedSemaphorePermit, oneshot};
use tokio::time::{sleep, timeout};
use tracing::debug;
use wasmtime_wasi_http::p2::bindings::http::types::{ErrorCode, Scheme};
use wasmtime_wasi_http::{WasiBody, WasiHttpView};

use super::Server;
use super::body::{Watched, plain};
use crate::container::not_made;
use crate::failure::failure;
use crate::spec::{Failure, Stdio};

/// How long a request waits for its turn. Clients give up after about as long.
const QUEUE_TIMEOUT: Duration = Duration::from_secs(10);

/// How long an instance may go on when its answer has been read, or nobody waits for it any more. Enough to finish
/// what it has begun; without a bound it would hold its memory for ever.
const LINGER: Duration = Duration::from_secs(30);

/// The node's pool may be full for a moment while instances are torn down.
const SLOT_RETRY: Duration = Duration::from_millis(10);

type Answer = Result<Response<WasiBody>, ErrorCode>;

impl Server {
    /// Answers a request with an instance of its own.
    pub(super) async fn answer(
        self: Arc<Self>,
        mut request: Request<Incoming>,
    ) -> Response<WasiBody> {
        if self.name_host(&mut request).is_err() {
            return plain(StatusCode::BAD_REQUEST, "the Host header is not text");
        }
        let Ok(turn) = timeout(QUEUE_TIMEOUT, self.turn()).await else {
            return plain(StatusCode::SERVICE_UNAVAILABLE, "too many requests at once");
        };
        let gone = CancellationToken::new();
        let guard = gone.clone().drop_guard();
        let (sender, answer) = oneshot::channel();
        self.run(request, turn, sender, gone);
        match answer.await {
            Ok(Ok(response)) => response.map(|body| Watched::new(body, guard).boxed_unsync()),
            Ok(Err(code)) => {
                self.complain(&code);
                plain(StatusCode::INTERNAL_SERVER_ERROR, "the handler failed")
            }
            Err(_) => plain(StatusCode::INTERNAL_SERVER_ERROR, "the handler did not answer"),
        }
    }

    /// Guests are told whom the request is for; HTTP/1.0 clients need not say.
    fn name_host(&self, request: &mut Request<Incoming>) -> Result<(), header::ToStrError> {
        if let Some(host) = request.headers().get(header::HOST) {
            return host.to_str().map(drop);
        }
        if request.uri().authority().is_none() {
            let host = self.container.interface.address().to_string();
            let host = HeaderValue::try_from(host).expect("an address is text");
            request.headers_mut().insert(header::HOST, host);
        }
        Ok(())
    }

    /// Room in this container and on the node.
    async fn turn(&self) -> (OwnedSemaphorePermit, OwnedSemaphorePermit) {
        let requests = Arc::clone(&self.requests).acquire_owned();
        let request = requests.await.expect("the semaphore is never closed");
        loop {
            if let Ok(slot) = self.container.node.slot() {
                return (request, slot);
            }
            sleep(SLOT_RETRY).await;
        }
    }

    /// Lets an instance handle the request beside everything else, because it may go on after having answered.
    fn run(
        self: &Arc<Self>,
        request: Request<Incoming>,
        turn: (OwnedSemaphorePermit, OwnedSemaphorePermit),
        sender: oneshot::Sender<Answer>,
        gone: CancellationToken,
    ) {
        let handling = Arc::clone(self).handle(request, turn, sender);
        let guest = async move {
            tokio::select! { biased;
                outcome = handling => outcome,
                () = linger(gone) => Err("still busy long after the answer".into()),
            }
        };
        let (server, token) = (Arc::clone(self), self.work.token());
        let container = &self.container;
        let (meter, kill) = (Arc::clone(&container.meter), container.kill.clone());
        container.node.lanes.run(Box::pin(guest), meter, kill, move |outcome| {
            if let Some(Err(reason)) = outcome {
                server.complain(&reason);
            }
            drop(token);
        });
    }

    async fn handle(
        self: Arc<Self>,
        request: Request<Incoming>,
        _turn: (OwnedSemaphorePermit, OwnedSemaphorePermit),
        sender: oneshot::Sender<Answer>,
    ) -> Result<(), String> {
        let mut store = self.container.store().map_err(|error| error.to_string())?;
        let denied = store.data().memory.denied();
        let starved = || denied.load(Ordering::Relaxed);
        let instance = self.program.instantiate_async(&mut store).await.map_err(|error| {
            if starved() {
                return describe(&Failure::OutOfMemory);
            }
            not_made(&error, &self.container.node).to_string()
        })?;
        let mut view = store.data_mut().http();
        let request = view.new_incoming_request(Scheme::Http, request);
        let request = request.map_err(|error| error.to_string())?;
        let out = store.data_mut().http().new_response_outparam(sender);
        let out = out.map_err(|error| error.to_string())?;
        let handled =
            instance.wasi_http_incoming_handler().call_handle(&mut store, request, out).await;
        match handled.map_err(|error| failure(&error, starved())) {
            Ok(()) | Err(Failure::Exit(0)) => Ok(()),
            Err(failure) => Err(describe(&failure)),
        }
    }

    /// Tells the container's log what went wrong, if the log has room.
    fn complain(&self, reason: &impl Display) {
        debug!(container = self.container.spec.name, %reason, "request failed");
        let line = Bytes::from(format!("request failed: {reason}\n"));
        let output = &self.container.spec.output;
        if output.permit() >= line.len() {
            output.write(Stdio::Stderr, line);
        }
    }
}

async fn linger(gone: CancellationToken) {
    gone.cancelled().await;
    sleep(LINGER).await;
}

fn describe(failure: &Failure) -> String {
    match failure {
        Failure::Exit(code) => format!("the handler exited with code {code}"),
        Failure::Trap(text) => text.clone(),
        Failure::OutOfMemory => "out of memory".into(),
        Failure::Killed => "killed".into(),
    }
}
