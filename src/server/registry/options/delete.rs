//! Options of deletes.

use bytes::Bytes;
use http::HeaderMap;
use machinery::{ApiError, FieldErrors, Resource, document};
use serde_json::{Value, json};

use super::{dry_run, refuse};
use crate::negotiate;
use crate::query::Query;
use crate::registry::Content;

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
    /// `orphanDependents: false`, the old way to say that dependents go too.
    pub(crate) collects_dependents: bool,
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
            content.decode_as("", "v1", "DeleteOptions")?.object
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
            collects_dependents: orphan == Some(false),
            uid: precondition("uid"),
            resource_version: precondition("resourceVersion"),
            dry_run,
        })
    }

    /// The options as a document, which webhooks see.
    pub(crate) fn to_document(&self, dry_run: bool) -> Value {
        let mut options = json!({ "apiVersion": "meta.k8s.io/v1", "kind": "DeleteOptions" });
        if let Some(seconds) = self.grace_seconds {
            options["gracePeriodSeconds"] = seconds.into();
        }
        if let Some(propagation) = self.propagation {
            options["propagationPolicy"] = format!("{propagation:?}").into();
        }
        for (name, value) in [("uid", &self.uid), ("resourceVersion", &self.resource_version)] {
            if let Some(value) = value {
                options["preconditions"][name] = value.clone().into();
            }
        }
        if dry_run {
            options["dryRun"] = json!(["All"]);
        }
        options
    }

    /// Refuses when the object is not the one meant.
    pub(crate) fn check(&self, resource: &Resource, object: &Value) -> Result<(), ApiError> {
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
pub(in crate::registry) fn uid_mismatch(
    resource: &Resource,
    name: &str,
    wanted: &str,
    found: &str,
) -> ApiError {
    let message =
        format!("Precondition failed: UID in precondition: {wanted}, UID in object meta: {found}");
    ApiError::conflict(resource, name, &message)
}
