//! The server's own certificates while it runs: replaced long before they end, without closing a connection.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use base::Tasks;
use jiff::Timestamp;
use rustls::client::ResolvesClientCert;
use rustls::server::ResolvesServerCert;
use tokio::sync::watch;
use tracing::{error, info};

use super::current::Current;
use super::{Authority, Leaf, PROXY_CLIENT, certificate_begin};
use crate::BoxError;
use crate::identity::MASTERS;

/// Between looks at the clock at most. A machine that slept is up to date this long after it wakes.
const INTERVAL_MAX: Duration = Duration::from_hours(1);
/// The part of a certificate's life after which it is replaced: a third is left for clients that keep a copy of the
/// kubeconfig to notice.
const REPLACED_AFTER: (u32, u32) = (2, 3);
/// Looks at the clock in the life of a certificate, at least.
const LOOKS: u32 = 30;

/// The certificates that are in use, and what makes new ones.
pub(crate) struct Serving {
    authority: Authority,
    front_proxy: Authority,
    addresses: Vec<IpAddr>,
    server: Arc<Current>,
    proxy_client: Arc<Current>,
    admin: ArcSwap<Leaf>,
    made: ArcSwap<Timestamp>,
    /// How often they have been replaced.
    renewals: watch::Sender<u64>,
}

/// One of each.
struct Leaves {
    server: Leaf,
    proxy_client: Leaf,
    admin: Leaf,
}

impl Leaves {
    fn make(
        authority: &Authority,
        front_proxy: &Authority,
        addresses: &[IpAddr],
    ) -> Result<Self, BoxError> {
        Ok(Self {
            server: authority.server(addresses)?,
            proxy_client: front_proxy.client(PROXY_CLIENT, "")?,
            admin: authority.client("system:admin", MASTERS)?,
        })
    }
}

impl Serving {
    pub(super) fn new(
        authority: Authority,
        front_proxy: Authority,
        addresses: Vec<IpAddr>,
    ) -> Result<Self, BoxError> {
        let made = authority.clock.now();
        let leaves = Leaves::make(&authority, &front_proxy, &addresses)?;
        Ok(Self {
            server: Arc::new(Current::new(&leaves.server)?),
            proxy_client: Arc::new(Current::new(&leaves.proxy_client)?),
            admin: ArcSwap::from_pointee(leaves.admin),
            made: ArcSwap::from_pointee(made),
            authority,
            front_proxy,
            addresses,
            renewals: watch::channel(0).0,
        })
    }

    pub(super) fn authority(&self) -> &Authority {
        &self.authority
    }

    pub(super) fn front_proxy(&self) -> &Authority {
        &self.front_proxy
    }

    /// Shows each client the certificate of the day.
    pub(super) fn server(&self) -> Arc<dyn ResolvesServerCert> {
        Arc::<Current>::clone(&self.server)
    }

    /// Shows it to each of the other API servers.
    pub(super) fn proxy_client(&self) -> Arc<dyn ResolvesClientCert> {
        Arc::<Current>::clone(&self.proxy_client)
    }

    pub(super) fn admin(&self) -> Arc<Leaf> {
        self.admin.load_full()
    }

    /// Changes when the certificates have been replaced.
    pub(crate) fn renewals(&self) -> watch::Receiver<u64> {
        self.renewals.subscribe()
    }

    /// Between looks at the clock.
    fn interval(&self) -> Duration {
        INTERVAL_MAX.min(self.authority.validity / LOOKS)
    }

    fn is_due(&self) -> bool {
        let (part, whole) = REPLACED_AFTER;
        let age = self.authority.clock.now().duration_since(**self.made.load());
        // Made while the clock was ahead, they may not be valid yet.
        age.is_negative() || age.unsigned_abs() >= self.authority.validity * part / whole
    }

    /// Whether the authority itself was made while the clock was ahead. It is never made anew: clients rely on it.
    fn is_early(&self) -> bool {
        let begin = certificate_begin(&self.authority.pem);
        begin.is_ok_and(|begin| begin > self.authority.clock.now())
    }

    fn renew(&self) -> Result<(), BoxError> {
        let made = self.authority.clock.now();
        let leaves = Leaves::make(&self.authority, &self.front_proxy, &self.addresses)?;
        self.server.replace(&leaves.server)?;
        self.proxy_client.replace(&leaves.proxy_client)?;
        self.admin.store(Arc::new(leaves.admin));
        self.made.store(Arc::new(made));
        self.renewals.send_modify(|count| *count += 1);
        Ok(())
    }
}

/// Starts to replace them in time.
pub(crate) fn start(tasks: &Tasks, serving: Arc<Serving>) {
    tasks.spawn_until_stop("certificates", async move {
        loop {
            if serving.is_early() {
                error!("the clock is before the beginning of the cluster's authority; no client will trust it until then");
            }
            tokio::time::sleep(serving.interval()).await;
            if !serving.is_due() {
                continue;
            }
            match serving.renew() {
                Ok(()) => info!("the server's certificates have been renewed"),
                Err(error) => error!(%error, "the server's certificates cannot be renewed"),
            }
        }
    });
}

impl fmt::Debug for Serving {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Serving").field("addresses", &self.addresses).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
