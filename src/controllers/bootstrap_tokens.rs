//! The Secrets that are bootstrap tokens, with which machines join.

use std::collections::BTreeMap;

use client::{Cache, Caches};
use jiff::Timestamp;
use k8s_openapi::api::core::v1::Secret;
use kube::runtime::watcher;

pub(crate) const NAMESPACE: &str = "kube-system";
const TYPE: &str = "bootstrap.kubernetes.io/token";
const NAME_PREFIX: &str = "bootstrap-token-";

/// All of them.
pub(crate) fn cache(caches: &Caches) -> Cache<Secret> {
    caches.part(Some(NAMESPACE), watcher::Config::default().fields(&format!("type={TYPE}")))
}

/// One, as far as it makes sense.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) id: String,
    pub(crate) secret: String,
    /// Whether it vouches for the cluster's address and authority.
    pub(crate) signs: bool,
    /// When it ends, if it does; one whose end cannot be read has ended.
    pub(crate) expiration: Option<Timestamp>,
}

impl Token {
    pub(crate) fn read(secret: &Secret) -> Option<Self> {
        let empty = BTreeMap::new();
        let data = secret.data.as_ref().unwrap_or(&empty);
        let text = |field: &str| String::from_utf8(data.get(field)?.0.clone()).ok();
        let id = text("token-id").filter(|id| !id.is_empty())?;
        if secret.metadata.name.as_deref() != Some(&format!("{NAME_PREFIX}{id}")) {
            return None;
        }
        let expiration = text("expiration").filter(|text| !text.is_empty());
        Some(Self {
            id,
            secret: text("token-secret").filter(|secret| !secret.is_empty())?,
            signs: text("usage-bootstrap-signing").as_deref() == Some("true"),
            expiration: expiration.map(|text| text.parse().unwrap_or(Timestamp::MIN)),
        })
    }

    pub(crate) fn is_over(&self, now: Timestamp) -> bool {
        self.expiration.is_some_and(|end| end <= now)
    }
}
