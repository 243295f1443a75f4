//! A pod's conditions.

use jiff::Timestamp;
use k8s_openapi::api::core::v1::{Pod, PodCondition};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

use super::View;
use crate::lifecycle::{ContainerRecord, Ground, Policy, Role, State};

/// The conditions that this module writes; all others are kept as they are.
const OWN: [&str; 5] =
    ["PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled"];

/// Says that a change of resources has not taken effect.
const RESIZE_PENDING: &str = "PodResizePending";

/// A condition's value before it has times.
struct Verdict {
    holds: bool,
    reason: Option<&'static str>,
    message: Option<String>,
}

impl Verdict {
    fn yes() -> Self {
        Self { holds: true, reason: None, message: None }
    }

    fn no(reason: &'static str, message: Option<String>) -> Self {
        Self { holds: false, reason: Some(reason), message }
    }
}

/// All conditions, in the order Kubernetes writes them, others' last.
pub(super) fn render(
    pod: &Pod,
    policy: &Policy,
    state: &State,
    view: &View,
    phase: &str,
    now: Timestamp,
) -> Vec<PodCondition> {
    let before: &[PodCondition] =
        pod.status.as_ref().and_then(|status| status.conditions.as_deref()).unwrap_or_default();
    let ground = if state.ground == Ground::Made {
        Verdict::yes()
    } else {
        Verdict { holds: false, reason: None, message: None }
    };
    let containers_ready = containers_ready(policy, state, phase);
    let ready = ready(pod, before, policy, state, phase);
    let own = OWN.into_iter().zip([
        ground,
        initialized(policy, state, phase),
        ready,
        containers_ready,
        Verdict::yes(),
    ]);
    let resize = is_resize_pending(pod, state, view).then(|| {
        let text = "In-place resize is not supported on this node; a container has its new resources when it starts again";
        let verdict =
            Verdict { holds: true, reason: Some("Infeasible"), message: Some(text.to_owned()) };
        (RESIZE_PENDING, verdict)
    });
    own.chain(resize)
        .map(|(name, verdict)| dated(name, verdict, before, pod.metadata.generation, now))
        .chain(before.iter().filter(|one| !is_own(&one.type_)).cloned())
        .collect()
}

fn is_own(name: &str) -> bool {
    OWN.contains(&name) || name == RESIZE_PENDING
}

/// Whether a container runs with other resources than its spec has now.
fn is_resize_pending(pod: &Pod, state: &State, view: &View) -> bool {
    let Some(spec) = &pod.spec else { return false };
    let containers = spec.init_containers.iter().flatten().chain(&spec.containers);
    containers.zip(&state.containers).enumerate().any(|(index, (container, record))| {
        record.run().is_some()
            && view.resources.get(&index).is_some_and(|started_with| {
                *started_with != container.resources.clone().unwrap_or_default()
            })
    })
}

/// The condition with the time of its last change of status.
fn dated(
    name: &str,
    verdict: Verdict,
    before: &[PodCondition],
    generation: Option<i64>,
    now: Timestamp,
) -> PodCondition {
    let status = if verdict.holds { "True" } else { "False" };
    let old = before.iter().find(|one| one.type_ == name);
    let unchanged = old.filter(|old| old.status == status);
    if name == "PodScheduled"
        && let Some(old) = unchanged
    {
        return old.clone();
    }
    PodCondition {
        type_: name.to_owned(),
        status: status.to_owned(),
        reason: verdict.reason.map(str::to_owned),
        message: verdict.message,
        last_probe_time: None,
        last_transition_time: unchanged
            .and_then(|old| old.last_transition_time.clone())
            .or(Some(Time(now))),
        observed_generation: generation,
    }
}

fn initialized(policy: &Policy, state: &State, phase: &str) -> Verdict {
    let unfinished: Vec<&str> = named(policy, state)
        .filter(|(role, _, record)| match role {
            Role::Init => !record.succeeded(),
            Role::Sidecar => !record.run().is_some_and(|run| run.started) && !record.is_done(),
            Role::Main => false,
        })
        .map(|(_, name, _)| name)
        .collect();
    match (phase, unfinished.is_empty()) {
        ("Succeeded", _) => Verdict { holds: true, reason: Some("PodCompleted"), message: None },
        (_, true) => Verdict::yes(),
        (_, false) => Verdict::no(
            "ContainersNotInitialized",
            Some(format!("containers with incomplete status: [{}]", unfinished.join(" "))),
        ),
    }
}

fn containers_ready(policy: &Policy, state: &State, phase: &str) -> Verdict {
    let unready: Vec<&str> = named(policy, state)
        .filter(|(role, _, record)| {
            *role != Role::Init && !record.run().is_some_and(|run| run.ready)
        })
        .map(|(_, name, _)| name)
        .collect();
    match (phase, unready.is_empty()) {
        ("Succeeded", _) => Verdict::no("PodCompleted", None),
        ("Failed", _) => Verdict::no("PodFailed", None),
        (_, true) => Verdict::yes(),
        (_, false) => Verdict::no(
            "ContainersNotReady",
            Some(format!("containers with unready status: [{}]", unready.join(" "))),
        ),
    }
}

fn ready(
    pod: &Pod,
    conditions: &[PodCondition],
    policy: &Policy,
    state: &State,
    phase: &str,
) -> Verdict {
    let containers = containers_ready(policy, state, phase);
    if !containers.holds {
        return containers;
    }
    let gates = pod.spec.as_ref().and_then(|spec| spec.readiness_gates.as_deref());
    let complaints: Vec<String> = gates
        .unwrap_or_default()
        .iter()
        .filter_map(|gate| complaint(&gate.condition_type, conditions))
        .collect();
    if complaints.is_empty() {
        Verdict::yes()
    } else {
        Verdict::no("ReadinessGatesNotReady", Some(complaints.join(", ")))
    }
}

fn complaint(gate: &str, conditions: &[PodCondition]) -> Option<String> {
    match conditions.iter().find(|one| one.type_ == gate) {
        None => Some(format!(
            "corresponding condition of pod readiness gate \"{gate}\" does not exist."
        )),
        Some(one) if one.status == "True" => None,
        Some(one) => Some(format!(
            "the status of pod readiness gate \"{gate}\" is not \"True\", but {}",
            one.status
        )),
    }
}

fn named<'a>(
    policy: &'a Policy,
    state: &'a State,
) -> impl Iterator<Item = (Role, &'a str, &'a ContainerRecord)> {
    policy
        .containers
        .iter()
        .zip(&state.containers)
        .map(|(wanted, record)| (wanted.role, wanted.name.as_str(), record))
}
