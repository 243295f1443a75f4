//! Whether the server lives and is ready.

mod slis;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use http::StatusCode;
use machinery::ApiError;
use store::Store;

use crate::cache::Cache;
use crate::query::Query;
use crate::respond::{self, Answer};
use slis::Slis;

/// For the store to answer and the cache to follow: far more than a loaded disk takes, less than the second after
/// which probes usually give up.
const ANSWER_MAX: Duration = Duration::from_millis(800);

/// One thing that can be asked.
#[derive(Debug)]
struct Check {
    name: &'static str,
    /// Whether a server that fails it should be started anew.
    vital: bool,
    test: Test,
}

#[derive(Debug, Clone, Copy)]
enum Test {
    /// That it answers is the answer.
    Answers,
    /// The store answers.
    Store,
    /// What was written before the question can be read.
    Cache,
    /// Everything that comes before the first request has been done.
    Started,
    /// The end has not been announced.
    Staying,
}

const CHECKS: &[Check] = &[
    Check { name: "ping", vital: true, test: Test::Answers },
    Check { name: "log", vital: true, test: Test::Answers },
    Check { name: "etcd", vital: true, test: Test::Store },
    Check { name: "etcd-readiness", vital: false, test: Test::Store },
    Check { name: "informer-sync", vital: false, test: Test::Cache },
    Check { name: "poststarthook/bootstrap-controller", vital: false, test: Test::Started },
    Check { name: "poststarthook/rbac/bootstrap-roles", vital: false, test: Test::Started },
    Check {
        name: "poststarthook/scheduling/bootstrap-system-priority-classes",
        vital: false,
        test: Test::Started,
    },
    Check { name: "shutdown", vital: false, test: Test::Staying },
];

/// What the checks look at.
#[derive(Debug)]
pub(crate) struct Health {
    store: Arc<dyn Store>,
    cache: Arc<Cache>,
    ready: AtomicBool,
    stopping: AtomicBool,
    slis: Slis,
}

impl Health {
    pub(crate) fn new(store: Arc<dyn Store>, cache: Arc<Cache>) -> Self {
        let (ready, stopping) = (AtomicBool::new(false), AtomicBool::new(false));
        Self { store, cache, ready, stopping, slis: Slis::new() }
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
            let found = CHECKS.iter().filter(relevant).find(|check| check.name == single);
            let Some(check) = found else { return Some(Err(ApiError::unknown_path())) };
            return Some(Ok(if self.passes(name, check).await {
                respond::text(StatusCode::OK, "ok")
            } else {
                failed(&format!("{name}/{single} failed"))
            }));
        }
        Some(Ok(self.all(name, query, CHECKS.iter().filter(relevant).collect()).await))
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
        self.slis.count(endpoint, check.name, passed);
        passed
    }

    async fn test(&self, check: &Check) -> bool {
        match check.test {
            Test::Answers => true,
            Test::Store => in_time(self.store.revision()).await.is_some_and(|found| found.is_ok()),
            Test::Cache => in_time(self.cache_follows()).await.unwrap_or(false),
            Test::Started => self.ready.load(Ordering::Acquire),
            Test::Staying => !self.stopping.load(Ordering::Acquire),
        }
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
