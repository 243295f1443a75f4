//! Whether the server lives and is ready.

use http::StatusCode;
use machinery::ApiError;

use crate::query::Query;
use crate::respond::{self, Answer};

/// The checks, and whether liveness depends on them too.
const CHECKS: &[(&str, bool)] =
    &[("ping", true), ("log", true), ("etcd", true), ("poststarthook/bootstrap", false)];

/// Answers `/healthz`, `/livez`, `/readyz` and the paths of single checks.
pub(crate) fn respond(
    path: &str,
    query: &Query<'_>,
    ready: bool,
) -> Option<Result<Answer, ApiError>> {
    let (endpoint, check) = ["/healthz", "/livez", "/readyz"].into_iter().find_map(|endpoint| {
        let rest = path.strip_prefix(endpoint)?;
        Some((endpoint, rest.strip_prefix('/').or(rest.is_empty().then_some(""))?))
    })?;
    let name = &endpoint[1..];
    let relevant = |check: &&(&str, bool)| check.1 || endpoint != "/livez";
    let passes = |check: &(&str, bool)| check.1 || ready;
    if !check.is_empty() {
        let found = CHECKS.iter().filter(relevant).find(|(known, _)| *known == check);
        return Some(match found {
            Some(found) if passes(found) => Ok(respond::text(StatusCode::OK, "ok")),
            Some(_) => Ok(failed(&format!("{name}/{check} failed"))),
            None => Err(ApiError::unknown_path()),
        });
    }
    let excluded = |check: &&(&str, bool)| !query.all("exclude").any(|name| name == check.0);
    let checks: Vec<_> = CHECKS.iter().filter(relevant).filter(excluded).collect();
    let healthy = checks.iter().all(|check| passes(check));
    if healthy && query.get("verbose").is_none() {
        return Some(Ok(respond::text(StatusCode::OK, "ok")));
    }
    let mut lines: Vec<String> = checks.iter().map(|check| line(check.0, passes(check))).collect();
    lines.push(format!("{name} check {}\n", if healthy { "passed" } else { "failed" }));
    let report = lines.join("\n");
    Some(Ok(if healthy { respond::text(StatusCode::OK, report) } else { failed(&report) }))
}

fn line(check: &str, passes: bool) -> String {
    if passes { format!("[+]{check} ok") } else { format!("[-]{check} failed: reason withheld") }
}

fn failed(report: &str) -> Answer {
    respond::text(StatusCode::INTERNAL_SERVER_ERROR, report.to_owned())
}
