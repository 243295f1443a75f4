//! Who is asked, and how: `AuthorizationConfiguration` of `apiserver.config.k8s.io/v1` (KEP-3221). What flags say is put
//! into the same form.

mod check;
mod flags;

use std::collections::BTreeSet;
use std::time::Duration;

use machinery::time::parse_duration;
use serde::{Deserialize, Deserializer};

use crate::{BoxError, config_file};

const KIND: &str = "AuthorizationConfiguration";
/// How long answers count where nobody says it, as in Kubernetes.
const AUTHORIZED_TTL: Nanos = Nanos(300_000_000_000);
const UNAUTHORIZED_TTL: Nanos = Nanos(30_000_000_000);

/// What the file says.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Configuration {
    #[serde(default)]
    pub(super) authorizers: Vec<Authorizer>,
}

/// Somebody who is asked.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Authorizer {
    #[serde(rename = "type")]
    pub(super) sort: String,
    pub(super) name: String,
    pub(super) webhook: Option<Webhook>,
}

/// How a webhook is asked.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(super) struct Webhook {
    #[serde(rename = "authorizedTTL")]
    pub(super) authorized_ttl: Nanos,
    pub(super) cache_authorized_requests: bool,
    #[serde(rename = "unauthorizedTTL")]
    pub(super) unauthorized_ttl: Nanos,
    pub(super) cache_unauthorized_requests: bool,
    pub(super) timeout: Nanos,
    pub(super) subject_access_review_version: String,
    pub(super) match_condition_subject_access_review_version: String,
    pub(super) failure_policy: String,
    pub(super) connection_info: ConnectionInfo,
    pub(super) match_conditions: Vec<MatchCondition>,
}

/// Where a webhook is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(super) struct ConnectionInfo {
    #[serde(rename = "type")]
    pub(super) sort: String,
    pub(super) kube_config_file: Option<String>,
}

/// What must be true of a question for the webhook to be asked.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct MatchCondition {
    pub(super) expression: String,
}

/// A duration that may be wrong: below zero.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Nanos(pub(super) i64);

impl Default for Webhook {
    fn default() -> Self {
        Self {
            authorized_ttl: AUTHORIZED_TTL,
            cache_authorized_requests: true,
            unauthorized_ttl: UNAUTHORIZED_TTL,
            cache_unauthorized_requests: true,
            timeout: Nanos::default(),
            subject_access_review_version: String::new(),
            match_condition_subject_access_review_version: String::new(),
            failure_policy: String::new(),
            connection_info: ConnectionInfo::default(),
            match_conditions: Vec::new(),
        }
    }
}

impl Nanos {
    pub(super) fn duration(self) -> Duration {
        Duration::from_nanos(u64::try_from(self.0).unwrap_or_default())
    }

    fn or(self, default: Self) -> Self {
        if self.0 == 0 { default } else { self }
    }
}

impl<'de> Deserialize<'de> for Nanos {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        parse_duration(&text).map(Self).map_err(serde::de::Error::custom)
    }
}

impl Configuration {
    /// Reads a text. While the server runs, those asked so far, `before`, have to stay, but for webhooks.
    pub(super) fn parse(text: &str, before: Option<&Self>) -> Result<Self, BoxError> {
        let mut found: Self = config_file::parse(text, KIND)?;
        for webhook in found.authorizers.iter_mut().filter_map(|one| one.webhook.as_mut()) {
            // Zero is the same as not said.
            webhook.authorized_ttl = webhook.authorized_ttl.or(AUTHORIZED_TTL);
            webhook.unauthorized_ttl = webhook.unauthorized_ttl.or(UNAUTHORIZED_TTL);
        }
        check::check(&found)?;
        if let Some(before) = before {
            check::check_change(&found, before)?;
        }
        Ok(found)
    }

    /// Those who are asked here and not elsewhere.
    fn built_in(&self) -> BTreeSet<&str> {
        let all = self.authorizers.iter().map(|authorizer| authorizer.sort.as_str());
        all.filter(|sort| *sort != check::WEBHOOK).collect()
    }
}

#[cfg(test)]
mod tests;
