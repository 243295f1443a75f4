//! One direction of a stream: a bounded queue of byte chunks.
//!
//! A chunk is handed over whole when the reader asks for at least its length. Chunks below [`SMALL`] that find others
//! waiting are gathered, so that a thousand tiny writes are neither a thousand allocations nor a thousand reads.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use bytes::{Buf, Bytes, BytesMut};

use crate::stream::{Closed, ReadOutcome};
use crate::wakers::Wakers;

/// Below this, copying a chunk costs less than handing it over by itself.
const SMALL: usize = 4096;

/// Gathered chunks stop growing here: what a reader usually asks for.
const GATHERED: usize = 64 * 1024;

/// One direction of a stream.
#[derive(Debug)]
pub(crate) struct Pipe(Mutex<State>);

#[derive(Debug)]
struct State {
    chunks: VecDeque<Bytes>,
    /// Small chunks written last, gathered; they follow `chunks`.
    tail: BytesMut,
    queued: usize,
    window: usize,
    writer: Writing,
    reader: Reading,
    /// Bytes were thrown away that nobody read.
    discarded: bool,
    readers: Wakers,
    writers: Wakers,
}

/// What the writing side has done; it never goes back to an earlier variant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd)]
enum Writing {
    /// More may come.
    Open,
    /// Nothing follows what is queued.
    Finished,
    /// The connection broke after what is queued.
    Reset,
}

/// What the reading side has done; it never goes back to an earlier variant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd)]
enum Reading {
    /// It may read.
    Open,
    /// It still writes, but reads no more: bytes are accepted and thrown away.
    Discarding,
    /// Its socket is closed.
    Closed,
}

impl Pipe {
    /// An empty pipe that queues up to `window` bytes.
    pub(crate) fn new(window: usize) -> Self {
        Self(Mutex::new(State {
            chunks: VecDeque::new(),
            tail: BytesMut::new(),
            queued: 0,
            window,
            writer: Writing::Open,
            reader: Reading::Open,
            discarded: false,
            readers: Wakers::default(),
            writers: Wakers::default(),
        }))
    }

    /// How many bytes may be written now.
    pub(crate) fn permit(&self) -> Result<usize, Closed> {
        self.state().permit()
    }

    /// Queues as much of `chunk` as the window permits and returns the rest.
    pub(crate) fn write(&self, mut chunk: Bytes) -> Result<Bytes, Closed> {
        let mut state = self.state();
        let permit = state.permit()?;
        let rest = chunk.split_off(permit.min(chunk.len()));
        if chunk.is_empty() {
            return Ok(rest);
        }
        if state.reader == Reading::Discarding {
            state.discarded = true;
            return Ok(rest);
        }
        state.queued += chunk.len();
        state.push(chunk);
        let wakers = state.readers.take();
        drop(state);
        wakers.wake();
        Ok(rest)
    }

    /// Takes the next bytes, up to `max` of them.
    pub(crate) fn read(&self, max: usize) -> ReadOutcome {
        if max == 0 {
            return ReadOutcome::Data(Bytes::new());
        }
        let mut state = self.state();
        let Some(chunk) = state.pop(max) else { return state.end() };
        let wakers = state.taken(chunk.len());
        drop(state);
        wakers.wake();
        ReadOutcome::Data(chunk)
    }

    /// Copies the next bytes into `buffer`; the outcome's data is empty, their number comes beside it.
    pub(crate) fn read_into(&self, buffer: &mut [u8]) -> Result<usize, ReadOutcome> {
        if buffer.is_empty() {
            return Ok(0);
        }
        let mut state = self.state();
        let filled = state.copy_out(buffer);
        if filled == 0 {
            return Err(state.end());
        }
        let wakers = state.taken(filled);
        drop(state);
        wakers.wake();
        Ok(filled)
    }

    /// Ready when a read would give anything but [`ReadOutcome::Empty`].
    pub(crate) fn poll_readable(&self, cx: &Context<'_>) -> Poll<()> {
        let mut state = self.state();
        if state.queued > 0 || state.writer != Writing::Open || state.reader != Reading::Open {
            return Poll::Ready(());
        }
        state.readers.register(cx);
        Poll::Pending
    }

