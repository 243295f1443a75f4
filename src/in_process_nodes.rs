//! Reaches the kubelet of this process: a function call instead of a connection.

use std::collections::BTreeMap;
use std::sync::Mutex;

use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response};
use server::{BoxBody, Error, NodeTransport, Opened};

/// The kubelets of this process, by the names of their nodes.
#[derive(Debug, Default)]
pub(crate) struct InProcessNodes(Mutex<BTreeMap<String, kubelet::Endpoint>>);

impl InProcessNodes {
    /// From now on this node can be reached.
    pub(crate) fn add(&self, node: &str, endpoint: kubelet::Endpoint) {
        self.0.lock().expect("nothing panics while holding it").insert(node.to_owned(), endpoint);
    }

    fn find(&self, node: &str) -> Option<kubelet::Endpoint> {
        self.0.lock().expect("nothing panics while holding it").get(node).cloned()
    }
}

#[async_trait]
impl NodeTransport for InProcessNodes {
    async fn send(&self, node: &str, request: Request<Bytes>) -> Result<Response<BoxBody>, Error> {
        let endpoint = self.find(node).ok_or_else(|| Error::UnknownNode(node.to_owned()))?;
        Ok(endpoint.handle(request).await)
    }

    async fn open(&self, node: &str, request: Request<Bytes>) -> Result<Opened, Error> {
        let endpoint = self.find(node).ok_or_else(|| Error::UnknownNode(node.to_owned()))?;
        Ok(match endpoint.open(request).await {
            Ok(stream) => Opened::Stream(Box::new(stream)),
            Err(refusal) => Opened::Refused(refusal),
        })
    }
}
