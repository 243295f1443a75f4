//! Puts together what a request needs.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use base::Tasks;

use super::bodies::Bodies;
use super::{Api, LOTS};
use crate::admission::Ledger;
use crate::aggregation::Aggregation;
use crate::allocate::Allocators;
use crate::audit::Auditor;
use crate::authenticate::{Authenticators, ProxyHeaders};
use crate::authorize::Authorizer;
use crate::backup::Backups;
use crate::cache::{Cache, CacheProgress, Listener};
use crate::catalog::Catalog;
use crate::definitions::Definitions;
use crate::encryption::Plugins;
use crate::fairness::Fairness;
use crate::health::Health;
use crate::metrics::ServerMetrics;
use crate::outgoing::Outgoing;
use crate::pki::Pki;
use crate::registry::Registry;
use crate::room::Room;
use crate::streaming::Streaming;
use crate::usage::Meter;
use crate::zpages::Zpages;
use crate::{Config, Error, issuer};

/// Watches and followed logs at a time; each holds some thirty kilobytes.
const LASTING_MAX: usize = 65_536;
/// Those of one user: the proxies of five thousand nodes share a name and have three each.
const LASTING_OF_ONE_MAX: usize = 16_384;

impl Api {
    /// Fills the cache from the store.
    pub(crate) async fn start(
        config: &Config,
        pki: &Pki,
        address: SocketAddr,
        backups: Backups,
        plugins: Option<Plugins>,
    ) -> Result<Arc<Self>, Error> {
        let progress = Arc::new(CacheProgress::default());
        let catalog = Arc::new(Catalog::new(kinds::KINDS, &progress));
        let ledger = Arc::new(Ledger::new(Arc::clone(&catalog)));
        let allocators = Allocators::new(
            Arc::clone(&catalog),
            config.service_cidr,
            config.node_ports.clone(),
            config.random.clone(),
        );
        let listeners: Vec<Arc<dyn Listener>> =
            vec![Arc::<Ledger>::clone(&ledger), Arc::new(allocators.clone())];
        let cache = Arc::new(Cache::new(catalog.load().shelves().cloned(), progress, listeners));
        cache.start(Arc::clone(&config.store), &config.foundation).await?;
        close_watches_at_stop(&config.tasks, Arc::clone(&cache));
        let outgoing = Arc::new(Outgoing::new(
            Arc::clone(&catalog),
            Arc::clone(&config.nodes),
            config.foundation.clone(),
            config.random.clone(),
        ));
        let server = pki.authority_pem();
        let authorizer = Arc::new(Authorizer::new(config, &catalog, &outgoing, server)?);
        let metrics = ServerMetrics::new(&config.metrics, &catalog, &config.clock, &config.version);
        let audit = config.operations.audit.as_ref();
        let auditor = audit
            .map(|audit| {
                let tasks = &config.foundation;
                Auditor::start(audit, &config.clock, tasks, &config.metrics, &outgoing)
            })
            .transpose()?;
        let fairness = Fairness::new(&catalog, config.operations.seats, &config.metrics);
        let proxy_headers = &config.authentication.request_header;
        let proxy_headers = Arc::new(ProxyHeaders::new(proxy_headers));
        let health = Health::new(Arc::clone(&config.store), Arc::clone(&cache), plugins);
        Ok(Arc::new(Self {
            clock: config.clock.clone(),
            random: config.random.clone(),
            version: config.version.clone(),
            authenticators: Authenticators::new(config, pki, Arc::clone(&catalog), &outgoing)?,
            keys_uri: issuer::keys_uri(config, address),
            registry: Registry::new(
                config,
                catalog,
                cache,
                ledger,
                allocators,
                Arc::clone(&authorizer),
                Arc::clone(&outgoing),
            )?,
            definitions: Definitions::default(),
            authorizer,
            nodes: Arc::clone(&config.nodes),
            streaming: Streaming::new(
                Arc::clone(&config.nodes),
                config.tasks.clone(),
                config.random.clone(),
                Arc::clone(&outgoing),
                Arc::clone(&proxy_headers),
            ),
            aggregation: Aggregation::new(
                &outgoing,
                pki,
                &config.tasks,
                &proxy_headers,
                &config.metrics,
            ),
            usage: Meter::new(config.clock.clone(), Arc::clone(&config.nodes)),
            fairness,
            metrics,
            health,
            bodies: Bodies::new(),
            request_timeout: config.operations.request_timeout,
            goaway_lots: lots(config.operations.serving.goaway_chance),
            stop: config.tasks.stop_token(),
            tasks: config.tasks.clone(),
            lasting: Room::new(LASTING_MAX, LASTING_OF_ONE_MAX),
            auditor,
            zpages: Zpages::new(config),
            backups,
            audit_prefix: config.random.u64(),
            audit_count: AtomicU64::new(0),
        }))
    }
}

/// A chance as lots.
fn lots(chance: f64) -> u64 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "a chance is between nothing and one"
    )]
    let lots = (chance.clamp(0.0, 1.0) * LOTS as f64).round() as u64;
    lots
}

/// Watches end at once when the server stops; the cache goes on for those whose writes are under way.
fn close_watches_at_stop(tasks: &Tasks, cache: Arc<Cache>) {
    tasks.spawn("watches", |stop| async move {
        stop.cancelled().await;
        cache.close_watches();
    });
}