    /// Ready when [`Self::permit`] is an error or not zero.
    pub(crate) fn poll_writable(&self, cx: &Context<'_>) -> Poll<()> {
        let mut state = self.state();
        if state.permit() != Ok(0) {
            return Poll::Ready(());
        }
        state.writers.register(cx);
        Poll::Pending
    }

    /// The writer has written its last byte.
    pub(crate) fn finish(&self) {
        self.change(|state| {
            if state.writer == Writing::Open {
                state.writer = Writing::Finished;
            }
        });
    }

    /// The connection breaks; what is queued can still be read.
    pub(crate) fn reset(&self) {
        self.change(|state| state.writer = Writing::Reset);
    }

    /// The reader reads no more.
    pub(crate) fn stop_reading(&self) {
        self.change(|state| {
            state.discard();
            state.reader = state.reader.max_with(Reading::Discarding);
        });
    }

    /// The reader's socket is closed; true when bytes were thrown away that nobody read.
    pub(crate) fn close_reading(&self) -> bool {
        self.change(|state| {
            state.discard();
            state.reader = Reading::Closed;
            state.discarded
        })
    }

    fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let mut state = self.state();
        let result = change(&mut state);
        let (readers, writers) = (state.readers.take(), state.writers.take());
        drop(state);
        readers.wake();
        writers.wake();
        result
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // No code that can panic runs between two changes that belong together.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Reading {
    fn max_with(self, other: Self) -> Self {
        if self < other { other } else { self }
    }
}

impl State {
    fn permit(&self) -> Result<usize, Closed> {
        match (self.writer, self.reader) {
            (Writing::Finished, _) => Err(Closed::Shutdown),
            (Writing::Reset, _) | (_, Reading::Closed) => Err(Closed::Reset),
            (Writing::Open, _) => Ok(self.window - self.queued),
        }
    }

    fn push(&mut self, chunk: Bytes) {
        if chunk.len() >= SMALL {
            self.flush_tail();
            self.chunks.push_back(chunk);
            return;
        }
        if self.tail.is_empty() {
            match self.chunks.back() {
                None => return self.chunks.push_back(chunk),
                Some(last) if last.len() < SMALL => {
                    let last = self.chunks.pop_back().expect("it was there a line ago");
                    self.tail.reserve(SMALL);
                    self.tail.extend_from_slice(&last);
                }
                Some(_) => (),
            }
        }
        self.tail.extend_from_slice(&chunk);
        if self.tail.len() >= GATHERED {
            self.flush_tail();
        }
    }

    fn flush_tail(&mut self) {
        if !self.tail.is_empty() {
            self.chunks.push_back(std::mem::take(&mut self.tail).freeze());
        }
    }

    fn pop(&mut self, max: usize) -> Option<Bytes> {
        if self.chunks.is_empty() {
            self.flush_tail();
        }
        let front = self.chunks.front_mut()?;
        if front.len() <= max { self.chunks.pop_front() } else { Some(front.split_to(max)) }
    }

    fn copy_out(&mut self, buffer: &mut [u8]) -> usize {
        let mut filled = 0;
        while filled < buffer.len() {
            if self.chunks.is_empty() {
                self.flush_tail();
            }
            let Some(front) = self.chunks.front_mut() else { break };
            let count = front.len().min(buffer.len() - filled);
            front.copy_to_slice(&mut buffer[filled..filled + count]);
            filled += count;
            if front.is_empty() {
                self.chunks.pop_front();
            }
        }
        filled
    }

    /// Accounts for bytes that were read; the writers to wake when half of the window is free.
    fn taken(&mut self, count: usize) -> Wakers {
        self.queued -= count;
        if self.queued * 2 <= self.window { self.writers.take() } else { Wakers::default() }
    }

    fn end(&self) -> ReadOutcome {
        match (self.writer, self.reader) {
            (Writing::Reset, _) => ReadOutcome::Reset,
            (Writing::Open, Reading::Open) => ReadOutcome::Empty,
            _ => ReadOutcome::Eof,
        }
    }

    fn discard(&mut self) {
        self.discarded |= self.queued > 0;
        self.chunks = VecDeque::new();
        self.tail = BytesMut::new();
        self.queued = 0;
    }
}

#[cfg(test)]
mod tests;
