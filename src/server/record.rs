//! What becomes known of a request while it is answered, for those who count it and write it down.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use http::HeaderValue;
use http::request::Parts;
use tokio::time::Instant;

use crate::audit::Audited;
use crate::fairness::Flow;
use crate::identity::Identity;
use crate::request::{Target, Verb};
use crate::streaming;

/// One request so far.
#[derive(Debug)]
pub(crate) struct Record<'a> {
    pub(crate) parts: &'a Parts,
    /// What a user can quote.
    pub(crate) id: &'a HeaderValue,
    /// Where it comes from, where somebody wants to know.
    pub(crate) address: Option<IpAddr>,
    pub(crate) started: Instant,
    /// The resource asked for; absent while the path is not read, and for paths that are no resource's.
    pub(crate) target: Option<Target<'a>>,
    pub(crate) dry_run: bool,
    /// Whether the server ended it early for its own sake.
    pub(crate) terminated: bool,
    /// Who asks; absent until that is known.
    pub(crate) caller: Option<Arc<Identity>>,
    /// Whom the caller acts as: itself, mostly.
    pub(crate) acting: Option<Arc<Identity>>,
    /// Which requests it waits with.
    pub(crate) flow: Option<Flow>,
    /// What is written down of it.
    pub(crate) audited: Option<Audited>,
}

/// Where a request comes from, as an extension of it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Address(pub(crate) IpAddr);

impl<'a> Record<'a> {
    pub(crate) fn new(parts: &'a Parts, id: &'a HeaderValue) -> Self {
        let started = Instant::now();
        Self {
            parts,
            id,
            address: parts.extensions.get::<Address>().map(|address| address.0),
            started,
            target: None,
            dry_run: false,
            terminated: false,
            caller: None,
            acting: None,
            flow: None,
            audited: None,
        }
    }

    pub(crate) fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    /// Whether the answer lasts as long as its client wants.
    pub(crate) fn is_long_running(&self) -> bool {
        self.target.as_ref().is_some_and(is_long_running)
    }

    /// Whether it lasts as long as whoever answers likes, and not only as its client does.
    pub(crate) fn is_stream(&self) -> bool {
        self.target
            .as_ref()
            .is_some_and(|target| is_long_running(target) && target.verb != Verb::Watch)
    }

    /// Whether it only reads.
    pub(crate) fn is_read_only(&self) -> bool {
        match &self.target {
            Some(target) => matches!(target.verb, Verb::Get | Verb::List | Verb::Watch),
            None => true,
        }
    }
}

/// Whether requests like this are watches or streams.
pub(crate) fn is_long_running(target: &Target<'_>) -> bool {
    target.verb == Verb::Watch || target.subresource == Some("log") || streaming::is_stream(target)
}
