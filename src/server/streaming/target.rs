//! The pod that a stream leads to, and the node it is on.

use std::sync::Arc;

use bytes::Bytes;
use http::Request;
use machinery::ApiError;
use serde_json::Value;

use crate::nodes::{NodeStream, NodeTransport, Opened};
use crate::outgoing::PodName;
use crate::registry::refusal;

/// A pod on a node.
#[derive(Debug)]
pub(crate) struct PodTarget {
    pub(crate) namespace: String,
    pub(crate) name: String,
    pub(crate) node: String,
    pub(crate) nodes: Arc<dyn NodeTransport>,
}

impl PodTarget {
    /// The pod of a document, if it has been given a node.
    pub(crate) fn new(pod: &Value, nodes: &Arc<dyn NodeTransport>) -> Result<Self, ApiError> {
        Ok(PodName::of(pod)?.target(nodes))
    }

    /// Connects to a port of the pod; the error is what the client is told.
    pub(crate) async fn dial(&self, port: u16) -> Result<NodeStream, String> {
        let path = format!("/portForward/{}/{}?port={port}", self.namespace, self.name);
        self.open(&path).await.map_err(|error| error.message)
    }

    /// Opens a stream to the node's endpoint.
    pub(crate) async fn open(&self, path: &str) -> Result<NodeStream, ApiError> {
        let request = Request::post(path).body(Bytes::new()).map_err(ApiError::internal)?;
        match self.nodes.open(&self.node, request).await {
            Ok(Opened::Stream(stream)) => Ok(stream),
            Ok(Opened::Refused(response)) => Err(refusal(response).await),
            Err(error) => {
                Err(ApiError::service_unavailable(format!("error dialing backend: {error}")))
            }
        }
    }
}
