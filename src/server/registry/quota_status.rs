//! Writing down what is used of a quota.

use std::collections::BTreeMap;

use machinery::{ApiError, Quantity, Reason, document};
use serde_json::{Value, json};

use super::call::{Call, Place};
use super::change::{Origin, Proposal};
use super::{Registry, WriteOptions};
use crate::admission::Figures;
use crate::identity::Identity;

impl Registry {
    /// Makes the status of a quota say what it limits and what is used of it.
    pub(crate) async fn write_quota_status(
        &self,
        identity: &Identity,
        namespace: &str,
        name: &str,
    ) -> Result<(), ApiError> {
        let served = self.catalog.find("", "v1", "resourcequotas");
        let served = served.ok_or_else(ApiError::unknown_path)?;
        let place = Place { served: &served, namespace: Some(namespace), name };
        let call = Call { place, identity, options: WriteOptions::internal() };
        let propose = |old: &Value| {
            let mut quota = old.clone();
            if let Some(figures) = self.quotas().figures(namespace, name) {
                document::as_map_mut(&mut quota).insert("status".to_owned(), status(&figures));
            }
            Ok(Proposal::new(quota, Vec::new()))
        };
        match self.change(&call, Origin::STATUS, propose).await {
            Err(error) if error.reason != Reason::NotFound => Err(error),
            _ => Ok(()),
        }
    }
}

fn status(figures: &Figures) -> Value {
    let shown = |amounts: &BTreeMap<String, Quantity>| -> Value {
        amounts.iter().map(|(name, amount)| (name.clone(), amount.to_string())).collect()
    };
    json!({ "hard": shown(&figures.hard), "used": shown(&figures.used) })
}
