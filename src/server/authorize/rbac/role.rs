//! A role as the index keeps it.

use machinery::{LabelSelector, Labels};
use serde::Deserialize;
use serde_json::Value;

use crate::authorize::rules::Rule;
use crate::cache::Cached;

/// A `Role` or a `ClusterRole`.
#[derive(Debug)]
pub(super) struct Role {
    /// What is written in it.
    pub(super) rules: Box<[Rule]>,
    pub(super) labels: Labels,
    /// Set in a role that has, in place of its own rules, those of every role one of these selects.
    pub(super) gathers: Option<Box<[LabelSelector]>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Document {
    rules: Option<Box<[Rule]>>,
    aggregation_rule: Option<Aggregation>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Aggregation {
    cluster_role_selectors: Option<Vec<Value>>,
}

impl Role {
    pub(super) fn read(object: &Cached) -> Result<Self, serde_json::Error> {
        let document: Document = serde_json::from_slice(&object.bytes)?;
        let gathers = document.aggregation_rule.map(|rule| {
            // A selector that cannot be read selects nothing.
            let selectors = rule.cluster_role_selectors.into_iter().flatten();
            selectors.filter_map(|selector| LabelSelector::from_value(&selector).ok()).collect()
        });
        let rules = document.rules.unwrap_or_default();
        Ok(Self { rules, labels: object.labels.clone(), gathers })
    }
}
