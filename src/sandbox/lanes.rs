//! The threads guests run on: one runtime for guests that answer, one of low priority for guests that compute.
//!
//! A guest that computes yields at every tick, but goes to the back of the queue, so that on a shared runtime every
//! other guest waits a tick for each of them. A guest that used up [`HOG_TURNS`] ticks in a row is therefore moved,
//! future and all, to threads that the operating system runs only when the others sleep, and moved back when it waits.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use base::CancellationToken;
use tokio::runtime::{Builder, Handle, Runtime};
use tracing::debug;

use crate::cpu::{Meter, Turn, poll_metered};
use crate::priority;
use crate::pulse::Pulse;

/// Ticks in a row after which a guest counts as computing. Five milliseconds are a long answer and a short computation.
const HOG_TURNS: u32 = 5;

/// Priority of the computing threads: they get about a thirtieth of a contended core, and all of an idle one.
const NICE: i32 = 15;

/// A future that runs a guest.
pub(crate) type GuestFuture<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// The two runtimes.
#[derive(Debug)]
pub(crate) struct Lanes {
    answering: Option<Runtime>,
    computing: Option<Runtime>,
}

impl Lanes {
    /// Starts `threads` threads for each lane.
    pub(crate) fn new(threads: usize, pulse: &Arc<Pulse>) -> std::io::Result<Arc<Self>> {
        let (one, other) = (Arc::clone(pulse), Arc::clone(pulse));
        let answering = runtime(threads, "guest").on_thread_start(move || one.join()).build()?;
        let mut computing = runtime(threads, "guest compute");
        computing.on_thread_start(move || {
            other.join();
            priority::lower(NICE);
        });
        let computing = computing.build()?;
        Ok(Arc::new(Self { answering: Some(answering), computing: Some(computing) }))
    }

    /// The runtime for everything around guests, such as accepting connections.
    pub(crate) fn answering(&self) -> &Handle {
        self.answering.as_ref().expect("the runtimes live as long as the lanes").handle()
    }

    fn computing(&self) -> &Handle {
        self.computing.as_ref().expect("the runtimes live as long as the lanes").handle()
    }

    /// Runs `guest` until it ends, or until `kill` is cancelled and it is dropped; then calls `finish` with its result
    /// or nothing. `finish` runs even when the guest's host code panics.
    pub(crate) fn run<T: Send + 'static>(
        self: &Arc<Self>,
        guest: GuestFuture<T>,
        meter: Arc<Meter>,
        kill: CancellationToken,
        finish: impl FnOnce(Option<T>) + Send + 'static,
    ) {
        let ride = Ride { guest, meter, kill, finish: Finish(Some(Box::new(finish))) };
        self.board(ride, Lane::Answering);
    }

    fn board<T: Send + 'static>(self: &Arc<Self>, mut ride: Ride<T>, lane: Lane) {
        let handle = match lane {
            Lane::Answering => self.answering(),
            Lane::Computing => self.computing(),
        };
        let lanes = Arc::downgrade(self);
        handle.spawn(async move {
            let kill = ride.kill.clone();
            let leg = Leg { guest: &mut ride.guest, meter: &ride.meter, lane, turns: 0 };
            let outcome = tokio::select! { biased;
                () = kill.cancelled() => None,
                outcome = leg => Some(outcome),
            };
            match outcome {
                Some(Departure::Change(lane)) => {
                    debug!(?lane, "a guest changes its threads");
                    if let Some(lanes) = lanes.upgrade() {
                        lanes.board(ride, lane);
                    }
                }
                Some(Departure::Ended(value)) => ride.end(Some(value)),
                None => ride.end(None),
            }
        });
    }
}

impl Drop for Lanes {
    fn drop(&mut self) {
        for runtime in [self.answering.take(), self.computing.take()].into_iter().flatten() {
            // The last owner may be a task, in which waiting for threads is forbidden.
            runtime.shutdown_background();
        }
    }
}

fn runtime(threads: usize, name: &str) -> Builder {
    let mut builder = Builder::new_multi_thread();
    builder.worker_threads(threads.max(1)).thread_name(name).enable_all();
    builder
}

/// Which runtime a guest is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lane {
    Answering,
    Computing,
}

/// A guest and what belongs to it, wherever it runs.
struct Ride<T> {
    guest: GuestFuture<T>,
    meter: Arc<Meter>,
    kill: CancellationToken,
    finish: Finish<T>,
}

impl<T> Ride<T> {
    /// Gives everything the guest holds back before anybody hears that it has ended.
    fn end(self, value: Option<T>) {
        let Self { guest, mut finish, .. } = self;
        drop(guest);
        finish.call(value);
    }
}

/// Calls its function once, at the latest when dropped.
struct Finish<T>(Option<Box<dyn FnOnce(Option<T>) + Send>>);

impl<T> Finish<T> {
    fn call(&mut self, value: Option<T>) {
        if let Some(finish) = self.0.take() {
            finish(value);
        }
    }
}

impl<T> Drop for Finish<T> {
    fn drop(&mut self) {
        self.call(None);
    }
}

/// Why a guest leaves its runtime.
enum Departure<T> {
    Ended(T),
    Change(Lane),
}

/// A guest's stay on one runtime.
struct Leg<'a, T> {
    guest: &'a mut GuestFuture<T>,
    meter: &'a Meter,
    lane: Lane,
    turns: u32,
}

impl<T> Future for Leg<'_, T> {
    type Output = Departure<T>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Departure<T>> {
        let leg = &mut *self;
        let (outcome, turn) = poll_metered(leg.guest.as_mut(), leg.meter, context);
        if let Poll::Ready(value) = outcome {
            return Poll::Ready(Departure::Ended(value));
        }
        leg.turns = if turn == Turn::Computing { leg.turns + 1 } else { 0 };
        match leg.lane {
            Lane::Answering if leg.turns >= HOG_TURNS => {
                Poll::Ready(Departure::Change(Lane::Computing))
            }
            Lane::Computing if turn == Turn::Waiting => {
                Poll::Ready(Departure::Change(Lane::Answering))
            }
            _ => Poll::Pending,
        }
    }
}
