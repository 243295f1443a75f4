//! Pods stay five minutes on a node that stops answering, unless they say otherwise.

use serde_json::{Value, json};

use super::Attributes;

/// As on Kubernetes: long enough for a node to come back, short enough to notice.
const SECONDS: i64 = 300;
const TAINTS: &[&str] = &["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"];

pub(super) fn admit(attributes: &mut Attributes<'_>) -> bool {
    if !attributes.creates("", "pods") && !attributes.updates("", "pods") {
        return false;
    }
    let tolerations = &mut attributes.object["spec"]["tolerations"];
    let mut list = tolerations.as_array().cloned().unwrap_or_default();
    let before = list.len();
    for taint in TAINTS {
        if !list.iter().any(|toleration| tolerates(toleration, taint)) {
            list.push(json!({
                "key": taint, "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": SECONDS,
            }));
        }
    }
    let changed = list.len() > before;
    if changed {
        *tolerations = list.into();
    }
    changed
}

fn tolerates(toleration: &Value, taint: &str) -> bool {
    let text = |field: &str| toleration[field].as_str().unwrap_or_default();
    let key = text("key");
    (key == taint || key.is_empty()) && matches!(text("effect"), "" | "NoExecute")
}
