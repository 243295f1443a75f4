//! Streams between the API server and what runs here: connections to a pod's ports.

mod port_forward;

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use client::Key;
use http::StatusCode;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::pods::{Directory, Entry};
use crate::site::Site;

/// A stream of bytes in both directions.
#[derive(Debug)]
pub struct Stream(network::Stream);

/// Why a stream cannot be had.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) status: StatusCode,
    pub(crate) message: String,
}

/// Opens streams.
pub(crate) struct Streams<'a> {
    pub(crate) site: &'a Site,
    pub(crate) directory: &'a Directory,
}

impl fmt::Debug for Streams<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Streams").finish_non_exhaustive()
    }
}

impl Refusal {
    pub(crate) fn not_found(message: impl Into<String>) -> Self {
        Self { status: StatusCode::NOT_FOUND, message: message.into() }
    }

    fn bad_request(message: impl Into<String>) -> Self {
        Self { status: StatusCode::BAD_REQUEST, message: message.into() }
    }
}

impl Streams<'_> {
    /// A pod that is on this node and runs.
    fn running(&self, key: &Key) -> Result<Entry, Refusal> {
        let entry = self
            .directory
            .find(key)
            .ok_or_else(|| Refusal::not_found(format!("pod \"{}\" does not exist", key.name)))?;
        let phase = entry.pod.status.as_ref().and_then(|status| status.phase.as_deref());
        let phase = phase.unwrap_or("Pending");
        if phase != "Running" {
            return Err(Refusal::bad_request(format!(
                "pod is not running. Current status={phase}"
            )));
        }
        Ok(entry)
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.0).poll_read(context, buffer)
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(context, bytes)
    }

    fn poll_flush(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(context)
    }

    fn poll_shutdown(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(context)
    }
}
