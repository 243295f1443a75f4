//! Tells a pod, by its labels, in which zone and region the node is that it has been given.

use machinery::document;

use super::{Attributes, Tools};
use crate::request::Verb;

/// What a pod takes over from its node.
const LABELS: [&str; 2] = ["topology.kubernetes.io/region", "topology.kubernetes.io/zone"];

pub(super) fn admit(tools: &Tools<'_>, attributes: &mut Attributes<'_>) -> bool {
    let placed = match attributes.subresource {
        None => attributes.verb == Verb::Create,
        Some(subresource) => subresource == "binding",
    };
    if !placed || !attributes.is("", "pods") {
        return false;
    }
    let node = document::str_at(attributes.object, "/spec/nodeName");
    if node.is_empty() {
        return false;
    }
    let Some(node) = tools.get("", "nodes", None, node) else { return false };
    let known = LABELS.iter().filter_map(|label| node.labels.get_key_value(*label));
    let mut changed = false;
    for (label, value) in known {
        let labels = document::entry_mut(document::metadata_mut(attributes.object), "labels");
        labels.insert(label.clone(), value.clone().into());
        changed = true;
    }
    changed
}
