//! One request from its first byte to its answer.

mod bodies;
mod deadline;
mod lasting;
mod objects;
mod remote;
mod streams;

use std::future::Future;
use std::net::SocketAddr;
use std::panic::AssertUnwindSafe;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use base::{CancellationToken, Clock, Random, Tasks};
use bytes::Bytes;
use futures::FutureExt as _;
use http::header::EXPECT;
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use jiff::Timestamp;
use machinery::{ApiError, Reason};
use tracing::{Instrument, Span, debug, debug_span, error, warn};

use bodies::{Bodies, Sent};
use deadline::Deadline;

use crate::admission::Ledger;
use crate::aggregation::Aggregation;
use crate::allocate::Allocators;
use crate::audit::{self, Auditor};
use crate::authenticate::{Authenticators, Peer, ProxyHeaders};
use crate::authorize::{self, Action, Asked, Authorizer, Verdict};
use crate::backup::{self, Backups};
use crate::body::RequestBody;
use crate::cache::{Cache, CacheProgress, Listener};
use crate::catalog::Catalog;
use crate::definitions::Definitions;
use crate::encryption::Plugins;
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
use crate::room::{Room, Share};
use crate::streaming::{self, Streaming};
use crate::usage::Meter;
use crate::zpages::Zpages;
use crate::{BoxError, Config, Error, NodeTransport, Version, discovery, index, issuer, openapi};

