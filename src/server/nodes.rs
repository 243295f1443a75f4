//! The way from the server to the kubelets.

use std::fmt::{self, Debug};

use async_trait::async_trait;
use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncWrite};

use crate::{BoxBody, Error};

/// Carries a request to the endpoint of a node's kubelet.
#[async_trait]
pub trait NodeTransport: Debug + Send + Sync + 'static {
    /// Sends the request and returns the answer, whose body may go on for long.
    async fn send(
        &self,
        node: &str,
        request: http::Request<Bytes>,
    ) -> Result<http::Response<BoxBody>, Error>;

    /// Sends a request whose answer is a stream of bytes in both directions: over a connection, an HTTP upgrade.
    async fn open(&self, node: &str, request: http::Request<Bytes>) -> Result<Opened, Error> {
        let _ = request;
        Err(Error::UnknownNode(node.to_owned()))
    }
}

/// A stream of bytes in both directions.
pub trait ByteStream: AsyncRead + AsyncWrite + Send + Unpin + 'static {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin + 'static> ByteStream for T {}

/// A stream to something on a node.
pub type NodeStream = Box<dyn ByteStream>;

/// A node's answer to [`NodeTransport::open`].
pub enum Opened {
    /// The stream.
    Stream(NodeStream),
    /// Why there is none, as a status and a text.
    Refused(http::Response<BoxBody>),
}

impl Debug for Opened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Stream(_) => "Stream",
            Self::Refused(_) => "Refused",
        })
    }
}

/// A transport that reaches no node.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoNodes;

#[async_trait]
impl NodeTransport for NoNodes {
    async fn send(
        &self,
        node: &str,
        _request: http::Request<Bytes>,
    ) -> Result<http::Response<BoxBody>, Error> {
        Err(Error::UnknownNode(node.to_owned()))
    }
}
