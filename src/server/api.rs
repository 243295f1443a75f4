//! One request from its first byte to its answer.

mod bodies;
mod objects;
mod remote;
mod streams;

use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use base::{Clock, Random};
use bytes::Bytes;
use http::request::Parts;
use http::{HeaderValue, Method, StatusCode};
use http_body_util::BodyExt;
use machinery::{ApiError, Reason};
use tracing::{debug, error};

use bodies::{Bodies, RequestBody};

use crate::admission::Ledger;
use crate::aggregation::Aggregation;
use crate::allocate::Allocators;
use crate::authenticate::{Authenticators, Peer};
use crate::authorize::{self, Authorizer};
use crate::cache::{Cache, CacheProgress, Listener};
use crate::catalog::Catalog;
use crate::definitions::Definitions;
use crate::fairness::{self, Class, Fairness, Seat};
use crate::health::Health;
use crate::identity::Identity;
use crate::metrics::ServerMetrics;
use crate::negotiate::Form;
use crate::outgoing::Outgoing;
use crate::pki::Pki;
use crate::query::Query;
use crate::record::Record;
use crate::registry::Registry;
use crate::request::{self, Target};
use crate::respond::{self, AUDIT_ID, Answer};
use crate::streaming::Streaming;
use crate::usage::Meter;
use crate::{BoxError, Config, Error, NodeTransport, Version, discovery, issuer, openapi};

/// Everything a request needs.
#[derive(Debug)]
pub(crate) struct Api {
    clock: Clock,
    random: Random,
    version: Version,
    authorizer: Arc<Authorizer>,
    registry: Registry,
    authenticators: Authenticators,
    /// Where clients find the keys of service-account tokens.
    keys_uri: String,
    definitions: Definitions,
    nodes: Arc<dyn NodeTransport>,
    streaming: Streaming,
    outgoing: Arc<Outgoing>,
    aggregation: Aggregation,
    usage: Meter,
    fairness: Fairness,
    metrics: ServerMetrics,
    health: Health,
    bodies: Bodies,
    /// The first half of request ids; the second counts.
    audit_prefix: u64,
    audit_count: AtomicU64,
}

