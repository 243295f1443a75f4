//! The bodies of answers: bytes that are shared, lists that are put together while they are sent, streams.

mod request;

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use base::{CancellationToken, WaitForCancellationFutureOwned};
use bytes::{Bytes, BytesMut};
use http_body::{Frame, SizeHint};

use crate::cache::WatchBody;
use crate::view::ListBody;
pub(crate) use request::{RequestBody, announce};

/// Any error of a body.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// A body somebody else makes.
pub type BoxBody = http_body_util::combinators::BoxBody<Bytes, BoxError>;

/// The body of an answer.
pub struct Body {
    kind: Kind,
    /// Dropped when the body ends, or is no longer wanted.
    held: Option<Held>,
    /// What the connection becomes after the answer, if it does.
    stream: Option<Lasting>,
    lasts: Lasts,
}

/// Something that lives as long as a body.
pub(crate) type Held = Box<dyn std::any::Any + Send + Sync>;

/// What is kept until a stream ends that comes after an answer; its task has one.
#[derive(Clone, Default)]
pub(crate) struct Lasting(Arc<Mutex<Vec<Held>>>);

/// Whether a body lasts as long as its client wants, and what ends it before.
enum Lasts {
    No,
    /// Whoever makes it ends it, too.
    Yes,
    Until(Pin<Box<WaitForCancellationFutureOwned>>),
}

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
        Kind::Whole(Bytes::new()).into()
    }

    /// The same of an answer after which the connection is a stream.
    pub(crate) fn before_stream() -> (Self, Lasting) {
        let lasting = Lasting::default();
        (Self { stream: Some(lasting.clone()), ..Self::empty() }, lasting)
    }

    /// All bytes, for bodies that are there already: a list is put together for it. `None` for those that come as
    /// they happen.
    pub(crate) fn gather(&mut self) -> Option<Bytes> {
        if let Kind::List(list) = &mut self.kind {
            let mut all = BytesMut::with_capacity(list.remaining_bytes());
            while let Some(chunk) = list.next_chunk() {
                all.extend_from_slice(&chunk);
            }
            self.kind = Kind::Whole(all.freeze());
        }
        match &self.kind {
            Kind::Whole(bytes) => Some(bytes.clone()),
            _ => None,
        }
    }

    /// Says that it lasts as long as its client wants, though no longer than the server. The cache ends watches; what
    /// somebody else sends is broken off, so that nobody takes it for whole.
    pub(crate) fn last_until(&mut self, stop: &CancellationToken) {
        self.lasts = match self.kind {
            Kind::Stream(_) => Lasts::Until(Box::pin(stop.clone().cancelled_owned())),
            _ => Lasts::Yes,
        };
    }

    /// Whether it lasts as long as its client wants.
    pub(crate) fn lasts(&self) -> bool {
        !matches!(self.lasts, Lasts::No)
    }

    /// Keeps something until the body ends, or the stream after it.
    pub(crate) fn hold(&mut self, held: Held) {
        if let Some(Lasting(all)) = &self.stream {
            all.lock().expect("nobody panics with it").push(held);
            return;
        }
        let before = self.held.take();
        self.held = Some(match before {
            None => held,
            Some(before) => Box::new((before, held)),
        });
    }
}

impl From<Kind> for Body {
    fn from(kind: Kind) -> Self {
        Self { kind, held: None, stream: None, lasts: Lasts::No }
    }
}

impl std::fmt::Debug for Body {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.kind.fmt(f)
    }
}

impl From<Bytes> for Body {
    fn from(bytes: Bytes) -> Self {
        Kind::Whole(bytes).into()
    }
}

impl From<BoxBody> for Body {
    fn from(body: BoxBody) -> Self {
        Kind::Stream(body).into()
    }
}

impl From<ListBody> for Body {
    fn from(body: ListBody) -> Self {
        Kind::List(body).into()
    }
}

impl From<WatchBody> for Body {
    fn from(body: WatchBody) -> Self {
        Kind::Watch(Box::new(body)).into()
    }
}

impl http_body::Body for Body {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let next = match &mut self.kind {
            Kind::Whole(bytes) if bytes.is_empty() => None,
            Kind::Whole(bytes) => Some(std::mem::take(bytes)),
            Kind::List(list) => list.next_chunk(),
            Kind::Watch(watch) => match watch.poll_next(context) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(next) => next,
            },
            Kind::Stream(stream) => match (Pin::new(stream).poll_frame(context), &mut self.lasts) {
                (Poll::Pending, Lasts::Until(stop)) => {
                    return stop.as_mut().poll(context).map(|()| Some(Err("it stops".into())));
                }
                (polled, _) => return polled,
            },
        };
        Poll::Ready(next.map(|bytes| Ok(Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        match &self.kind {
            Kind::Whole(bytes) => bytes.is_empty(),
            Kind::List(list) => list.remaining_bytes() == 0,
            Kind::Watch(_) => false,
            Kind::Stream(stream) => stream.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.kind {
            Kind::Whole(bytes) => SizeHint::with_exact(bytes.len() as u64),
            Kind::List(list) => SizeHint::with_exact(list.remaining_bytes() as u64),
            Kind::Watch(_) => SizeHint::default(),
            Kind::Stream(stream) => stream.size_hint(),
        }
    }
}

#[cfg(test)]
mod tests;
