//! Which requests belong to which level: the objects of the cluster, made ready to be asked.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use base::{Counter, Family, Histogram, Metrics};
use http::HeaderValue;
use machinery::document;
use serde::Deserialize;
use serde_json::Value;
use tracing::warn;

use super::Flow;
use super::defaults;
use super::rules::{Method, Request, SchemaSpec};
use super::seats::{LevelId, Limits, Seats};
use crate::cache::{Follower, Shelf};
use crate::catalog::{Catalog, Served};

/// The API group of schemas and levels.
pub(super) const GROUP: &str = "flowcontrol.apiserver.k8s.io";
/// Schemas that are looked at; far more than anybody writes, and each costs every request a comparison.
const SCHEMAS_MAX: usize = 1_000;
/// Queues of a level, as validation has it.
const QUEUES_MAX: u32 = 10_000_000;
/// From what nobody notices to the longest wait there is.
const WAIT_BOUNDS: &[f64] =
    &[0.0005, 0.002, 0.005, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 15.0];

/// Keeps a [`Plan`] in step with the objects.
#[derive(Debug)]
pub(super) struct Planner {
    schemas: Source,
    levels: Source,
    counts: Counts,
    plan: Plan,
}

/// The objects of a kind, if there is such a kind.
#[derive(Debug)]
struct Source(Option<(Follower, Arc<Shelf>, Arc<Served>)>);

/// Schemas in the order in which they are tried.
#[derive(Debug, Default)]
pub(super) struct Plan {
    schemas: Vec<Arc<Schema>>,
}

/// Requests that belong together.
#[derive(Debug)]
pub(super) struct Schema {
    name: String,
    spec: SchemaSpec,
    /// None is exempt.
    pub(super) level: Option<LevelId>,
    pub(super) flow: Flow,
    pub(super) counts: SchemaCounts,
}

/// Kubernetes' own bounds.
const EXECUTION_BOUNDS: &[f64] =
    &[0.0, 0.005, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 15.0, 30.0];

/// What is counted of all schemas.
#[derive(Debug, Clone)]
pub(super) struct Counts {
    dispatched: Family<Counter>,
    rejected: Family<Counter>,
    waited: Family<Histogram>,
    executed: Family<Histogram>,
}

/// What is counted of one.
#[derive(Debug)]
pub(super) struct SchemaCounts {
    pub(super) dispatched: Counter,
    pub(super) waited: Histogram,
    /// Of watches, how long they took to begin.
    pub(super) begun: Histogram,
    /// Of others, how long they took.
    pub(super) executed: Histogram,
    rejected: Family<Counter>,
    level: String,
    schema: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
struct LevelSpec {
    #[serde(rename = "type")]
    sort: String,
    limited: Option<Limited>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Limited {
    #[serde(default = "shares")]
    nominal_concurrency_shares: u32,
    #[serde(default)]
    lendable_percent: u32,
    borrowing_limit_percent: Option<u32>,
    limit_response: Option<Response>,
}

#[derive(Debug, Clone, Deserialize)]
struct Response {
    queuing: Option<Queuing>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Queuing {
    queues: u32,
    hand_size: u32,
    queue_length_limit: u32,
}

impl Default for Queuing {
    fn default() -> Self {
        Self { queues: 64, hand_size: 8, queue_length_limit: 50 }
    }
}

/// As Kubernetes has it for levels that do not say.
fn shares() -> u32 {
    30
}

impl Planner {
    pub(super) fn new(catalog: &Catalog, counts: Counts) -> Self {
        Self {
            schemas: Source::new(catalog, "flowschemas"),
            levels: Source::new(catalog, "prioritylevelconfigurations"),
            counts,
            plan: Plan::default(),
        }
    }

    pub(super) fn plan(&self) -> &Plan {
        &self.plan
    }

    pub(super) fn is_behind(&self) -> bool {
        self.plan.schemas.is_empty() || self.schemas.is_behind() || self.levels.is_behind()
    }

