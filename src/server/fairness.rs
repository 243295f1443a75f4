//! Priority and fairness: no client can take the server away from the others.
//!
//! A request belongs to the first `FlowSchema` that matches it, and with that to a priority level. Levels share
//! the server's seats; within a level, flows wait in queues that are served in turn. Read [`plan`] for which
//! request goes where, [`seats`] for who may start, and [`queues`] for who waits behind whom. What is exempt
//! passes without a lock.

mod defaults;
mod plan;
mod queues;
mod reconcile;
mod rules;
mod seats;
mod width;

use std::sync::{Arc, RwLock, RwLockReadGuard};
use std::time::Duration;

use base::{Metrics, Sort};
use http::HeaderValue;
use http::header::HeaderName;
use machinery::ApiError;
use tokio::time::Instant;

pub(crate) use reconcile::{reconcile, start};
pub(crate) use rules::Request;
pub(crate) use seats::Seat;
pub(crate) use width::width;

use crate::catalog::Catalog;
use plan::{Counts, Planner, Schema};
use seats::{Room, Seats};

/// How long a request may wait for its turn, as in Kubernetes: a quarter of the minute after which it would end.
const WAIT_MAX: Duration = Duration::from_secs(15);
/// What a client that finds no place should wait.
const RETRY_SECONDS: u32 = 1;

/// The header that names the schema of a request.
const SCHEMA_UID: HeaderName = HeaderName::from_static("x-kubernetes-pf-flowschema-uid");
/// The header that names its level.
const LEVEL_UID: HeaderName = HeaderName::from_static("x-kubernetes-pf-prioritylevel-uid");

/// Decides when requests start.
#[derive(Debug)]
pub(crate) struct Fairness {
    planner: RwLock<Planner>,
    seats: Seats,
}

/// Where a request belongs, to be told to its client.
#[derive(Debug, Clone)]
pub(crate) struct Flow {
    schema: HeaderValue,
    level: HeaderValue,
}

impl Flow {
    pub(crate) fn write(self, headers: &mut http::HeaderMap) {
        headers.insert(SCHEMA_UID, self.schema);
        headers.insert(LEVEL_UID, self.level);
    }
}

/// What a request belongs to.
#[derive(Debug)]
pub(crate) struct Class {
    schema: Arc<Schema>,
    lot: u64,
}

/// A request that has started.
#[derive(Debug)]
pub(crate) struct Executing {
    schema: Arc<Schema>,
    watches: bool,
    started: Instant,
}

impl Drop for Executing {
    fn drop(&mut self) {
        let counts = &self.schema.counts;
        let took = if self.watches { &counts.begun } else { &counts.executed };
        took.observe_duration(self.started.elapsed());
    }
}

impl Class {
    /// Measures the time until the guard is dropped: how long the request takes, or its watch to begin.
    pub(crate) fn execute(&self, watches: bool) -> Executing {
        Executing { schema: Arc::clone(&self.schema), watches, started: Instant::now() }
    }

    /// What the answer says of it.
    pub(crate) fn flow(&self) -> Flow {
        self.schema.flow.clone()
    }
}

impl Fairness {
    /// Shares this many seats.
    pub(crate) fn new(catalog: &Catalog, seats: u32, metrics: &Metrics) -> Self {
        let counts = Counts::new(metrics);
        let seats = Seats::new(seats);
        let shown = seats.clone();
        metrics.computed(
            "apiserver_flowcontrol_current_executing_seats",
            "Seats taken, by priority level.",
            Sort::Gauge,
            &["priority_level"],
            move || shown.samples(|usage| usage.busy),
        );
        let shown = seats.clone();
        metrics.computed(
            "apiserver_flowcontrol_current_inqueue_seats",
            "Seats waited for, by priority level.",
            Sort::Gauge,
            &["priority_level"],
            move || shown.samples(|usage| usage.waiting),
        );
        let shown = seats.clone();
        metrics.computed(
            "apiserver_flowcontrol_nominal_limit_seats",
            "Seats that belong to a priority level.",
            Sort::Gauge,
            &["priority_level"],
            move || shown.samples(|usage| usage.nominal),
        );
        Self { planner: RwLock::new(Planner::new(catalog, counts)), seats }
    }

    /// Finds what a request belongs to. Kubernetes does so before it asks whether the user may: a refusal says it too.
    pub(crate) fn classify(&self, request: &Request<'_>) -> Class {
        let planner = self.planner();
        let schema = Arc::clone(planner.plan().classify(request));
        let lot = schema.lot(request);
        Class { schema, lot }
    }

    /// Waits until a request may start. The seat is its until it is dropped; what is exempt needs none.
    pub(crate) async fn admit(
        &self,
        class: &Class,
        width: impl FnOnce() -> u32,
    ) -> Result<Option<Seat>, ApiError> {
        let (schema, lot) = (&class.schema, class.lot);
        let Some(level) = schema.level else {
            schema.counts.dispatched.inc();
            return Ok(None);
        };
        let started = Instant::now();
        let outcome = match self.seats.take(level, lot, width()) {
            Room::Free(seat) => Ok(seat),
            Room::Full => Err("concurrency-limit"),
            Room::QueueFull => Err("queue-full"),
            Room::Later(ticket) => {
                let turn = tokio::time::timeout(WAIT_MAX, ticket.turn()).await;
                schema.counts.waited.observe_duration(started.elapsed());
                turn.map_err(|_| "time-out")
            }
        };
        match outcome {
            Ok(seat) => {
                schema.counts.dispatched.inc();
                Ok(Some(seat))
            }
            Err(reason) => {
                schema.counts.rejected(reason);
                let message = "the server has received too many requests and has asked us to try \
                               again later";
                Err(ApiError::too_many_requests(message, RETRY_SECONDS))
            }
        }
    }

    /// The plan, in step with everything that was written before this call.
    fn planner(&self) -> RwLockReadGuard<'_, Planner> {
        let planner = self.planner.read().expect("nothing panics while it holds the plan");
        if !planner.is_behind() {
            return planner;
        }
        drop(planner);
        self.planner.write().expect("nothing panics while it holds the plan").catch_up(&self.seats);
        self.planner.read().expect("nothing panics while it holds the plan")
    }
}

#[cfg(test)]
mod tests;
