//! Pods stay five minutes on a node that stops answering, unless they say otherwise.

use serde_json::{Value, json};

use super::Attributes;
use crate::request::Verb;

/// As on Kubernetes: long enough for a node to come back, short enough to notice.
const SECONDS: i64 = 300;
const TAINTS: &[&str] = &["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"];

pub(super) fn admit(attributes: &mut Attributes<'_>) -> bool {
    if attributes.verb != Verb::Create
        || !attributes.is("", "pods")
        || attributes.subresource.is_some()
    {
        return false;
    }
    let tolerations = &mut attributes.object["spec"]["tolerations"];
    let mut list = tolerations.as_array().cloned().unwrap_or_default();
    for taint in TAINTS {
        if !list.iter().any(|toleration| tolerates(toleration, taint)) {
            list.push(json!({
                "key": taint, "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": SECONDS,
            }));
        }
    }
    *tolerations = list.into();
    true
}

fn tolerates(toleration: &Value, taint: &str) -> bool {
    let text = |field: &str| toleration[field].as_str().unwrap_or_default();
    let key = text("key");
    (key == taint || key.is_empty()) && matches!(text("effect"), "" | "NoExecute")
}
