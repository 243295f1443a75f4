//! Turns a priority class into a number.

use machinery::{ApiError, Resource};

use super::Attributes;
use crate::request::Verb;

/// The classes every cluster has.
const SYSTEM_CLASSES: &[(&str, i64)] =
    &[("system-node-critical", 2_000_001_000), ("system-cluster-critical", 2_000_000_000)];

pub(super) fn admit(attributes: &mut Attributes<'_>) -> Result<bool, ApiError> {
    if attributes.verb != Verb::Create
        || !attributes.is("", "pods")
        || attributes.subresource.is_some()
    {
        return Ok(false);
    }
    let spec = &mut attributes.object["spec"];
    let class = spec["priorityClassName"].as_str().unwrap_or_default();
    let priority = match SYSTEM_CLASSES.iter().find(|(name, _)| *name == class) {
        Some((_, value)) => *value,
        None if class.is_empty() => 0,
        None => {
            let detail = format!("no PriorityClass with name {class} was found");
            return Err(ApiError::forbidden(&Resource::new("", "pods"), attributes.name, &detail));
        }
    };
    if spec["priority"].as_i64().is_some_and(|given| given != priority) {
        let detail = "the integer value of priority must not be provided in pod spec; priority \
                      admission controller computed a different value from the given PriorityClass name";
        return Err(ApiError::forbidden(&Resource::new("", "pods"), attributes.name, detail));
    }
    spec["priority"] = priority.into();
    if spec["preemptionPolicy"].is_null() {
        spec["preemptionPolicy"] = "PreemptLowerPriority".into();
    }
    Ok(true)
}
