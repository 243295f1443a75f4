//! The two directions of a connection as streams. Waiting has no side effect: a guest drops its waits at will.

use std::sync::Arc;

use ::network::{Closed, Error, ReadOutcome, Reader, Writer};
use async_trait::async_trait;
use bytes::Bytes;
use wasmtime_wasi::p2::{InputStream, OutputStream, Pollable, StreamError, StreamResult};

/// What the peer sends. Dropping it reads no more.
pub(super) struct TcpInput(pub(super) Arc<Reader>);

#[async_trait]
impl Pollable for TcpInput {
    async fn ready(&mut self) {
        self.0.readable().await;
    }
}

impl InputStream for TcpInput {
    fn read(&mut self, size: usize) -> StreamResult<Bytes> {
        match self.0.try_read(size) {
            ReadOutcome::Data(bytes) => Ok(bytes),
            ReadOutcome::Empty => Ok(Bytes::new()),
            ReadOutcome::Eof => Err(StreamError::Closed),
            ReadOutcome::Reset => Err(reset()),
        }
    }
}

impl Drop for TcpInput {
    fn drop(&mut self) {
        self.0.shutdown();
    }
}

/// What the peer receives. Dropping it sends the end.
pub(super) struct TcpOutput(pub(super) Arc<Writer>);

#[async_trait]
impl Pollable for TcpOutput {
    async fn ready(&mut self) {
        self.0.writable().await;
    }
}

impl OutputStream for TcpOutput {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        let rest = self.0.try_write(bytes).map_err(closed)?;
        if rest.is_empty() {
            return Ok(());
        }
        Err(StreamError::trap("wrote more than was permitted"))
    }

    fn flush(&mut self) -> StreamResult<()> {
        Ok(())
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        self.0.permit().map_err(closed)
    }
}

impl Drop for TcpOutput {
    fn drop(&mut self) {
        self.0.shutdown();
    }
}

fn closed(closed: Closed) -> StreamError {
    match closed {
        Closed::Shutdown => StreamError::Closed,
        Closed::Reset => reset(),
    }
}

fn reset() -> StreamError {
    StreamError::LastOperationFailed(wasmtime::Error::new(Error::Reset))
}
