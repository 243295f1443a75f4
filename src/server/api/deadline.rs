//! The time a request has, whatever is on its way: identity providers, seats, its own body, webhooks, the store.
//!
//! When it is over, the request is given up like one whose client has left: what was handed to the store happens all
//! the same, what was not does not. Watches and streams last as long as their clients want.

use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

use futures::poll;
use machinery::ApiError;
use machinery::time::parse_duration;
use tokio::time::Instant;

use crate::query::Query;
use crate::record::Record;

/// Until when a request has to be answered that does not last.
#[derive(Debug, Clone, Copy)]
pub(super) struct Deadline {
    at: Instant,
    reads: bool,
}

impl Deadline {
    /// The deadline of a request whose target is known. Its client may wish for less than the server gives, not for
    /// more.
    pub(super) fn of(
        record: &Record<'_>,
        query: &Query<'_>,
        most: Duration,
    ) -> Result<Self, ApiError> {
        let time = wish(query)?.map_or(most, |wish| wish.min(most));
        Ok(Self { at: record.started + time, reads: record.is_read_only() })
    }

    /// Waits for an answer until then; what it says otherwise is that it has missed it.
    pub(super) async fn keep<T>(
        self,
        mut answered: Pin<&mut impl Future<Output = Result<T, ApiError>>>,
    ) -> Result<Result<T, ApiError>, ApiError> {
        // Most reads are answered at once, and need no timer.
        if let Poll::Ready(answer) = poll!(answered.as_mut()) {
            return Ok(answer);
        }
        tokio::time::timeout_at(self.at, answered).await.map_err(|_| self.missed())
    }

    fn missed(self) -> ApiError {
        let message = if self.reads {
            "request did not complete within the allotted timeout"
        } else {
            "request did not complete within requested timeout - context deadline exceeded"
        };
        ApiError::timeout(message, 0)
    }
}

/// How long the client would wait; zero says nothing.
fn wish(query: &Query<'_>) -> Result<Option<Duration>, ApiError> {
    let Some(text) = query.text("timeout") else { return Ok(None) };
    let nanos = parse_duration(text).map_err(|why| {
        ApiError::bad_request(format!("invalid timeout specified in the request URL - {why}"))
    })?;
    Ok(u64::try_from(nanos).ok().filter(|nanos| *nanos > 0).map(Duration::from_nanos))
}
