//! One connection: its handshake, its user, its requests, its end.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use base::CancellationToken;
use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use jiff::Timestamp;
use rustls_pki_types::CertificateDer;
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio_rustls::TlsAcceptor;
use x509_parser::prelude::{FromDer, X509Certificate};

use crate::BoxError;
use crate::api::Api;
use crate::authenticate::Peer;
use crate::record::Address;

/// For the TLS handshake; a client that takes longer is not one.
const HANDSHAKE_MAX: Duration = Duration::from_secs(10);
/// For a request's head, and between requests; on HTTP/2, where a look is taken as often, between one and two times
/// this. Go clients keep idle connections for 90 s, and a server that closes first makes their next request fail.
const HEAD_MAX: Duration = Duration::from_secs(95);
/// Bytes of a request's head on HTTP/2. Clients need a few KiB; long tokens and selectors some more.
const HEAD_BYTES_MAX: u32 = 64 << 10;
/// Headers of one request on HTTP/1: who is impersonated may be in a thousand groups, and each has one.
const HEADERS_MAX: usize = 1_100;
/// Requests at a time on one HTTP/2 connection: every watch of a large controller manager.
const STREAMS_MAX: u32 = 1_000;
/// A silent HTTP/2 peer is asked whether it is still there.
const PING_INTERVAL: Duration = Duration::from_secs(30);
const PING_TIMEOUT: Duration = Duration::from_secs(15);
/// Flow control windows of HTTP/2: large enough for a body of the size limit in few round trips.
const WINDOW_BYTES: u32 = 1 << 20;
/// For requests under way when the server stops: nobody's client waits much longer for a write.
pub const STOP_GRACE: Duration = Duration::from_secs(15);
/// For the last bytes and the farewell, once nothing is under way on a connection.
const FAREWELL: Duration = Duration::from_secs(1);

/// Serves a connection to its end.
pub(crate) async fn serve(
    stream: TcpStream,
    acceptor: TlsAcceptor,
    api: Arc<Api>,
    stop: CancellationToken,
) -> Result<(), BoxError> {
    let handshake = tokio::time::timeout(HANDSHAKE_MAX, acceptor.accept(stream));
    let stream = tokio::select! {
        biased;
        () = stop.cancelled() => return Ok(()),
        stream = handshake => stream
            .map_err(BoxError::from)
            .and_then(|stream| stream.map_err(BoxError::from))
            .inspect_err(|_| api.metrics().handshake_failed())?,
    };
    let (_, session) = stream.get_ref();
    let peer = api.authenticators().peer(session.peer_certificates().unwrap_or_default());
    let certificate_end = certificate_end(&peer, session.peer_certificates().unwrap_or_default());
    let is_http2 = session.alpn_protocol() == Some(b"h2");
    let address = stream.get_ref().0.peer_addr().ok().filter(|_| api.audits());
    let traffic = Arc::new(Traffic::default());
    let begun = Arc::clone(&traffic);
    let goaway = Arc::new(Notify::new());
    let leaving = Arc::clone(&goaway);
    let service = service_fn(move |mut request: http::Request<Incoming>| {
        if let Some(address) = address {
            request.extensions_mut().insert(Address(address.ip()));
        }
        let mut under_way = UnderWay::begin(&begun);
        if is_http2 && api.sends_away() {
            leaving.notify_one();
        }
        if let Some(end) = certificate_end {
            api.note_certificate(end);
        }
        let answer = Arc::clone(&api).handle(request, peer.clone());
        async move {
            let mut answer = answer.await;
            if answer.body().lasts() {
                under_way.last();
            }
            answer.body_mut().hold(Box::new(under_way));
            Ok::<_, Infallible>(answer)
        }
    });
    let stream = TokioIo::new(stream);
    if is_http2 {
        let connection = http2().serve_connection(stream, service);
        let mut connection = std::pin::pin!(connection);
        let mut idle = std::pin::pin!(traffic.ceased(HEAD_MAX, Traffic::is_idle));
        loop {
            tokio::select! {
                biased;
                () = stop.cancelled() => break,
                () = idle.as_mut() => break,
                // What is under way goes on; the client's next request takes another connection.
                () = goaway.notified() => connection.as_mut().graceful_shutdown(),
                ended = connection.as_mut() => return Ok(ended?),
            }
        }
        connection.as_mut().graceful_shutdown();
        return drain(connection, &traffic).await;
    }
    let connection = http1().serve_connection(stream, service).with_upgrades();
    let mut connection = std::pin::pin!(connection);
    tokio::select! {
        biased;
        () = stop.cancelled() => {}
        ended = connection.as_mut() => return Ok(ended?),
    }
    connection.as_mut().graceful_shutdown();
    drain(connection, &traffic).await
}