/// The longest id a client may give its request, as in Kubernetes.
const OWN_ID_BYTES_MAX: usize = 64;
/// Watches and followed logs at a time; each holds some thirty kilobytes.
const LASTING_MAX: usize = 65_536;
/// Those of one user: the proxies of five thousand nodes share a name and have three each.
const LASTING_OF_ONE_MAX: usize = 16_384;
/// What a client that finds no room for another should wait.
const LASTING_RETRY_SECONDS: u32 = 5;
/// Chances are told in millionths.
const LOTS: u64 = 1_000_000;
/// After which the log speaks of a request.
const SLOW: Duration = Duration::from_secs(1);

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
    aggregation: Aggregation,
    usage: Meter,
    fairness: Fairness,
    metrics: ServerMetrics,
    health: Health,
    bodies: Bodies,
    /// How long a request may take that is no watch and no stream.
    request_timeout: Duration,
    /// How many of [`LOTS`] requests on HTTP/2 make their client open another connection.
    goaway_lots: u64,
    /// Cancelled when the server is to stop: nobody waits for what lasts.
    stop: CancellationToken,
    /// What goes on for a while after an answer.
    tasks: Tasks,
    lasting: Room,
    auditor: Option<Arc<Auditor>>,
    zpages: Zpages,
    backups: Backups,
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

    pub(crate) fn metrics(&self) -> &ServerMetrics {
        &self.metrics
    }

    /// Counts a request under a client certificate that ends then.
    pub(crate) fn note_certificate(&self, end: Timestamp) {
        let left = end.duration_since(self.clock.now());
        self.metrics.certified(left.try_into().unwrap_or_default());
    }

    /// Draws lots whether the client of a request is to open another connection.
    pub(crate) fn sends_away(&self) -> bool {
        self.goaway_lots > 0 && self.random.below(LOTS) < self.goaway_lots
    }

    /// Whether requests are written down.
    pub(crate) fn audits(&self) -> bool {
        self.auditor.is_some()
    }

    /// Writes requests down.
    #[cfg(test)]
    pub(crate) fn auditor(&self) -> Option<&Arc<Auditor>> {
        self.auditor.as_ref()
    }

    /// Makes copies of everything.
    #[cfg(test)]
    pub(crate) fn backups(&self) -> &Backups {
        &self.backups
    }

    /// Room for watches.
    #[cfg(test)]
    pub(crate) fn lasting(&self) -> &Room {
        &self.lasting
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
        let body = (!body.is_end_stream()).then(|| RequestBody::new(body));
        if self.auditor.is_some() {
            return Box::pin(audit::noting(async move { self.complete(parts, body, peer).await }));
        }
        Box::pin(async move { self.complete(parts, body, peer).await })
    }

    async fn complete(&self, parts: Parts, body: Option<RequestBody>, peer: Peer) -> Answer {
        let id = own_id(&parts.headers).unwrap_or_else(|| self.audit_id());
        let mut record = Record::new(&parts, &id);
        let outcome = {
            let answered = self.answer(&mut record, body, &peer).instrument(span(&parts, &id));
            caught(pin!(answered)).await
        };
        let mut answer = outcome.unwrap_or_else(|error| {
            log_failure(&parts, &id, &error);
            let query = Query::parse(parts.uri.query()).unwrap_or_default();
            respond::failure(&error, Form::of_failure(&parts.headers, &query))
        });
        if let Some(entry) = record.audited.take() {
            entry.finish(record.is_long_running(), &mut answer).await;
        }
        note_slow(&record, &answer);
        if let Some(flow) = record.flow.take() {
            flow.write(answer.headers_mut());
        }
        self.metrics.finish(&record, self.registry.catalog(), &mut answer);
        answer.headers_mut().insert(AUDIT_ID, id.clone());
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
        let route = self.aggregation.route(path);
        let query = Query::parse(parts.uri.query())?;
        let object = if route.is_some() { remote::object_path(path) } else { path };
        record.target = request::parse(&parts.method, object, &query)?;
        record.dry_run = query.text("dryRun").is_some();
        let deadline = (!record.is_long_running())
            .then(|| Deadline::of(record, &query, self.request_timeout))
            .transpose()?;
        let kept = {
            let answered = pin!(async {
                match route {
                    Some(route) => self.answer_remote(&route, record, &query, body, peer).await,
                    None => self.answer_own(record, &query, body, peer).await,
                }
            });
            match deadline {
                Some(deadline) => deadline.keep(answered).await,
                None => return lasting::keep(&self.stop, answered).await,
            }
        };
        kept.unwrap_or_else(|missed| {
            record.terminated = true;
            Err(missed)
        })
    }

    /// Requests for what this server has itself.
    async fn answer_own(
        &self,
        record: &mut Record<'_>,
        query: &Query<'_>,
        body: Option<RequestBody>,
        peer: &Peer,
    ) -> Result<Answer, ApiError> {
        let parts = record.parts;
        let identity = self.identify(record, peer).await?;
        let Some(target) = record.target.clone() else {
            let class = self.classify(record, None, &identity);
            let seat = self.seat(&class, None, query).await;
            let _seat = seat.inspect_err(|_| record.terminated = true)?;
            let _executing = class.execute(false);
            self.allow(record, &identity, query).await?;
            return self.answer_path(parts, query, &identity).await;
        };
        let class = self.classify(record, Some(&target), &identity);
        self.allow(record, &identity, query).await?;
        let lasting = record.is_long_running().then(|| self.last(&identity)).transpose()?;
        // Nobody's body is held who may not send one, and nobody has a seat while it is on its way.
        let sent = self.sent(&target, parts, &identity, body).await?;
        if let Some(entry) = &mut record.audited {
            entry.sent(&target, &parts.headers, &sent.bytes());
        }
        let seat = self.seat(&class, Some(&target), query).await;
        let seat = seat.inspect_err(|_| record.terminated = true)?;
        // A pod may take as long as it likes to answer, and nobody else is to wait for it.
        let _seat = seat.filter(|_| !record.is_stream());
        let _executing = (!record.is_stream()).then(|| class.execute(record.is_long_running()));
        let _under_way = (!record.is_long_running()).then(|| self.metrics.begin(record));
        let mut answer = self.answer_object(parts, query, &target, &identity, sent).await?;
        if let Some(lasting) = lasting {
            answer.body_mut().hold(Box::new(lasting));
        }
        Ok(answer)
    }

    /// What a request carries, as far as it concerns this server.
    async fn sent(
        &self,
        target: &Target<'_>,
        parts: &Parts,
        identity: &Identity,
        body: Option<RequestBody>,
    ) -> Result<Sent, ApiError> {
        let reads = matches!(parts.method, Method::GET | Method::HEAD);
        match body {
            Some(body) if streaming::passes_body(target) => {
                let asked = parts.headers.contains_key(EXPECT);
                Ok(Sent::Passing(body.read_out(&self.tasks, asked)))
            }
            Some(body) if !reads => {
                Ok(Sent::Held(self.bodies.read(&identity.user.name, Some(body)).await?))
            }
            _ => Ok(Sent::nothing()),
        }
    }

    /// A place among the requests that last.
    fn last(&self, identity: &Identity) -> Result<Share, ApiError> {
        self.lasting.try_take(&identity.user.name).ok_or_else(|| {
            ApiError::too_many_requests("too many watches are open", LASTING_RETRY_SECONDS)
        })
    }

    /// Finds out who asks, and as whom.
    async fn identify(
        &self,
        record: &mut Record<'_>,
        peer: &Peer,
    ) -> Result<Arc<Identity>, ApiError> {
        let parts = record.parts;
        let caller = self.authenticators.authenticate(parts.uri.path(), &parts.headers, peer).await;
        self.metrics.authenticated(caller.as_ref().ok().map(|caller| caller.user.name.as_str()));
        record.caller = caller.as_ref().ok().cloned();
        let identity = match caller {
            Ok(caller) => authorize::impersonate(&self.authorizer, &parts.headers, caller).await,
            Err(unknown) => Err(unknown),
        };
        record.acting = identity.as_ref().ok().cloned();
        if let Some(auditor) = &self.auditor {
            record.audited = auditor.begin(record).await?;
        }
        identity
    }

    /// Refuses a request that the user may not make; whoever audits it hears why it was allowed or refused.
    async fn allow(
        &self,
        record: &mut Record<'_>,
        identity: &Identity,
        query: &Query<'_>,
    ) -> Result<(), ApiError> {
        let verb;
        let asked = if let Some(target) = &record.target {
            Asked::Action(Action::of(target, query))
        } else {
            verb = record.parts.method.as_str().to_ascii_lowercase();
            Asked::Path { verb: &verb, path: record.parts.uri.path() }
        };
        if record.audited.is_none()
            && self.authorizer.allows_at_once(identity, &asked) == Some(true)
        {
            self.metrics.authorized(Verdict::Allow, false);
            return Ok(());
        }
        let decision = self.authorizer.decide(identity, &asked).await;
        self.metrics.authorized(decision.verdict, decision.error.is_some());
        if let Some(entry) = &mut record.audited {
            entry.decided(&decision);
        }
        match &decision.error {
            _ if decision.is_allowed() => Ok(()),
            None => Err(decision.refusal(&identity.user, &asked)),
            Some(why) => {
                let uri = record.parts.uri.path_and_query().map_or("/", |uri| uri.as_str());
                let message = format!("Internal Server Error: {uri:?}: {why}");
                Err(ApiError::new(Reason::InternalError, message))
            }
        }
    }

    /// Paths that are no resource's.
    async fn answer_path(
        &self,
        parts: &Parts,
        query: &Query<'_>,
        identity: &Identity,
    ) -> Result<Answer, ApiError> {
        let path = parts.uri.path();
        if !matches!(parts.method, Method::GET | Method::HEAD) {
            return Err(ApiError::new(
                Reason::MethodNotAllowed,
                "the server does not allow this method on the requested resource",
            ));
        }
        if let Some(answer) = self.health.respond(path, query).await {
            return answer;
        }
        if path == backup::PATH {
            return self.backups.respond(identity).await;
        }
        if path == "/metrics" {
            return Ok(self.metrics.respond());
        }
        if path == "/metrics/slis" {
            return Ok(self.health.respond_slis());
        }
        if let Some(page) = self.zpages.respond(path) {
            return Ok(page);
        }
        if path == "/version" || path == "/version/" {
            let form = Form { pretty: true, ..Form::default() };
            return respond::document(StatusCode::OK, form, &self.version.to_value());
        }
        let catalog = self.registry.catalog();
        let others = self.aggregation.merge();
        if path == "/" {
            return index::respond(catalog, &others);
        }
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

/// What panics is one request, not the server. Taken by reference: what a request holds is long, and dear to move.
async fn caught(
    answer: Pin<&mut impl Future<Output = Result<Answer, ApiError>>>,
) -> Result<Answer, ApiError> {
    AssertUnwindSafe(answer).catch_unwind().await.unwrap_or_else(|_| {
        error!("a request panicked");
        let message = "This request caused apiserver to panic. Look in the logs for details.";
        Err(ApiError::new(Reason::InternalError, message))
    })
}

/// The id the client has given its request, if it can be one.
fn own_id(headers: &HeaderMap) -> Option<HeaderValue> {
    let own = headers.get(AUDIT_ID)?;
    let usable = !own.is_empty() && own.len() <= OWN_ID_BYTES_MAX && own.to_str().is_ok();
    usable.then(|| own.clone())
}

/// Says which requests take long. Watches and streams may.
fn note_slow(record: &Record<'_>, answer: &Answer) {
    let elapsed = record.elapsed();
    if elapsed < SLOW || record.is_long_running() {
        return;
    }
    let (parts, user) = (record.parts, record.acting.as_ref().map(|acting| &acting.user.name));
    let (path, code) = (parts.uri.path(), answer.status().as_u16());
    let (id, trace) = (record.id, trace(parts));
    warn!(?id, trace, method = %parts.method, path, user, code, ?elapsed, "slow request");
}

/// What the log says of everything that happens on behalf of a request.
fn span(parts: &Parts, id: &HeaderValue) -> Span {
    debug_span!("request", ?id, method = %parts.method, path = parts.uri.path(), trace = trace(parts))
}

/// The trace that the client's own request belongs to (W3C Trace Context).
fn trace(parts: &Parts) -> Option<&str> {
    parts.headers.get("traceparent").and_then(|trace| trace.to_str().ok())
}

fn log_failure(parts: &Parts, id: &HeaderValue, failure: &ApiError) {
    let path = parts.uri.path();
    if let Some(cause) = &failure.cause {
        error!(?id, trace = trace(parts), method = %parts.method, path, %cause, "request failed");
    } else {
        debug!(?id, method = %parts.method, path, %failure, "request refused");
    }
}

#[cfg(test)]
mod tests;
