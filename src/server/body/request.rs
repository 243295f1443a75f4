//! The bodies of requests.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::header::{HeaderValue, TRANSFER_ENCODING};
use http::{Method, Request};
use http_body::{Body as _, Frame, SizeHint};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Full};

use super::BoxError;

/// The body of a request, which comes as its client sends it.
#[derive(Debug)]
pub(crate) struct RequestBody {
    inner: UnsyncBoxBody<Bytes, BoxError>,
    /// Dropped when nobody reads the body any more.
    held: Vec<Held>,
}

/// What is kept as long as a body is on its way.
trait Keepsake: std::fmt::Debug + Send {}
impl<T: std::fmt::Debug + Send> Keepsake for T {}
type Held = Box<dyn Keepsake>;

impl RequestBody {
    pub(crate) fn new<B>(body: B) -> Self
    where
        B: http_body::Body<Data = Bytes> + Send + 'static,
        B::Error: Into<BoxError>,
    {
        Self { inner: body.map_err(Into::into).boxed_unsync(), held: Vec::new() }
    }

    /// Keeps something as long as the body is on its way.
    pub(crate) fn holding(mut self, held: impl std::fmt::Debug + Send + 'static) -> Self {
        self.held.push(Box::new(held));
        self
    }

    /// Its length, where the client has told it.
    pub(crate) fn length(&self) -> Option<u64> {
        self.inner.size_hint().exact()
    }
}

impl From<Bytes> for RequestBody {
    fn from(bytes: Bytes) -> Self {
        Self::new(Full::new(bytes))
    }
}

impl http_body::Body for RequestBody {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        Pin::new(&mut self.inner).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

/// Says that a body follows, where the client of HTTP/1 would think that there is none and would not send it.
pub(crate) fn announce(request: &mut Request<RequestBody>) {
    let unusual = matches!(*request.method(), Method::GET | Method::HEAD);
    let body = request.body();
    if unusual && !body.is_end_stream() && body.length().is_none() {
        let chunked = HeaderValue::from_static("chunked");
        request.headers_mut().insert(TRANSFER_ENCODING, chunked);
    }
}

#[cfg(test)]
mod tests;
