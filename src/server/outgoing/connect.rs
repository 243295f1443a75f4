//! Connections as the HTTP client asks for them.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use base::Tasks;
use http::Uri;
use hyper_util::client::legacy::connect::{Connected, Connection};
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::{Address, Failure, Outgoing, tls};
use crate::nodes::NodeStream;

/// Connects to one address, with TLS if there is a configuration for it.
#[derive(Debug, Clone)]
pub(super) struct Connector {
    pub(super) outgoing: Arc<Outgoing>,
    pub(super) address: Arc<Address>,
    pub(super) tls: Option<Arc<ClientConfig>>,
    pub(super) server_name: Arc<str>,
}

/// A connection, and whether it speaks HTTP/2.
pub(super) struct Wire {
    stream: NodeStream,
    http2: bool,
}

impl Connector {
    async fn connect(self) -> Result<TokioIo<Wire>, Failure> {
        let stream = self.outgoing.open(&self.address).await?;
        let Some(config) = self.tls else {
            return Ok(TokioIo::new(Wire { stream, http2: false }));
        };
        let stream = tls::wrap(config, &self.server_name, stream).await?;
        let http2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
        Ok(TokioIo::new(Wire { stream: Box::new(stream), http2 }))
    }
}

impl tower::Service<Uri> for Connector {
    type Response = TokioIo<Wire>;
    type Error = Failure;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Failure>> + Send>>;

    fn poll_ready(&mut self, _context: &mut Context<'_>) -> Poll<Result<(), Failure>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _uri: Uri) -> Self::Future {
        Box::pin(self.clone().connect())
    }
}

impl Connection for Wire {
    fn connected(&self) -> Connected {
        let connected = Connected::new();
        if self.http2 { connected.negotiated_h2() } else { connected }
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Wire {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

/// Runs the tasks of connections, as long as the server runs.
#[derive(Debug, Clone)]
pub(super) struct Spawner(pub(super) Tasks);

impl<F> hyper::rt::Executor<F> for Spawner
where
    F: Future<Output = ()> + Send + 'static,
{
    fn execute(&self, future: F) {
        self.0.spawn_until_stop("outgoing connection", future);
    }
}
