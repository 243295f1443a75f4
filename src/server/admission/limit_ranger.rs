//! Fills in and enforces what each `LimitRange` of a namespace says.

mod bounds;

use std::collections::HashSet;

use kinds::demand;
use machinery::ApiError;
use serde_json::Value;

use super::read::{Amounts, amounts, entries, items, map_mut, text};
use super::{Attributes, Tools};
use crate::request::Verb;
use bounds::Asked;

/// Says what was filled in.
const ANNOTATION: &str = "kubernetes.io/limit-ranger";

/// Gives containers the amounts they do not name.
pub(super) fn admit(tools: &Tools<'_>, attributes: &mut Attributes<'_>) -> bool {
    if !attributes.creates("", "pods") {
        return false;
    }
    let mut filled = Vec::new();
    for range in ranges(tools, attributes) {
        let limits = items(&range["spec"], "limits");
        for limit in limits.filter(|limit| text(limit, "type") == "Container") {
            for (list, title) in [("containers", "container"), ("initContainers", "init container")]
            {
                let containers = attributes.object["spec"].get_mut(list);
                for container in containers.and_then(Value::as_array_mut).into_iter().flatten() {
                    fill(container, title, limit, &mut filled);
                }
            }
        }
    }
    if filled.is_empty() {
        return false;
    }
    let told = format!("LimitRanger plugin set: {}", filled.join("; "));
    let annotations = map_mut(&mut attributes.object["metadata"], "annotations");
    annotations.insert(ANNOTATION.to_owned(), told.into());
    true
}

/// Fills one container, and says in words what.
fn fill(container: &mut Value, title: &str, limit: &Value, filled: &mut Vec<String>) {
    for (side, from, word) in
        [("requests", "defaultRequest", "request"), ("limits", "default", "limit")]
    {
        let mut set = Vec::new();
        for (name, amount) in entries(&limit[from]) {
            let known = map_mut(&mut container["resources"], side);
            if !known.contains_key(name) {
                known.insert(name.clone(), amount.clone());
                set.push(name.as_str());
            }
        }
        if !set.is_empty() {
            set.sort_unstable();
            filled.push(format!(
                "{} {word} for {title} {}",
                set.join(", "),
                text(container, "name")
            ));
        }
    }
}

/// Refuses what is out of bounds.
pub(super) fn check(tools: &Tools<'_>, attributes: &Attributes<'_>) -> Result<(), ApiError> {
    let pod = attributes.creates("", "pods") || attributes.resizes_pod();
    let claim = matches!(attributes.verb, Verb::Create | Verb::Update)
        && attributes.subresource.is_none()
        && attributes.is("", "persistentvolumeclaims");
    if !pod && !claim {
        return Ok(());
    }
    for range in ranges(tools, attributes) {
        let mut problems = Vec::new();
        for limit in items(&range["spec"], "limits") {
            match text(limit, "type") {
                "PersistentVolumeClaim" if claim => {
                    problems.extend(claim_problems(limit, attributes));
                }
                "Container" if pod => problems.extend(container_problems(limit, attributes)),
                "Pod" if pod => problems.extend(pod_problems(limit, attributes)),
                _ => {}
            }
        }
        if !problems.is_empty() {
            return Err(attributes.forbidden(&joined(problems)));
        }
    }
    Ok(())
}

fn claim_problems(limit: &Value, attributes: &Attributes<'_>) -> Vec<String> {
    let requests = amounts(&attributes.object["spec"]["resources"]["requests"]);
    let asked = Asked { of: "PersistentVolumeClaim", requests: &requests, limits: &Amounts::new() };
    let mut problems = asked.below(&limit["min"]);
    problems.extend(asked.requests_above(&limit["max"]));
    problems
}

fn container_problems(limit: &Value, attributes: &Attributes<'_>) -> Vec<String> {
    let spec = &attributes.object["spec"];
    let containers = items(spec, "containers").chain(items(spec, "initContainers"));
    let problems = containers.flat_map(|container| {
        let resources = &container["resources"];
        let (requests, limits) = (amounts(&resources["requests"]), amounts(&resources["limits"]));
        Asked { of: "Container", requests: &requests, limits: &limits }.problems(limit)
    });
    problems.collect()
}

fn pod_problems(limit: &Value, attributes: &Attributes<'_>) -> Vec<String> {
    let spec = &attributes.object["spec"];
    let (requests, limits) = (demand::requests(spec), demand::limits(spec));
    Asked { of: "Pod", requests: &requests, limits: &limits }.problems(limit)
}

/// Several problems in one sentence, each once.
fn joined(problems: Vec<String>) -> String {
    let mut seen = HashSet::with_capacity(problems.len());
    let mut all: Vec<String> =
        problems.into_iter().filter(|problem| seen.insert(problem.clone())).collect();
    if all.len() == 1 { all.remove(0) } else { format!("[{}]", all.join(", ")) }
}

fn ranges(tools: &Tools<'_>, attributes: &Attributes<'_>) -> Vec<Value> {
    let ranges = tools.list("", "limitranges", attributes.namespace);
    ranges.into_iter().map(|range| range.object()).collect()
}

#[cfg(test)]
mod tests;