    /// Makes the plan anew. Levels keep what is under way under their names.
    pub(super) fn catch_up(&mut self, seats: &Seats) {
        if !self.is_behind() {
            return;
        }
        let schemas = with_mandatory(self.schemas.read(), defaults::mandatory_schemas());
        let levels = with_mandatory(self.levels.read(), defaults::mandatory_levels());
        self.plan = plan(&schemas, &levels, seats, &self.counts);
    }
}

impl Source {
    fn new(catalog: &Catalog, plural: &str) -> Self {
        let served = catalog.find(GROUP, "v1", plural);
        Self(served.and_then(|served| {
            let shelf = Arc::clone(served.shelf()?);
            Some((Follower::new(Arc::clone(&shelf)), shelf, served))
        }))
    }

    fn is_behind(&self) -> bool {
        self.0.as_ref().is_some_and(|(follower, ..)| follower.is_behind())
    }

    fn read(&mut self) -> Vec<Value> {
        let Some((follower, shelf, served)) = &mut self.0 else { return Vec::new() };
        // All of them each time: they are few and change rarely.
        let _news = follower.catch_up();
        shelf.all().iter().map(|object| served.document(object)).collect()
    }
}

impl Plan {
    /// The schema of a request.
    pub(super) fn classify(&self, request: &Request<'_>) -> &Arc<Schema> {
        let found = self.schemas.iter().find(|schema| schema.spec.matches(request));
        // Whoever matches nothing belongs to the last, which matches everybody.
        found.or(self.schemas.last()).expect("a plan has the mandatory schemas")
    }
}

impl Schema {
    /// A number for the flow of a request: the same for requests that are served in turn.
    pub(super) fn lot(&self, request: &Request<'_>) -> u64 {
        let method = self.spec.distinguisher_method.as_ref().map(|own| own.method);
        let flow = match method {
            None => "",
            Some(Method::ByUser) => &request.user.name,
            Some(Method::ByNamespace) => {
                request.target.and_then(|target| target.namespace.as_deref()).unwrap_or_default()
            }
        };
        let mut hasher = DefaultHasher::new();
        (&self.name, flow).hash(&mut hasher);
        hasher.finish()
    }
}

impl Counts {
    pub(super) fn new(metrics: &Metrics) -> Self {
        let labels = &["priority_level", "flow_schema"];
        Self {
            executed: metrics.histograms(
                "apiserver_flowcontrol_request_execution_seconds",
                "Time from a request's start to its answer; of watches, to their beginning.",
                &["priority_level", "flow_schema", "type"],
                EXECUTION_BOUNDS,
            ),
            dispatched: metrics.counters(
                "apiserver_flowcontrol_dispatched_requests_total",
                "Requests that were let in.",
                labels,
            ),
            rejected: metrics.counters(
                "apiserver_flowcontrol_rejected_requests_total",
                "Requests that were sent away.",
                &["priority_level", "flow_schema", "reason"],
            ),
            waited: metrics.histograms(
                "apiserver_flowcontrol_request_wait_duration_seconds",
                "Time of those that had to wait.",
                labels,
                WAIT_BOUNDS,
            ),
        }
    }

