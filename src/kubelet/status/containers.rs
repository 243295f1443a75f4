//! The statuses of a pod's containers.

use k8s_openapi::api::core::v1::{
    Container, ContainerState, ContainerStateRunning, ContainerStateTerminated,
    ContainerStateWaiting, ContainerStatus, Pod, ResourceRequirements,
};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

use super::View;
use crate::lifecycle::{Ending, Phase, Policy, Role, State};

/// The statuses of the initial containers (if there are any) and of the others.
pub(super) fn render(
    pod: &Pod,
    policy: &Policy,
    state: &State,
    view: &View,
) -> (Option<Vec<ContainerStatus>>, Option<Vec<ContainerStatus>>) {
    let Some(spec) = &pod.spec else { return (None, None) };
    let init = spec.init_containers.as_deref().unwrap_or_default();
    let statuses: Vec<ContainerStatus> = init
        .iter()
        .chain(&spec.containers)
        .enumerate()
        .filter(|(index, _)| *index < state.containers.len())
        .map(|(index, container)| one(container, policy, state, view, index))
        .collect();
    let (first, others) = statuses.split_at(init.len().min(statuses.len()));
    ((!first.is_empty()).then(|| first.to_vec()), Some(others.to_vec()))
}

fn one(
    container: &Container,
    policy: &Policy,
    state: &State,
    view: &View,
    index: usize,
) -> ContainerStatus {
    let record = &state.containers[index];
    let role = policy.containers[index].role;
    let run = record.run();
    let last = record.last.as_deref();
    let shown = state_of(policy, state, index);
    // An initial container is ready when it has done its work.
    let ready = match role {
        Role::Init => record.succeeded(),
        Role::Sidecar | Role::Main => run.is_some_and(|run| run.ready),
    };
    // A change of the spec takes effect with the next start.
    let started_with = run.and_then(|_| view.resources.get(&index));
    let resources = started_with.or(container.resources.as_ref()).cloned();
    let last_shown = last.filter(|_| shown.terminated.is_none());
    let id = run.map(|run| &run.id).or(last.map(|last| &last.id)).filter(|id| !id.is_empty());
    ContainerStatus {
        name: container.name.clone(),
        image: record.image.as_ref().map_or_else(
            || container.image.clone().unwrap_or_default(),
            |image| image.name.clone(),
        ),
        image_id: record.image.as_ref().map(|image| image.id.clone()).unwrap_or_default(),
        container_id: id.cloned(),
        ready,
        started: Some(run.is_some_and(|run| run.started)),
        restart_count: i32::try_from(record.restarts).unwrap_or(i32::MAX),
        state: Some(shown),
        last_state: Some(last_shown.map_or_else(ContainerState::default, terminated)),
        resources: resources.clone().filter(|all| *all != ResourceRequirements::default()),
        allocated_resources: resources
            .and_then(|resources| resources.requests)
            .filter(|requests| !requests.is_empty()),
        ..ContainerStatus::default()
    }
}

fn state_of(policy: &Policy, state: &State, index: usize) -> ContainerState {
    let record = &state.containers[index];
    let setback = match &record.phase {
        Phase::Running(run) | Phase::Stopping { run, .. } => {
            return ContainerState {
                running: Some(ContainerStateRunning { started_at: Some(Time(run.since)) }),
                ..ContainerState::default()
            };
        }
        Phase::NoImage { setback, .. } | Phase::Unstartable { setback, .. } => Some(setback),
        Phase::BackOff { setback, .. } => setback.as_ref(),
        Phase::Waiting | Phase::Pulling | Phase::Starting | Phase::Abandoned => {
            record.trouble.as_ref()
        }
        Phase::Ended => None,
    };
    match (setback, &record.last) {
        (Some(setback), _) => waiting(&setback.reason, Some(setback.message.clone())),
        (None, Some(last)) => terminated(last),
        (None, None) => waiting(initial_reason(policy), None),
    }
}

/// Where there are initial containers the pod is said to be initialising, else to be creating.
fn initial_reason(policy: &Policy) -> &'static str {
    let has_init = policy.containers.iter().any(|one| one.role != Role::Main);
    if has_init { "PodInitializing" } else { "ContainerCreating" }
}

fn waiting(reason: &str, message: Option<String>) -> ContainerState {
    ContainerState {
        waiting: Some(ContainerStateWaiting { reason: Some(reason.to_owned()), message }),
        ..ContainerState::default()
    }
}

fn terminated(ending: &Ending) -> ContainerState {
    ContainerState {
        terminated: Some(ContainerStateTerminated {
            container_id: (!ending.id.is_empty()).then(|| ending.id.clone()),
            exit_code: ending.exit_code,
            reason: Some(ending.reason.clone()),
            message: ending.message.clone(),
            started_at: ending.started.map(Time),
            finished_at: ending.finished.map(Time),
            signal: None,
        }),
        ..ContainerState::default()
    }
}
