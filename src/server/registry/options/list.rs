//! Options of lists and watches.

use std::time::Duration;

use base::Random;
use machinery::{ApiError, FieldErrors, FieldSelector, LabelSelector};

use super::refuse;
use crate::query::Query;

/// A watch without a wish of its own lasts between one and two times this, so that the watches of clients that
/// started together do not end together.
const WATCH_LIFETIME_SECONDS: u64 = 1_800;

/// How a resource version bounds a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum VersionMatch {
    Exact,
    NotOlderThan,
}

/// Options of lists and watches.
#[derive(Debug, Clone, Default)]
pub(crate) struct ListOptions {
    pub(crate) labels: Option<LabelSelector>,
    pub(crate) fields: Option<FieldSelector>,
    /// Absent when unset; zero means any.
    pub(crate) resource_version: Option<u64>,
    pub(crate) version_match: Option<VersionMatch>,
    pub(crate) limit: usize,
    pub(crate) continuation: Option<String>,
    pub(crate) bookmarks: bool,
    pub(crate) send_initial_events: Option<bool>,
    timeout_seconds: Option<u64>,
}

impl ListOptions {
    pub(crate) fn read(query: &Query<'_>, watch: bool) -> Result<Self, ApiError> {
        let text = query.text("resourceVersion");
        let resource_version = text.map(parse_version).transpose()?;
        let errors = FieldErrors::new();
        let version_match = version_match(query, watch, &errors);
        let send_initial_events = query.maybe_flag("sendInitialEvents");
        if send_initial_events.is_some() && !watch {
            errors.root().forbidden("sendInitialEvents", "sendInitialEvents is forbidden for list");
        }
        refuse("ListOptions", errors)?;
        let continuation = query.text("continue").map(str::to_owned);
        if continuation.is_some() && resource_version.is_some_and(|version| version != 0) {
            return Err(ApiError::bad_request(
                "specifying resource version is not allowed when using continue",
            ));
        }
        let labels = query.text("labelSelector").map(LabelSelector::parse).transpose()?;
        let fields = query.text("fieldSelector").map(FieldSelector::parse).transpose()?;
        let positive =
            |name: &str| query.number(name).map(|n| n.and_then(|n| u64::try_from(n).ok()));
        Ok(Self {
            labels,
            fields,
            resource_version,
            version_match,
            limit: positive("limit")?.and_then(|n| usize::try_from(n).ok()).unwrap_or(0),
            continuation,
            bookmarks: query.flag("allowWatchBookmarks"),
            send_initial_events,
            timeout_seconds: positive("timeoutSeconds")?.filter(|seconds| *seconds > 0),
        })
    }

    /// How long a watch lasts.
    pub(crate) fn lifetime(&self, random: &Random) -> Duration {
        let seconds = self
            .timeout_seconds
            .unwrap_or_else(|| WATCH_LIFETIME_SECONDS + random.below(WATCH_LIFETIME_SECONDS));
        // Beyond a day nobody means a timeout, and the sum with now must not overflow.
        Duration::from_secs(seconds.min(86_400))
    }
}

pub(crate) fn parse_version(text: &str) -> Result<u64, ApiError> {
    text.parse().map_err(|_| {
        ApiError::bad_request(format!("Invalid value: {text:?}: invalid resource version"))
    })
}

fn version_match(query: &Query<'_>, watch: bool, errors: &FieldErrors) -> Option<VersionMatch> {
    const FIELD: &str = "resourceVersionMatch";
    let root = errors.root();
    let text = query.text(FIELD);
    let initial = query.maybe_flag("sendInitialEvents").is_some();
    if watch && initial && text != Some("NotOlderThan") {
        root.forbidden(
            FIELD,
            "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan",
        );
        return None;
    }
    let text = text?;
    if watch && !initial {
        root.forbidden(
            FIELD,
            "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided",
        );
    }
    let version = query.text("resourceVersion");
    if !watch && version.is_none() {
        root.forbidden(
            FIELD,
            "resourceVersionMatch is forbidden unless resourceVersion is provided",
        );
    }
    if !watch && query.text("continue").is_some() {
        root.forbidden(FIELD, "resourceVersionMatch is forbidden when continue is provided");
    }
    match text {
        "Exact" if version == Some("0") => {
            root.forbidden(
                FIELD,
                "resourceVersionMatch \"exact\" is forbidden for resourceVersion \"0\"",
            );
            None
        }
        "Exact" => Some(VersionMatch::Exact),
        "NotOlderThan" => Some(VersionMatch::NotOlderThan),
        other => {
            root.not_supported(FIELD, other, &["Exact", "NotOlderThan", ""]);
            None
        }
    }
}
