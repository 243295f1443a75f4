//! The scale of an object: how many replicas it wants and has, seen without knowing its kind.

use std::borrow::Cow;

use machinery::{LabelSelector, document};
use serde_json::{Value, json};

use crate::column::Column;
use crate::core::replication_controller::count;

/// Where a kind keeps its replica counts and its selector, as JSON pointers (RFC 6901).
#[derive(Debug, Clone)]
pub struct ScalePaths {
    /// The number of replicas wanted.
    pub spec_replicas: Cow<'static, str>,
    /// The number of replicas that exist.
    pub status_replicas: Cow<'static, str>,
    /// What selects the replicas: a selector object, a map of labels, or the selector as text.
    pub selector: Cow<'static, str>,
}

/// How a scale is shown in a table.
pub static SCALE_COLUMNS: &[Column] = &[
    Column::NAME,
    Column::number("Desired", "How many replicas are wanted.", |scale, _| {
        count(&scale["spec"], "replicas")
    }),
    Column::number("Available", "How many replicas there are.", |scale, _| {
        count(&scale["status"], "replicas")
    }),
    Column::AGE,
];

impl ScalePaths {
    /// Where the workloads of Kubernetes itself keep them.
    pub(crate) const WORKLOAD: Self = Self {
        spec_replicas: Cow::Borrowed("/spec/replicas"),
        status_replicas: Cow::Borrowed("/status/replicas"),
        selector: Cow::Borrowed("/spec/selector"),
    };

    /// The `Scale` document that shows `object`.
    pub fn read(&self, object: &Value) -> Value {
        let number = |path: &str| object.pointer(path).and_then(Value::as_i64).unwrap_or(0);
        let metadata = &object["metadata"];
        let mut scale = json!({
            "apiVersion": "autoscaling/v1",
            "kind": "Scale",
            "metadata": {},
            "spec": {},
            "status": { "replicas": number(&self.status_replicas) },
        });
        for name in ["name", "namespace", "uid", "resourceVersion", "creationTimestamp"] {
            if let Some(value) = metadata.get(name) {
                scale["metadata"][name] = value.clone();
            }
        }
        let wanted = number(&self.spec_replicas);
        if wanted != 0 {
            scale["spec"]["replicas"] = wanted.into();
        }
        let selector = object.pointer(&self.selector).map(selector_text).unwrap_or_default();
        if !selector.is_empty() {
            scale["status"]["selector"] = selector.into();
        }
        scale
    }

    /// Makes `object` want as many replicas as `scale` says.
    pub fn write(&self, object: &mut Value, scale: &Value) {
        let wanted = scale["spec"]["replicas"].as_i64().unwrap_or(0);
        let (parents, name) = self.spec_replicas.rsplit_once('/').unwrap_or_default();
        let mut fields = document::as_map_mut(object);
        for parent in parents.split('/').skip(1) {
            fields = document::entry_mut(fields, parent);
        }
        fields.insert(name.to_owned(), wanted.into());
    }
}

/// A selector as users write it, whichever form the kind keeps it in.
pub(crate) fn selector_text(selector: &Value) -> String {
    if let Some(text) = selector.as_str() {
        return text.to_owned();
    }
    let has_form = selector.get("matchLabels").is_some_and(Value::is_object)
        || selector.get("matchExpressions").is_some_and(Value::is_array);
    if has_form {
        return LabelSelector::from_value(selector).map(|s| s.to_string()).unwrap_or_default();
    }
    labels_text(selector)
}

/// Labels as a list of `key=value`.
pub(crate) fn labels_text(labels: &Value) -> String {
    let labels = labels.as_object().into_iter().flatten();
    let pairs = labels.map(|(key, value)| format!("{key}={}", value.as_str().unwrap_or_default()));
    pairs.collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests;
