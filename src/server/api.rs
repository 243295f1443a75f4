//! One request from its first byte to its answer.

mod bodies;
mod deadline;
mod lasting;
mod log;
mod objects;
mod remote;
mod start;
mod streams;

use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use base::{CancellationToken, Clock, Random, Tasks};
use bytes::Bytes;
use futures::FutureExt as _;
use http::header::EXPECT;
use http::request::Parts;
use http::{Method, StatusCode};
use jiff::Timestamp;
use machinery::{ApiError, Reason};
use tracing::{Instrument, error};

use bodies::{Bodies, Sent};
use deadline::Deadline;
use log::{log_failure, note_slow, own_id, span};

use crate::aggregation::Aggregation;
use crate::audit::{self, Auditor};
use crate::authenticate::{Authenticators, Peer};
use crate::authorize::{self, Action, Asked, Authorizer, Verdict};
use crate::backup::{self, Backups};
use crate::body::RequestBody;
use crate::definitions::Definitions;
use crate::fairness::{self, Class, Fairness, Seat};
use crate::health::Health;
use crate::identity::Identity;
use crate::metrics::ServerMetrics;
use crate::negotiate::Form;
use crate::query::Query;
use crate::record::Record;
use crate::registry::Registry;
use crate::request::{self, Target};
use crate::respond::{self, AUDIT_ID, Answer};
use crate::room::{Room, Share};
use crate::streaming::{self, Streaming};
use crate::usage::Meter;
use crate::zpages::Zpages;
use crate::{BoxError, NodeTransport, Version, discovery, index, issuer, openapi};

/// What a client that finds no room for another should wait.
const LASTING_RETRY_SECONDS: u32 = 5;
/// Chances are told in millionths.
const LOTS: u64 = 1_000_000;

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

#[cfg(test)]
mod tests;
