//! Label selectors of typed objects.

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, ObjectMeta};
use kube::core::{Selector as Expressions, SelectorExt};

/// A selector that is ready to be matched; one that selects nothing where the source is missing or malformed.
#[derive(Debug, Clone)]
pub(crate) struct Selector(Option<Expressions>);

impl Selector {
    /// Of a workload: an empty one selects everything.
    pub(crate) fn of(selector: &LabelSelector) -> Self {
        Self(selector.clone().try_into().ok())
    }

    /// Of a Service or `ReplicationController`: an empty or missing one selects nothing.
    pub(crate) fn of_labels(labels: Option<&BTreeMap<String, String>>) -> Self {
        Self(
            labels
                .filter(|labels| !labels.is_empty())
                .map(|labels| labels.clone().into_iter().collect()),
        )
    }

    /// Whether an object with this metadata is selected.
    pub(crate) fn matches(&self, meta: &ObjectMeta) -> bool {
        let none = BTreeMap::new();
        let labels = meta.labels.as_ref().unwrap_or(&none);
        self.0.as_ref().is_some_and(|expressions| expressions.matches(labels))
    }
}