    fn of(&self, level: &str, schema: &str) -> SchemaCounts {
        SchemaCounts {
            dispatched: self.dispatched.with(&[level, schema]),
            waited: self.waited.with(&[level, schema]),
            rejected: self.rejected.clone(),
            begun: self.executed.with(&[level, schema, "watch"]),
            executed: self.executed.with(&[level, schema, "regular"]),
            level: level.to_owned(),
            schema: schema.to_owned(),
        }
    }
}

impl SchemaCounts {
    pub(super) fn rejected(&self, reason: &str) {
        self.rejected.with(&[&self.level, &self.schema, reason]).inc();
    }
}

/// The objects, and those that must not be missing.
fn with_mandatory(mut objects: Vec<Value>, mandatory: Vec<Value>) -> Vec<Value> {
    for wanted in mandatory {
        if !objects.iter().any(|own| document::name(own) == document::name(&wanted)) {
            objects.push(wanted);
        }
    }
    objects
}

fn plan(schemas: &[Value], levels: &[Value], seats: &Seats, counts: &Counts) -> Plan {
    let mut limited: Vec<(&str, Limited)> = Vec::new();
    let mut uids: Vec<(&str, &str)> = Vec::new();
    for level in levels {
        let Some(spec) = read::<LevelSpec>(level) else { continue };
        let name = document::name(level);
        uids.push((name, document::uid(level)));
        if spec.sort != "Exempt" {
            limited.extend(spec.limited.map(|limits| (name, limits)));
        }
    }
    let sum: u64 = limited.iter().map(|(_, own)| u64::from(own.nominal_concurrency_shares)).sum();
    let total = seats.total();
    let limits = limited.iter().map(|(name, own)| (*name, limits(own, sum, total)));
    let ids = seats.set_levels(limits.collect());
    let mut read: Vec<(i64, Arc<Schema>)> = schemas
        .iter()
        .filter_map(|document| {
            let spec: SchemaSpec = read(document)?;
            let name = document::name(document);
            let level = spec.priority_level_configuration.name.clone();
            // A schema without its level is passed over.
            let (_, uid) = uids.iter().find(|(own, _)| **own == level)?;
            let schema = Schema {
                name: name.to_owned(),
                level: ids.get(&level).copied(),
                flow: Flow { schema: header(document::uid(document)), level: header(uid) },
                counts: counts.of(&level, name),
                spec,
            };
            Some((schema.spec.matching_precedence, Arc::new(schema)))
        })
        .collect();
    read.sort_by(|(a, one), (b, other)| a.cmp(b).then_with(|| one.name.cmp(&other.name)));
    if read.len() > SCHEMAS_MAX {
        warn!(schemas = read.len(), "there are too many flow schemas; some are ignored");
        // The last catches everybody and stays.
        let last = read.len() - 1;
        read.drain(SCHEMAS_MAX - 1..last);
    }
    Plan { schemas: read.into_iter().map(|(_, schema)| schema).collect() }
}

/// How many seats a level has, as Kubernetes shares them.
fn limits(own: &Limited, sum: u64, total: u32) -> Limits {
    let shares = u64::from(own.nominal_concurrency_shares);
    let nominal = (u64::from(total) * shares).div_ceil(sum.max(1));
    let nominal = u32::try_from(nominal).unwrap_or(total).min(total);
    let percent = |of: u32| {
        u32::try_from((u64::from(nominal) * u64::from(of) + 50) / 100).unwrap_or(u32::MAX)
    };
    let lendable = percent(own.lendable_percent).min(nominal);
    let borrowable = own.borrowing_limit_percent.map_or(total, percent);
    let queuing = own.limit_response.as_ref().and_then(|response| response.queuing);
    Limits {
        nominal,
        guaranteed: nominal - lendable,
        ceiling: nominal.saturating_add(borrowable).min(total),
        queues: queuing.map_or(0, |own| own.queues.clamp(1, QUEUES_MAX)),
        hand: queuing.map_or(0, |own| own.hand_size),
        queue_length: queuing.map_or(0, |own| own.queue_length_limit),
    }
}

fn read<T: for<'a> Deserialize<'a>>(document: &Value) -> Option<T> {
    match T::deserialize(&document["spec"]) {
        Ok(spec) => Some(spec),
        Err(error) => {
            warn!(name = document::name(document), %error, "flow control object is not understood");
            None
        }
    }
}

fn header(uid: &str) -> HeaderValue {
    HeaderValue::from_str(uid).unwrap_or(HeaderValue::from_static(""))
}
