//! Whether the server lives and is ready.

mod slis;

use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use http::StatusCode;
use machinery::ApiError;
use store::Store;

use crate::cache::Cache;
use crate::encryption::Plugins;
use crate::query::Query;
use crate::respond::{self, Answer};
use slis::Slis;

/// For the store to answer and the cache to follow: far more than a loaded disk takes, less than the second after
/// which probes usually give up.
const ANSWER_MAX: Duration = Duration::from_millis(800);

/// One thing that can be asked.
#[derive(Debug, Clone)]
struct Check {
    name: Cow<'static, str>,
    /// Whether a server that fails it should be started anew.
    vital: bool,
    test: Test,
}

#[derive(Debug, Clone, Copy)]
enum Test {
    /// That it answers is the answer.
    Answers,
    /// The store answers, and what was last written is in it.
    Store,
    /// What was written before the question can be read.
    Cache,
    /// Everything that comes before the first request has been done.
    Started,
    /// The end has not been announced.
    Staying,
    /// Those of these plugins that the encryption configuration names confirm their keys.
    Plugins(Option<usize>),
}

const CHECKS: &[Check] = &[
    check("ping", true, Test::Answers),
    check("log", true, Test::Answers),
    check("etcd", true, Test::Store),
    check("etcd-readiness", false, Test::Store),
    check("informer-sync", false, Test::Cache),
    check("poststarthook/bootstrap-controller", false, Test::Started),
    check("poststarthook/rbac/bootstrap-roles", false, Test::Started),
    check("poststarthook/scheduling/bootstrap-system-priority-classes", false, Test::Started),
    check("shutdown", false, Test::Staying),
];

const fn check(name: &'static str, vital: bool, test: Test) -> Check {
    Check { name: Cow::Borrowed(name), vital, test }
}

/// What the checks look at.
#[derive(Debug)]
pub(crate) struct Health {
    store: Arc<dyn Store>,
    cache: Arc<Cache>,
    ready: AtomicBool,
    stopping: AtomicBool,
    plugins: Option<Plugins>,
    slis: Slis,
}

impl Health {
    pub(crate) fn new(store: Arc<dyn Store>, cache: Arc<Cache>, plugins: Option<Plugins>) -> Self {
        let (ready, stopping) = (AtomicBool::new(false), AtomicBool::new(false));
        Self { store, cache, ready, stopping, plugins, slis: Slis::new() }
    }

    /// Everything that comes before the first request has been done.
    pub(crate) fn set_ready(&self) {
        self.ready.store(true, Ordering::Release);
    }

    /// The server is about to stop.
    pub(crate) fn set_stopping(&self) {
        self.stopping.store(true, Ordering::Release);
    }

    /// Answers `/metrics/slis`: how often each check was passed.
    pub(crate) fn respond_slis(&self) -> Answer {
        self.slis.respond()
    }

    /// Answers `/healthz`, `/livez`, `/readyz` and the paths of single checks.
    pub(crate) async fn respond(
        &self,
        path: &str,
        query: &Query<'_>,
    ) -> Option<Result<Answer, ApiError>> {
        let (endpoint, single) =
            ["/healthz", "/livez", "/readyz"].into_iter().find_map(|endpoint| {
                let rest = path.strip_prefix(endpoint)?;
                Some((endpoint, rest.strip_prefix('/').or(rest.is_empty().then_some(""))?))
            })?;
        let name = &endpoint[1..];
        let relevant = |check: &&Check| match endpoint {
            "/livez" => check.vital,
            "/healthz" => !matches!(check.test, Test::Staying),
            _ => true,
        };
        if !single.is_empty() {
            let checks = self.checks();
            let found = checks.iter().filter(relevant).find(|check| check.name == single);
            let Some(check) = found else { return Some(Err(ApiError::unknown_path())) };
            return Some(Ok(if self.passes(name, check).await {
                respond::text(StatusCode::OK, "ok")
            } else {
                failed(&format!("{name}/{single} failed"))
            }));
        }
        let checks = self.checks();
        Some(Ok(self.all(name, query, checks.iter().filter(relevant).collect()).await))
    }

    /// Everything that can be asked. A configuration that is taken up anew has one check for all of its plugins,
    /// as in Kubernetes, since nobody could know how many there are.
    fn checks(&self) -> Vec<Check> {
        let mut checks = CHECKS.to_vec();
        let Some(plugins) = &self.plugins else { return checks };
        if plugins.may_change() {
            checks.push(check("kms-providers", true, Test::Plugins(None)));
        } else {
            checks.extend((0..plugins.count()).map(|number| Check {
                name: format!("kms-provider-{number}").into(),
                vital: true,
                test: Test::Plugins(Some(number)),
            }));
        }
        checks
    }

    async fn all(&self, name: &str, query: &Query<'_>, checks: Vec<&Check>) -> Answer {
        let mut lines = Vec::with_capacity(checks.len() + 2);
        let mut healthy = true;
        for check in &checks {
            if query.all("exclude").any(|excluded| excluded == check.name) {
                lines.push(format!("[+]{} excluded: ok", check.name));
            } else if self.passes(name, check).await {
                lines.push(format!("[+]{} ok", check.name));
            } else {
                healthy = false;
                lines.push(format!("[-]{} failed: reason withheld", check.name));
            }
        }
        let unknown: Vec<&str> = query
            .all("exclude")
            .filter(|excluded| !checks.iter().any(|check| check.name == *excluded))
            .collect();
        if !unknown.is_empty() {
            let names: Vec<String> = unknown.iter().map(|name| format!("{name:?}")).collect();
            let names = names.join(",");
            lines.push(format!(
                "warn: some health checks cannot be excluded: no matches for {names}"
            ));
        }
        if healthy && query.get("verbose").is_none() {
            return respond::text(StatusCode::OK, "ok");
        }
        lines.push(format!("{name} check {}\n", if healthy { "passed" } else { "failed" }));
        let report = lines.join("\n");
        if healthy { respond::text(StatusCode::OK, report) } else { failed(&report) }
    }

    async fn passes(&self, endpoint: &str, check: &Check) -> bool {
        let passed = self.test(check).await;
        self.slis.count(endpoint, &check.name, passed);
        passed
    }

    async fn test(&self, check: &Check) -> bool {
        match check.test {
            Test::Answers => true,
            Test::Store => in_time(self.store_is_well()).await.unwrap_or(false),
            Test::Cache => in_time(self.cache_follows()).await.unwrap_or(false),
            Test::Started => self.ready.load(Ordering::Acquire),
            Test::Staying => !self.stopping.load(Ordering::Acquire),
            Test::Plugins(which) => match &self.plugins {
                Some(plugins) => in_time(plugins.are_well(which)).await.unwrap_or(false),
                None => true,
            },
        }
    }

    async fn store_is_well(&self) -> bool {
        self.store.is_well().await.is_ok() && self.store.revision().await.is_ok()
    }

    async fn cache_follows(&self) -> bool {
        let Ok(revision) = self.store.revision().await else { return false };
        self.cache.reached(revision.0).await;
        true
    }
}

async fn in_time<T>(answer: impl Future<Output = T>) -> Option<T> {
    tokio::time::timeout(ANSWER_MAX, answer).await.ok()
}

fn failed(report: &str) -> Answer {
    respond::text(StatusCode::INTERNAL_SERVER_ERROR, report.to_owned())
}

#[cfg(test)]
mod tests;