/// Until when the certificate is valid by which a client is known.
fn certificate_end(peer: &Peer, chain: &[CertificateDer<'_>]) -> Option<Timestamp> {
    let own = chain.first().filter(|_| matches!(peer, Peer::Certified(_)))?;
    let (_, parsed) = X509Certificate::from_der(own).ok()?;
    Timestamp::from_second(parsed.validity().not_after.timestamp()).ok()
}

/// Lets a connection that has been asked to end do so: what is under way is answered, what lasts is not waited for.
async fn drain(
    connection: Pin<&mut impl Future<Output = hyper::Result<()>>>,
    traffic: &Traffic,
) -> Result<(), BoxError> {
    tokio::select! {
        biased;
        ended = tokio::time::timeout(STOP_GRACE, connection) => Ok(ended??),
        () = traffic.ceased(FAREWELL, Traffic::is_answered) => Ok(()),
    }
}

// Each protocol by itself, as the handshake has agreed on: who listens for the first bytes to tell may listen for ever.

fn http1() -> http1::Builder {
    let mut builder = http1::Builder::new();
    // Not `pipeline_flush`: with it, bodies are taken from whoever makes them however slowly the client reads.
    builder.timer(TokioTimer::new()).header_read_timeout(HEAD_MAX).max_headers(HEADERS_MAX);
    builder
}

fn http2() -> http2::Builder<TokioExecutor> {
    let mut builder = http2::Builder::new(TokioExecutor::new());
    builder
        .timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS_MAX)
        .max_header_list_size(HEAD_BYTES_MAX)
        .initial_stream_window_size(WINDOW_BYTES)
        .initial_connection_window_size(WINDOW_BYTES * 4)
        .keep_alive_interval(PING_INTERVAL)
        .keep_alive_timeout(PING_TIMEOUT);
    builder
}

/// What happens on a connection, whose library knows no end of waiting: for the next request on HTTP/2, for clients
/// that do not read.
#[derive(Debug, Default)]
struct Traffic {
    /// Counts the beginnings and the ends of requests.
    moves: AtomicU64,
    under_way: AtomicUsize,
    lasting: AtomicUsize,
}

impl Traffic {
    /// Ready when nothing has begun or ended for so long, and it is as it is waited for.
    async fn ceased(&self, period: Duration, is_so: impl Fn(&Self) -> bool) {
        loop {
            let before = self.moves.load(Ordering::Relaxed);
            tokio::time::sleep(period).await;
            if self.moves.load(Ordering::Relaxed) == before && is_so(self) {
                return;
            }
        }
    }

    /// Whether every request but for those that last is answered to the last byte.
    fn is_answered(&self) -> bool {
        self.under_way.load(Ordering::Relaxed) == 0
    }

    fn is_idle(&self) -> bool {
        self.is_answered() && self.lasting.load(Ordering::Relaxed) == 0
    }
}

/// A request, until the last byte of its answer.
#[derive(Debug)]
struct UnderWay {
    traffic: Arc<Traffic>,
    lasts: bool,
}

impl UnderWay {
    fn begin(traffic: &Arc<Traffic>) -> Self {
        traffic.moves.fetch_add(1, Ordering::Relaxed);
        traffic.under_way.fetch_add(1, Ordering::Relaxed);
        Self { traffic: Arc::clone(traffic), lasts: false }
    }

    /// From now on it lasts as long as its client wants.
    fn last(&mut self) {
        self.traffic.lasting.fetch_add(1, Ordering::Relaxed);
        self.traffic.under_way.fetch_sub(1, Ordering::Relaxed);
        self.lasts = true;
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        let Self { traffic, lasts } = self;
        let counter = if *lasts { &traffic.lasting } else { &traffic.under_way };
        counter.fetch_sub(1, Ordering::Relaxed);
        traffic.moves.fetch_add(1, Ordering::Relaxed);
    }
}
