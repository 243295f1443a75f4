//! A container's standard output and error: what it writes goes to its log, and it waits while the log is full.

use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use async_trait::async_trait;
use bytes::Bytes;
use tokio::io::AsyncWrite;
use wasmtime_wasi::cli::{IsTerminal, StdoutStream};
use wasmtime_wasi::p2::{OutputStream, Pollable, StreamResult};

use crate::spec::{Output, Stdio};

/// The most a guest may hand over at once, however much the log would take: it is copied in one piece.
const MAX_WRITE: usize = 64 * 1024;

/// One of the two outputs.
#[derive(Clone)]
pub(crate) struct Pipe {
    output: Arc<dyn Output>,
    stdio: Stdio,
}

impl Pipe {
    pub(crate) fn new(output: &Arc<dyn Output>, stdio: Stdio) -> Self {
        Self { output: Arc::clone(output), stdio }
    }
}

impl IsTerminal for Pipe {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdoutStream for Pipe {
    fn async_stream(&self) -> Box<dyn AsyncWrite + Send + Sync> {
        Box::new(self.clone())
    }

    fn p2_stream(&self) -> Box<dyn OutputStream> {
        Box::new(self.clone())
    }
}

#[async_trait]
impl Pollable for Pipe {
    async fn ready(&mut self) {
        poll_fn(|context| self.output.poll_ready(context)).await;
    }
}

impl OutputStream for Pipe {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        self.output.write(self.stdio, bytes);
        Ok(())
    }

    fn flush(&mut self) -> StreamResult<()> {
        Ok(())
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        Ok(self.output.permit().min(MAX_WRITE))
    }
}

impl AsyncWrite for Pipe {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        ready!(self.output.poll_ready(context));
        let count = self.output.permit().min(MAX_WRITE).min(bytes.len());
        self.output.write(self.stdio, Bytes::copy_from_slice(&bytes[..count]));
        Poll::Ready(Ok(count))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
