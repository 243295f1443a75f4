//! The bodies of answers: bytes that are shared, lists that are put together while they are sent, streams.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Frame, SizeHint};

use crate::cache::WatchBody;
use crate::view::ListBody;

/// Any error of a body.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// A body somebody else makes.
pub type BoxBody = http_body_util::combinators::BoxBody<Bytes, BoxError>;

/// The body of an answer.
#[derive(Debug)]
pub struct Body(Kind);

#[derive(Debug)]
enum Kind {
    Whole(Bytes),
    List(ListBody),
    Watch(Box<WatchBody>),
    Stream(BoxBody),
}

impl Body {
    /// A body without content.
    pub fn empty() -> Self {
        Self(Kind::Whole(Bytes::new()))
    }
}

impl From<Bytes> for Body {
    fn from(bytes: Bytes) -> Self {
        Self(Kind::Whole(bytes))
    }
}

impl From<BoxBody> for Body {
    fn from(body: BoxBody) -> Self {
        Self(Kind::Stream(body))
    }
}

impl From<ListBody> for Body {
    fn from(body: ListBody) -> Self {
        Self(Kind::List(body))
    }
}

impl From<WatchBody> for Body {
    fn from(body: WatchBody) -> Self {
        Self(Kind::Watch(Box::new(body)))
    }
}

impl http_body::Body for Body {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let next = match &mut self.0 {
            Kind::Whole(bytes) if bytes.is_empty() => None,
            Kind::Whole(bytes) => Some(std::mem::take(bytes)),
            Kind::List(list) => list.next_chunk(),
            Kind::Watch(watch) => match watch.poll_next(context) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(next) => next,
            },
            Kind::Stream(stream) => return Pin::new(stream).poll_frame(context),
        };
        Poll::Ready(next.map(|bytes| Ok(Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        match &self.0 {
            Kind::Whole(bytes) => bytes.is_empty(),
            Kind::List(list) => list.remaining_bytes() == 0,
            Kind::Watch(_) => false,
            Kind::Stream(stream) => stream.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.0 {
            Kind::Whole(bytes) => SizeHint::with_exact(bytes.len() as u64),
            Kind::List(list) => SizeHint::with_exact(list.remaining_bytes() as u64),
            Kind::Watch(_) => SizeHint::default(),
            Kind::Stream(stream) => stream.size_hint(),
        }
    }
}
