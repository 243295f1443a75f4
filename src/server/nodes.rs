//! The way from the server to the kubelets.

use std::fmt::Debug;

use async_trait::async_trait;
use bytes::Bytes;

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
