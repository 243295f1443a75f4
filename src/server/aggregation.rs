//! Groups and versions that other API servers have: they look as if they were this server's own.
//!
//! An `APIService` that names a Service is a [`Route`]. Its requests are passed on with the user in headers, over TLS
//! with a certificate by which the other server knows who speaks; whether it can be reached is looked at again and
//! again, and what it has is merged into discovery. Every group and version of this server has an `APIService`, too,
//! for clients that want to know.

mod forward;
mod keep;
mod look;
mod merge;
mod priorities;
mod route;
mod status;

use std::sync::Arc;

use arc_swap::ArcSwap;
use base::{Counter, Family, Metrics, Sample, Sort, Tasks};
use machinery::ApiError;

use crate::authenticate::ProxyHeaders;
use crate::identity::User;
use crate::outgoing::{ClientCertificate, Outgoing};
use crate::pki::Pki;
use crate::room::{Room, Share};

pub(crate) use keep::{make_local, start};
pub(crate) use merge::Merge;
pub(crate) use route::Route;

/// Connections that have become streams, and bodies of any length, as for streams to pods.
const STREAMS_MAX: usize = 1_024;
/// Those of one user, as there.
const STREAMS_OF_ONE_MAX: usize = 256;
/// What a client that finds no room should wait.
const FULL_RETRY_SECONDS: u32 = 5;

/// The other API servers.
#[derive(Debug)]
pub(crate) struct Aggregation {
    routes: Arc<ArcSwap<Vec<Arc<Route>>>>,
    /// Counts the times a server went away.
    lost: Family<Counter>,
    outgoing: Arc<Outgoing>,
    certificate: ClientCertificate,
    tasks: Tasks,
    streams: Room,
    /// What only this server may tell the others.
    proxy_headers: Arc<ProxyHeaders>,
}

impl Aggregation {
    pub(crate) fn new(
        outgoing: &Arc<Outgoing>,
        pki: &Pki,
        tasks: &Tasks,
        proxy_headers: &Arc<ProxyHeaders>,
        metrics: &Metrics,
    ) -> Self {
        let routes = Arc::<ArcSwap<Vec<Arc<Route>>>>::default();
        let shown = Arc::downgrade(&routes);
        metrics.computed(
            "aggregator_unavailable_apiservice",
            "Whether another API server cannot be reached, by APIService.",
            Sort::Gauge,
            &["name"],
            move || shown.upgrade().map(|routes| samples(&routes.load())).unwrap_or_default(),
        );
        Self {
            routes,
            lost: metrics.counters(
                "aggregator_unavailable_apiservice_total",
                "How often another API server could not be reached any more, by APIService and reason.",
                &["name", "reason"],
            ),
            outgoing: Arc::clone(outgoing),
            certificate: ClientCertificate::Current(pki.proxy_client()),
            tasks: tasks.clone(),
            streams: Room::new(STREAMS_MAX, STREAMS_OF_ONE_MAX),
            proxy_headers: Arc::clone(proxy_headers),
        }
    }

    /// The server that has this path, or the document about it; most clusters have none, and pay one comparison.
    pub(crate) fn route(&self, path: &str) -> Option<Arc<Route>> {
        let routes = self.routes.load();
        if routes.is_empty() {
            return None;
        }
        let below = path.strip_prefix("/openapi/v3").unwrap_or(path);
        let mut parts = below.strip_prefix("/apis/")?.split('/');
        let (group, version) = (parts.next()?, parts.next()?);
        routes.iter().find(|route| route.group == group && route.version == version).cloned()
    }

    /// All of them, for discovery.
    pub(crate) fn merge(&self) -> Merge {
        Merge::new(self.routes.load_full())
    }

    /// A place among the streams.
    pub(crate) fn share(&self, user: &User) -> Result<Share, ApiError> {
        self.streams.try_take(&user.name).ok_or_else(|| {
            ApiError::too_many_requests("too many streams are open", FULL_RETRY_SECONDS)
        })
    }
}

/// Those that have been looked at.
fn samples(routes: &[Arc<Route>]) -> Vec<Sample> {
    let seen = routes.iter().filter(|route| route.known().verdict.is_some());
    seen.map(|route| (vec![route.name.clone()], f64::from(u8::from(!route.is_available()))))
        .collect()
}

#[cfg(test)]
mod tests;
