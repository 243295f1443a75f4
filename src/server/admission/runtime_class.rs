//! Adds to a pod what its runtime class costs and where it can run.

use machinery::ApiError;
use serde_json::Value;

use super::read::{amounts, entries, items, map_mut, text};
use super::{Attributes, Tools};

pub(super) fn admit(tools: &Tools<'_>, attributes: &mut Attributes<'_>) -> Result<bool, ApiError> {
    if !attributes.creates("", "pods") {
        return Ok(false);
    }
    let spec = &attributes.object["spec"];
    let name = text(spec, "runtimeClassName");
    let given = amounts(&spec["overhead"]);
    if name.is_empty() {
        return if given.is_empty() { Ok(false) } else { Err(overhead_without_class(attributes)) };
    }
    let Some(class) = tools.get("node.k8s.io", "runtimeclasses", None, name) else {
        return Err(attributes.forbidden(&format!("pod rejected: RuntimeClass {name:?} not found")));
    };
    let class = class.object();
    let overhead = &class["overhead"]["podFixed"];
    if overhead.is_null() && !given.is_empty() {
        return Err(overhead_without_class(attributes));
    }
    if !given.is_empty() && given != amounts(overhead) {
        let detail = "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead";
        return Err(attributes.forbidden(detail));
    }
    if let Some((key, wanted, found)) = conflict(&class["scheduling"]["nodeSelector"], spec) {
        return Err(attributes.forbidden(&format!(
            "conflict: runtimeClass.scheduling.nodeSelector[{key}] = {wanted}; \
             pod.spec.nodeSelector[{key}] = {found}"
        )));
    }
    let spec = &mut attributes.object["spec"];
    if !overhead.is_null() {
        spec["overhead"] = overhead.clone();
    }
    schedule(&class["scheduling"], spec);
    Ok(true)
}

fn overhead_without_class(attributes: &Attributes<'_>) -> ApiError {
    attributes.forbidden(
        "pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead",
    )
}

/// A label on which class and pod differ.
fn conflict<'a>(selector: &'a Value, spec: &'a Value) -> Option<(&'a str, &'a str, &'a str)> {
    entries(selector).find_map(|(key, value)| {
        let (wanted, found) = (value.as_str()?, spec["nodeSelector"].get(key)?.as_str()?);
        (wanted != found).then_some((key.as_str(), wanted, found))
    })
}

fn schedule(scheduling: &Value, spec: &mut Value) {
    for (key, value) in entries(&scheduling["nodeSelector"]) {
        map_mut(spec, "nodeSelector").insert(key.clone(), value.clone());
    }
    for toleration in items(scheduling, "tolerations") {
        match &mut spec["tolerations"] {
            Value::Array(list) if list.contains(toleration) => {}
            Value::Array(list) => list.push(toleration.clone()),
            other => *other = vec![toleration.clone()].into(),
        }
    }
}

#[cfg(test)]
mod tests;
