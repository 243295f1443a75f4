//! The server as a `tower` service, for clients in the same process.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;

use crate::api::Api;
use crate::authenticate::Peer;
use crate::identity::Identity;
use crate::{Body, BoxError};

/// Sends requests to the server as one user, without socket and TLS.
#[derive(Debug, Clone)]
pub struct InProcess {
    api: Arc<Api>,
    identity: Arc<Identity>,
}

impl InProcess {
    pub(crate) fn new(api: Arc<Api>, identity: Identity) -> Self {
        Self { api, identity: Arc::new(identity) }
    }
}

impl<B> tower::Service<http::Request<B>> for InProcess
where
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<B>) -> Self::Future {
        let (api, identity) = (Arc::clone(&self.api), Arc::clone(&self.identity));
        let method = request.method().clone();
        let answer = Arc::clone(&api).handle(request, Peer::Known(identity));
        Box::pin(async move {
            let answer = answer.await;
            api.metrics().called(&method, answer.status());
            Ok(answer)
        })
    }
}
