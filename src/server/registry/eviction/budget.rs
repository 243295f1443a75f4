//! What a disruption budget says about a pod, decided without doing it.

use machinery::{ApiError, LabelSelector, Resource, document};
use serde_json::{Value, json};

use super::{RETRY_SECONDS, refused};

/// Evictions a budget remembers that its controller has not confirmed; more mean that the controller is gone.
const UNCONFIRMED_MAX: usize = 2_000;
const ALLOWED: &str = "DisruptionAllowed";

/// Whether the pod does no work that a budget protects: it has not begun, has ended, or is going anyway.
pub(super) fn is_no_loss(pod: &Value) -> bool {
    matches!(document::str_at(pod, "/status/phase"), "Pending" | "Succeeded" | "Failed")
        || document::is_terminating(pod)
}

/// Whether the pod is ready, which is what budgets count as healthy.
pub(super) fn is_ready(pod: &Value) -> bool {
    let mut conditions = document::list_at(pod, "/status/conditions").iter();
    conditions.any(|condition| condition["type"] == "Ready" && condition["status"] == "True")
}

/// Whether the budget selects the pod.
pub(super) fn is_about(budget: &Value, pod: &Value) -> bool {
    LabelSelector::from_value(&budget["spec"]["selector"])
        .is_ok_and(|selector| selector.matches_object(pod))
}

/// Whether a pod that is not ready may go without being counted.
pub(super) fn lets_unhealthy_go(budget: &Value) -> bool {
    let count = |field: &str| budget["status"][field].as_i64().unwrap_or(0);
    let desired = count("desiredHealthy");
    budget["spec"]["unhealthyPodEvictionPolicy"] == "AlwaysAllow"
        || (desired > 0 && count("currentHealthy") >= desired)
}

/// The budget after it has given one disruption to a pod, or why it gives none.
pub(super) fn with_one_taken(budget: &Value, pod: &str, now: &str) -> Result<Value, ApiError> {
    let (name, status) = (document::name(budget), &budget["status"]);
    let observed = status["observedGeneration"].as_i64().unwrap_or(0);
    if observed < document::generation(budget) {
        let cause = format!("The disruption budget {name} is still being processed by the server.");
        return Err(refused(cause, RETRY_SECONDS));
    }
    let forbidden = |detail: &str| {
        let resource = Resource::new("policy", "poddisruptionbudgets");
        Err(ApiError::forbidden(&resource, name, detail))
    };
    let allowed = status["disruptionsAllowed"].as_i64().unwrap_or(0);
    if allowed < 0 {
        return forbidden("pdb disruptions allowed is negative");
    }
    if status["disruptedPods"].as_object().is_some_and(|pods| pods.len() > UNCONFIRMED_MAX) {
        return forbidden(
            "DisruptedPods map too big - too many evictions not confirmed by PDB controller",
        );
    }
    if allowed == 0 {
        return Err(refused(shortage(name, status), 0));
    }
    let mut taken = budget.clone();
    let status = document::child_mut(&mut taken, "status");
    status.insert("disruptionsAllowed".to_owned(), (allowed - 1).into());
    document::entry_mut(status, "disruptedPods").insert(pod.to_owned(), now.into());
    if allowed == 1 {
        forbid_more(&mut taken, observed, now);
    }
    Ok(taken)
}

fn shortage(name: &str, status: &Value) -> String {
    let condition = document::list_at(status, "/conditions").iter();
    let failed = condition.filter(|one| one["type"] == ALLOWED).find_map(|one| {
        let failed = one["status"] == "False" && one["reason"] == "SyncFailed";
        failed.then(|| one["message"].as_str().unwrap_or_default())
    });
    match failed {
        Some(message) => format!(
            "The disruption budget {name} does not allow evicting pods currently because it failed sync: {message}"
        ),
        None => format!(
            "The disruption budget {name} needs {} healthy pods and has {} currently",
            status["desiredHealthy"], status["currentHealthy"]
        ),
    }
}

/// Says in the conditions that nothing is left.
fn forbid_more(budget: &mut Value, observed: i64, now: &str) {
    let condition = json!({
        "type": ALLOWED, "status": "False", "reason": "InsufficientPods", "message": "",
        "lastTransitionTime": now, "observedGeneration": observed,
    });
    put_condition(document::child_mut(budget, "status"), condition);
}

/// The pod with the reason why it goes.
pub(super) fn marked(pod: &Value, now: &str) -> Value {
    let mut pod = pod.clone();
    let condition = json!({
        "type": "DisruptionTarget", "status": "True", "reason": "EvictionByEvictionAPI",
        "message": "Eviction API: evicting", "lastTransitionTime": now,
    });
    put_condition(document::child_mut(&mut pod, "status"), condition);
    pod
}

/// Sets a condition; one that already has this status keeps its time.
fn put_condition(status: &mut serde_json::Map<String, Value>, mut condition: Value) {
    let conditions = status.entry("conditions").or_insert_with(|| json!([]));
    let Some(conditions) = conditions.as_array_mut() else { return };
    match conditions.iter_mut().find(|old| old["type"] == condition["type"]) {
        Some(old) => {
            if old["status"] == condition["status"] {
                condition["lastTransitionTime"] = old["lastTransitionTime"].take();
            }
            *old = condition;
        }
        None => conditions.push(condition),
    }
}

#[cfg(test)]
mod tests;
