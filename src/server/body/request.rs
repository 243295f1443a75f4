//! The bodies of requests.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use base::Tasks;
use bytes::Bytes;
use futures::{StreamExt as _, stream};
use http::header::{HeaderValue, TRANSFER_ENCODING};
use http::{Method, Request};
use http_body::{Body as _, Frame, SizeHint};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, BodyStream, Empty, Full, StreamBody};
use tokio::sync::watch;

use super::BoxError;

/// How much of a body is read to let its sender hear an answer: some megabytes are a mistake, more an attack.
const DISCARDED_BYTES_MAX: usize = 16 << 20;
/// For that.
const DISCARD_TIME_MAX: Duration = Duration::from_mins(1);

/// The body of a request, which comes as its client sends it.
#[derive(Debug)]
pub(crate) struct RequestBody {
    inner: UnsyncBoxBody<Bytes, BoxError>,
    /// Dropped when nobody reads the body any more.
    held: Vec<Held>,
    /// Reads what is left when whoever reads it lets go of it.
    rest: Option<Rest>,
}

/// Who reads, in vain, what is left of a body.
#[derive(Debug)]
struct Rest {
    tasks: Tasks,
    /// Whether the client sends it only when somebody begins to read.
    is_asked_for: bool,
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
        Self { inner: body.map_err(Into::into).boxed_unsync(), held: Vec::new(), rest: None }
    }

    /// Keeps something as long as the body is on its way.
    pub(crate) fn holding(mut self, held: impl std::fmt::Debug + Send + 'static) -> Self {
        self.held.push(Box::new(held));
        self
    }

    /// Has its rest read in vain if its reader lets go of it before its end, as who answers early does: a connection with
    /// something unread is cut off, and many clients look for an answer only when they have written everything. A client
    /// that has `asked` before sending has nothing under way yet.
    pub(crate) fn read_out(mut self, tasks: &Tasks, asked: bool) -> Self {
        self.rest = Some(Rest { tasks: tasks.clone(), is_asked_for: asked });
        self
    }

    /// Reads on in vain, but not for ever.
    pub(crate) async fn discard(&mut self) {
        let mut left = DISCARDED_BYTES_MAX;
        let read = async {
            while left > 0
                && let Some(Ok(frame)) = self.frame().await
            {
                left = left.saturating_sub(frame.data_ref().map_or(1, Bytes::len));
            }
        };
        let _ = tokio::time::timeout(DISCARD_TIME_MAX, read).await;
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
        if let Some(rest) = &mut self.rest {
            rest.is_asked_for = false;
        }
        let frame = ready!(Pin::new(&mut self.inner).poll_frame(context));
        if !matches!(frame, Some(Ok(_))) {
            self.rest = None;
        }
        Poll::Ready(frame)
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
        let rest = self.rest.take().filter(|rest| !rest.is_asked_for);
        let Some(rest) = rest.filter(|_| !self.inner.is_end_stream()) else { return };
        let nothing = Empty::new().map_err(Into::into).boxed_unsync();
        let mut left = Self::new(std::mem::replace(&mut self.inner, nothing));
        rest.tasks.spawn_until_stop("unread body", async move { left.discard().await });
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
