//! A stream that may be shared, since nobody can reach it through a shared reference.

use std::pin::Pin;
use std::sync::Mutex;
use std::task::{Context, Poll};

use futures::Stream;
use futures::stream::BoxStream;

/// A stream behind a lock that is never waited for: polling needs the only reference.
pub(super) struct Exclusive<T>(Mutex<BoxStream<'static, T>>);

impl<T> Exclusive<T> {
    pub(super) fn new(stream: impl Stream<Item = T> + Send + 'static) -> Self {
        Self(Mutex::new(Box::pin(stream)))
    }
}

impl<T> Stream for Exclusive<T> {
    type Item = T;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<T>> {
        let stream = self.0.get_mut().expect("nothing panics while it holds the stream");
        stream.as_mut().poll_next(context)
    }
}
