//! The options of each verb, read from query and body and checked.

use std::time::Duration;

use base::Random;
use bytes::Bytes;
use http::HeaderMap;
use machinery::{
    ApiError, FieldErrors, FieldSelector, FieldValidation, LabelSelector, Media, document,
};
use serde_json::Value;

use super::call::Content;
use crate::negotiate;
use crate::query::Query;
use crate::request::Verb;

/// The longest name of a field manager, as in Kubernetes.
const FIELD_MANAGER_CHARS_MAX: usize = 128;
/// A watch without a wish of its own lasts between one and two times this, so that the watches of clients that
/// started together do not end together.
const WATCH_LIFETIME_SECONDS: u64 = 1_800;

/// Options of creates, updates and patches.
#[derive(Debug, Clone)]
pub(crate) struct WriteOptions {
    /// Everything happens except the write.
    pub(crate) dry_run: bool,
    pub(crate) validation: FieldValidation,
}

impl WriteOptions {
    pub(crate) fn read(verb: Verb, query: &Query<'_>) -> Result<Self, ApiError> {
        let errors = FieldErrors::new();
        let validation = match query.text("fieldValidation") {
            None | Some("Warn") => FieldValidation::Warn,
            Some("Strict") => FieldValidation::Strict,
            Some("Ignore") => FieldValidation::Ignore,
            Some(other) => {
                errors.root().not_supported(
                    "fieldValidation",
                    other,
                    &["Ignore", "Strict", "Warn"],
                );
                FieldValidation::Warn
            }
        };
        let manager = query.text("fieldManager").unwrap_or_default();
        if manager.chars().count() > FIELD_MANAGER_CHARS_MAX {
            errors.root().too_long("fieldManager", FIELD_MANAGER_CHARS_MAX);
        }
        let dry_run = dry_run(query.all("dryRun"), &errors);
        let kind = match verb {
            Verb::Create => "CreateOptions",
            Verb::Patch => "PatchOptions",
            _ => "UpdateOptions",
        };
        refuse(kind, errors)?;
        Ok(Self { dry_run, validation })
    }
}

/// What a delete does with the objects the deleted one owns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Propagation {
    Background,
    Foreground,
    Orphan,
}

/// Options of deletes.
#[derive(Debug, Clone, Default)]
pub(crate) struct DeleteOptions {
    pub(crate) grace_seconds: Option<i64>,
    pub(crate) propagation: Option<Propagation>,
    pub(crate) uid: Option<String>,
    pub(crate) resource_version: Option<String>,
    pub(crate) dry_run: bool,
}

impl DeleteOptions {
    /// Reads the body, and the query where the body is silent.
    pub(crate) fn read(
        query: &Query<'_>,
        body: &Bytes,
        headers: &HeaderMap,
    ) -> Result<Self, ApiError> {
        let document = if body.is_empty() {
            Value::Null
        } else {
            let content = Content { bytes: body, media: negotiate::body_media(headers)? };
            match content.media {
                Media::Protobuf => content.decode_as("", "v1", "DeleteOptions")?.object,
                media => machinery::parse(body, media, FieldValidation::Ignore)?.object,
            }
        };
        Self::from_document(&document, query)
    }

    /// Reads a `DeleteOptions` document.
    pub(crate) fn from_document(options: &Value, query: &Query<'_>) -> Result<Self, ApiError> {
        let errors = FieldErrors::new();
        let asked = options["dryRun"].as_array().into_iter().flatten().filter_map(Value::as_str);
        let dry_run = dry_run(asked.chain(query.all("dryRun")), &errors);
        let propagation = options["propagationPolicy"].as_str();
        let propagation = propagation.or_else(|| query.text("propagationPolicy"));
        let orphan = options["orphanDependents"].as_bool();
        let orphan = orphan.or_else(|| query.maybe_flag("orphanDependents"));
        if propagation.is_some() && orphan.is_some() {
            let detail = "orphanDependents and deletionPropagation cannot be both set";
            errors.root().invalid("propagationPolicy", propagation.unwrap_or_default(), detail);
        }
        let propagation = match (propagation, orphan) {
            (Some("Background"), _) | (None, Some(false)) => Some(Propagation::Background),
            (Some("Foreground"), _) => Some(Propagation::Foreground),
            (Some("Orphan"), _) | (None, Some(true)) => Some(Propagation::Orphan),
            (None, None) => None,
            (Some(other), _) => {
                let supported = ["Background", "Foreground", "Orphan"];
                errors.root().not_supported("propagationPolicy", other, &supported);
                None
            }
        };
        let grace_seconds = match options["gracePeriodSeconds"].as_i64() {
            Some(seconds) => Some(seconds),
            None => query.number("gracePeriodSeconds")?,
        };
        refuse("DeleteOptions", errors)?;
        let precondition = |name: &str| options["preconditions"][name].as_str().map(str::to_owned);
        Ok(Self {
            grace_seconds,
            propagation,
            uid: precondition("uid"),
            resource_version: precondition("resourceVersion"),
            dry_run,
        })
    }

    /// Refuses when the object is not the one meant.
    pub(crate) fn check(
        &self,
        resource: &machinery::Resource,
        object: &Value,
    ) -> Result<(), ApiError> {
        let name = document::name(object);
        if let Some(uid) = self.uid.as_deref().filter(|uid| *uid != document::uid(object)) {
            return Err(uid_mismatch(resource, name, uid, document::uid(object)));
        }
        let version = document::resource_version(object);
        if let Some(wanted) = self.resource_version.as_deref().filter(|wanted| *wanted != version) {
            let message = format!(
                "the ResourceVersion in the precondition ({wanted}) does not match the ResourceVersion in record ({version}). The object might have been modified"
            );
            return Err(ApiError::conflict(resource, name, &message));
        }
        Ok(())
    }
}

/// The object under this name is another one than the client means.
pub(super) fn uid_mismatch(
    resource: &machinery::Resource,
    name: &str,
    wanted: &str,
    found: &str,
) -> ApiError {
    let message =
        format!("Precondition failed: UID in precondition: {wanted}, UID in object meta: {found}");
    ApiError::conflict(resource, name, &message)
}

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

fn parse_version(text: &str) -> Result<u64, ApiError> {
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

fn dry_run<'a>(values: impl Iterator<Item = &'a str>, errors: &FieldErrors) -> bool {
    let mut dry_run = false;
    for value in values.filter(|value| !value.is_empty()) {
        if value == "All" {
            dry_run = true;
        } else {
            errors.root().not_supported("dryRun", value, &["All"]);
        }
    }
    dry_run
}

fn refuse(kind: &str, errors: FieldErrors) -> Result<(), ApiError> {
    if errors.is_empty() {
        return Ok(());
    }
    Err(ApiError::invalid("meta.k8s.io", kind, "", errors))
}
