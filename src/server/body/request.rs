//! The bodies of requests.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures::{StreamExt as _, stream};
use http::header::{HeaderValue, TRANSFER_ENCODING};
use http::{Method, Request};
use http_body::{Body as _, Frame, SizeHint};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, BodyStream, Empty, Full, StreamBody};
use tokio::sync::watch;

use super::BoxError;

/// The body of a request, which comes as its client sends it.
#[derive(Debug)]
pub(crate) struct RequestBody {
    inner: UnsyncBoxBody<Bytes, BoxError>,
    /// Dropped when nobody reads the body any more.
    held: Vec<Held>,
    /// Who gets it back if nobody begins to read it.
    lender: Option<Unread>,
}

/// Where a body is that nobody has begun to read, when whoever was to read it has let go of it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Unread(Arc<Mutex<Option<UnsyncBoxBody<Bytes, BoxError>>>>);

impl Unread {
    /// The body, if it was given back.
    pub(crate) fn take(&self) -> Option<RequestBody> {
        let inner = self.0.lock().unwrap_or_else(PoisonError::into_inner).take()?;
        Some(RequestBody { inner, held: Vec::new(), lender: None })
    }
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
        Self { inner: body.map_err(Into::into).boxed_unsync(), held: Vec::new(), lender: None }
    }

    /// Keeps something as long as the body is on its way.
    pub(crate) fn holding(mut self, held: impl std::fmt::Debug + Send + 'static) -> Self {
        self.held.push(Box::new(held));
        self
    }

    /// Gives it back if nobody begins to read it.
    pub(crate) fn lent(mut self, lender: &Unread) -> Self {
        self.lender = Some(lender.clone());
        self
    }

    /// The whole of a body whose beginning has been read, and takes room until it is sent on.
    pub(crate) fn after(self, beginning: Bytes, room: impl Send + 'static) -> Self {
        let first = stream::once(async move {
            drop(room);
            Ok(Frame::data(beginning))
        });
        Self::new(StreamBody::new(first.chain(BodyStream::new(self))))
    }

    /// Tells of its way: whether it has failed, and when it moves. Nothing more is told when nobody reads it any more.
    pub(crate) fn followed(self) -> (Self, watch::Receiver<bool>) {
        let (teller, told) = watch::channel(false);
        (Self::new(Followed { body: self, teller }), told)
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
        self.lender = None;
        Pin::new(&mut self.inner).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

impl Drop for RequestBody {
    fn drop(&mut self) {
        if let Some(Unread(place)) = self.lender.take() {
            let inner =
                std::mem::replace(&mut self.inner, Empty::new().map_err(Into::into).boxed_unsync());
            *place.lock().unwrap_or_else(PoisonError::into_inner) = Some(inner);
        }
    }
}

/// A body that tells of its way.
struct Followed {
    body: RequestBody,
    teller: watch::Sender<bool>,
}

impl http_body::Body for Followed {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(context));
        self.teller.send_replace(matches!(frame, Some(Err(_))));
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
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
