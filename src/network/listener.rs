//! A listening stream socket and the connections that wait to be accepted.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use tokio::sync::Notify;

use crate::plug::Lease;
use crate::wakers::Wakers;
use crate::{Error, Stream};

/// A kernel's own bound on a backlog (`net.core.somaxconn`).
const MAX_BACKLOG: usize = 4096;

/// A listening stream socket. Dropping it resets the connections nobody accepted.
#[derive(Debug)]
pub struct Listener {
    lease: Lease,
    queue: Arc<Queue>,
}

impl Listener {
    pub(crate) fn new(lease: Lease, backlog: usize) -> Self {
        let queue = Arc::new(Queue::new(backlog));
        lease.plug().listen(&lease, &queue);
        Self { lease, queue }
    }

    /// The address it listens at.
    pub fn local(&self) -> SocketAddr {
        self.lease.local()
    }

    /// Ready when a connection waits. Once the interface is gone it never is again.
    pub fn poll_ready(&self, cx: &mut Context<'_>) -> Poll<()> {
        let mut state = self.queue.state();
        if !state.waiting.is_empty() {
            return Poll::Ready(());
        }
        state.acceptors.register(cx);
        Poll::Pending
    }

    /// The connection that waits longest, if any.
    pub fn try_accept(&self) -> Option<Stream> {
        let stream = self.queue.state().waiting.pop_front()?;
        self.queue.room.notify_one();
        Some(stream)
    }

    /// Waits for a connection; an error once the interface is gone.
    pub async fn accept(&self) -> Result<Stream, Error> {
        std::future::poll_fn(|cx| {
            if let Some(stream) = self.try_accept() {
                return Poll::Ready(Ok(stream));
            }
            if self.queue.state().closed {
                return Poll::Ready(Err(Error::NotConnected));
            }
            self.poll_ready(cx).map(|()| self.try_accept().ok_or(Error::NotConnected))
        })
        .await
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.queue.close();
    }
}

/// Connections that wait to be accepted.
#[derive(Debug)]
pub(crate) struct Queue {
    backlog: usize,
    state: Mutex<State>,
    /// Told once for each connection that leaves a queue.
    room: Notify,
}

#[derive(Debug, Default)]
struct State {
    waiting: VecDeque<Stream>,
    /// Places set aside for connections that are being made.
    reserved: usize,
    acceptors: Wakers,
    closed: bool,
}

/// Why a queue took no connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NotQueued {
    /// As many wait as may.
    Full,
    /// The listener is gone.
    Closed,
}

impl Queue {
    fn new(backlog: usize) -> Self {
        let backlog = backlog.clamp(1, MAX_BACKLOG);
        Self { backlog, state: Mutex::new(State::default()), room: Notify::new() }
    }

    /// Told when there may be room.
    pub(crate) fn room(&self) -> &Notify {
        &self.room
    }

    /// Sets a place aside for a connection.
    pub(crate) fn reserve(self: &Arc<Self>) -> Result<Reserved, NotQueued> {
        let mut state = self.state();
        if state.closed {
            return Err(NotQueued::Closed);
        }
        if state.waiting.len() + state.reserved >= self.backlog {
            return Err(NotQueued::Full);
        }
        state.reserved += 1;
        Ok(Reserved { queue: Arc::clone(self), filled: false })
    }

    /// Takes no more connections and resets those that wait.
    pub(crate) fn close(&self) {
        let (waiting, wakers) = {
            let mut state = self.state();
            state.closed = true;
            (std::mem::take(&mut state.waiting), state.acceptors.take())
        };
        for stream in waiting {
            stream.reset();
        }
        wakers.wake();
        self.room.notify_waiters();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A place in a queue, set aside until this is dropped.
#[derive(Debug)]
pub(crate) struct Reserved {
    queue: Arc<Queue>,
    filled: bool,
}

impl Reserved {
    /// Lets `stream` wait in this place; resets it when the listener has gone.
    pub(crate) fn fill(mut self, stream: Stream) -> Result<(), NotQueued> {
        let mut state = self.queue.state();
        if state.closed {
            drop(state);
            stream.reset();
            return Err(NotQueued::Closed);
        }
        state.waiting.push_back(stream);
        let wakers = state.acceptors.take();
        drop(state);
        self.filled = true;
        wakers.wake();
        Ok(())
    }
}

impl Drop for Reserved {
    fn drop(&mut self) {
        self.queue.state().reserved -= 1;
        if !self.filled {
            self.queue.room.notify_one();
        }
    }
}