impl Api {
    /// Fills the cache from the store.
    pub(crate) async fn start(
        config: &Config,
        pki: &Pki,
        address: SocketAddr,
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
        cache.start(Arc::clone(&config.store), &config.tasks).await?;
        let authorizer = Arc::new(Authorizer::new(&catalog));
        let outgoing = Arc::new(Outgoing::new(
            Arc::clone(&catalog),
            Arc::clone(&config.nodes),
            config.tasks.clone(),
            config.random.clone(),
        ));
        let metrics = ServerMetrics::new(&config.metrics, &catalog, &config.clock);
        let fairness = Fairness::new(&catalog, config.operations.seats, &config.metrics);
        let health = Health::new(Arc::clone(&config.store), Arc::clone(&cache));
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
            ),
            definitions: Definitions::default(),
            authorizer,
            nodes: Arc::clone(&config.nodes),
            streaming: Streaming::new(
                Arc::clone(&config.nodes),
                config.tasks.clone(),
                config.random.clone(),
                Arc::clone(&outgoing),
            ),
            aggregation: Aggregation::new(&outgoing, pki, &config.tasks),
            outgoing,
            usage: Meter::new(config.clock.clone(), Arc::clone(&config.nodes)),
            fairness,
            metrics,
            health,
            bodies: Bodies::new(),
            audit_prefix: config.random.u64(),
            audit_count: AtomicU64::new(0),
        }))
    }

    pub(crate) fn registry(&self) -> &Registry {
        &self.registry
    }

    pub(crate) fn definitions(&self) -> &Definitions {
        &self.definitions
    }

    pub(crate) fn authorizer(&self) -> &Authorizer {
        &self.authorizer
    }

    pub(crate) fn authenticators(&self) -> &Authenticators {
        &self.authenticators
    }

    /// The other API servers.
    pub(crate) fn aggregation(&self) -> &Aggregation {
        &self.aggregation
    }

    /// Calls whatever is not this server.
    #[cfg_attr(
        not(test),
        expect(dead_code, reason = "for aggregation and webhooks of other sorts")
    )]
    pub(crate) fn outgoing(&self) -> &Arc<Outgoing> {
        &self.outgoing
    }

    /// Decides when requests start.
    #[cfg(test)]
    pub(crate) fn fairness(&self) -> &Fairness {
        &self.fairness
    }

    /// Whether the server lives, is ready, and is on its way out.
    pub(crate) fn health(&self) -> &Health {
        &self.health
    }

    /// Answers a request; `peer` is what the transport knows of the other end.
    pub(crate) fn handle<B>(
        self: Arc<Self>,
        request: http::Request<B>,
        peer: Peer,
    ) -> Pin<Box<dyn Future<Output = Answer> + Send>>
    where
        B: http_body::Body<Data = Bytes> + Send + 'static,
        B::Error: Into<BoxError>,
    {
        let (parts, body) = request.into_parts();
        let body = match parts.method {
            Method::GET | Method::HEAD => None,
            _ if body.is_end_stream() => None,
            _ => Some(RequestBody::new(body.map_err(|error| -> BoxError { error.into() }))),
        };
        Box::pin(async move { self.complete(parts, body, peer).await })
    }

    async fn complete(&self, parts: Parts, body: Option<RequestBody>, peer: Peer) -> Answer {
        let id = self.audit_id();
        let mut record = Record::new(&parts);
        let mut answer = self.answer(&mut record, body, &peer).await.unwrap_or_else(|error| {
            log_failure(&parts, &id, &error);
            respond::failure(&error)
        });
        if let Some(flow) = record.flow.take() {
            flow.write(answer.headers_mut());
        }
        self.metrics.finish(&record, self.registry.catalog(), &mut answer);
        answer.headers_mut().insert(AUDIT_ID, id);
        answer
    }

    async fn answer(
        &self,
        record: &mut Record<'_>,
        body: Option<RequestBody>,
        peer: &Peer,
    ) -> Result<Answer, ApiError> {
        let parts = record.parts;
        let path = parts.uri.path();
        if let Some(route) = self.aggregation.route(path) {
            return self.answer_remote(&route, record, body, peer).await;
        }
        let query = Query::parse(parts.uri.query())?;
        let target = request::parse(&parts.method, path, &query)?;
        record.target.clone_from(&target);
        record.dry_run = query.text("dryRun").is_some();
        let identity = self.identify(record, peer).await?;
        let Some(target) = target else {
            let class = self.classify(record, None, &identity);
            let _seat = self.seat(&class, None, &query).await?;
            return self.answer_path(parts, &query, &identity).await;
        };
        let class = self.classify(record, Some(&target), &identity);
        self.allow(&identity, &target, &query)?;
        // Nobody's body is held who may not send one, and nobody has a seat while it is on its way.
        let body = self.bodies.read(body).await?;
        let _seat = self.seat(&class, Some(&target), &query).await?;
        let _under_way = (!record.is_long_running()).then(|| self.metrics.begin(record));
        self.answer_object(parts, &query, &target, &identity, body.bytes.clone()).await
    }

    /// Finds out who asks, and as whom.
    async fn identify(
        &self,
        record: &mut Record<'_>,
        peer: &Peer,
    ) -> Result<Arc<Identity>, ApiError> {
        let parts = record.parts;
        let caller = self.authenticators.authenticate(&parts.headers, peer).await;
        self.metrics.authenticated(caller.is_ok());
        let caller = record.caller.insert(caller?);
        let identity =
            authorize::impersonate(&self.authorizer, &parts.headers, Arc::clone(caller))?;
        record.acting = Some(Arc::clone(&identity));
        Ok(identity)
    }

    /// Refuses a request that the user may not make.
    fn allow(
        &self,
        identity: &Identity,
        target: &Target<'_>,
        query: &Query<'_>,
    ) -> Result<(), ApiError> {
        let allowed = self.authorizer.authorize(identity, target, query);
        self.metrics.authorized(allowed.is_ok());
        allowed
    }

    /// Paths that are no resource's.
    async fn answer_path(
        &self,
        parts: &Parts,
        query: &Query<'_>,
        identity: &Identity,
    ) -> Result<Answer, ApiError> {
        let path = parts.uri.path();
        let verb = parts.method.as_str().to_ascii_lowercase();
        self.authorizer.authorize_path(identity, &verb, path)?;
        if !matches!(parts.method, Method::GET | Method::HEAD) {
            return Err(ApiError::new(
                Reason::MethodNotAllowed,
                "the server does not allow this method on the requested resource",
            ));
        }
        if let Some(answer) = self.health.respond(path, query).await {
            return answer;
        }
        if path == "/metrics" {
            return Ok(self.metrics.respond());
        }
        if path == "/version" || path == "/version/" {
            let form = Form { pretty: true, ..Form::default() };
            return respond::document(StatusCode::OK, form, &self.version.to_value());
        }
        let catalog = self.registry.catalog();
        let others = self.aggregation.merge();
        discovery::respond(catalog, &others, path, query, &parts.headers)
            .or_else(|| openapi::respond(catalog, &others, path, query, &parts.headers))
            .or_else(|| issuer::respond(self.authenticators.tokens(), &self.keys_uri, path))
            .unwrap_or_else(|| Err(ApiError::unknown_path()))
    }

    /// Finds out behind whom a request waits.
    fn classify(
        &self,
        record: &mut Record<'_>,
        target: Option<&Target<'_>>,
        identity: &Identity,
    ) -> Class {
        let parts = record.parts;
        let (user, path) = (&identity.user, parts.uri.path());
        let request = fairness::Request { user, target, method: &parts.method, path };
        let class = self.fairness.classify(&request);
        record.flow = Some(class.flow());
        class
    }

    /// A place among the requests under way. Watches and streams have it until they begin.
    async fn seat(
        &self,
        class: &Class,
        target: Option<&Target<'_>>,
        query: &Query<'_>,
    ) -> Result<Option<Seat>, ApiError> {
        let catalog = self.registry.catalog();
        let width = || target.map_or(1, |target| fairness::width(catalog, target, query));
        self.fairness.admit(class, width).await
    }

    /// An id a user can quote; unique, not secret.
    fn audit_id(&self) -> HeaderValue {
        let count = self.audit_count.fetch_add(1, Ordering::Relaxed);
        let bits =
            (u128::from(self.audit_prefix) << 64 | u128::from(count)) & !(0xf << 76) & !(0x3 << 62)
                | (0x4 << 76)
                | (0x2 << 62);
        // As text, a version 4 UUID (RFC 9562), written without a string of its own.
        let mut text = [b'-'; 36];
        let places = (0..36).filter(|place| ![8, 13, 18, 23].contains(place));
        for (digit, place) in places.enumerate() {
            let value = (bits >> (124 - 4 * digit)) & 0xf;
            text[place] = b"0123456789abcdef"[usize::try_from(value).unwrap_or_default()];
        }
        HeaderValue::from_bytes(&text).expect("hexadecimal digits and dashes are visible")
    }
}

fn log_failure(parts: &Parts, id: &HeaderValue, failure: &ApiError) {
    let path = parts.uri.path();
    if let Some(cause) = &failure.cause {
        error!(?id, method = %parts.method, path, %cause, "request failed");
    } else {
        debug!(?id, method = %parts.method, path, %failure, "request refused");
    }
}

#[cfg(test)]
mod tests;
