//! Picks a pod up again after the node's process was restarted, from what the API remembers of it.

use jiff::Timestamp;
use k8s_openapi::api::core::v1::{ContainerStateTerminated, ContainerStatus, Pod, PodStatus};

use super::policy::{Policy, Role};
use super::state::{ContainerRecord, Ending, Image, Phase, Setback, State};

/// The state to begin with: a new pod's, a finished pod's, or one whose containers start again.
pub(crate) fn restore(policy: &Policy, pod: &Pod, now: Timestamp) -> State {
    let Some(status) = &pod.status else { return State::new(policy, now) };
    let mut state = match status.phase.as_deref() {
        Some("Succeeded" | "Failed") => State::over(policy, verdict(status), now),
        _ => State::new(policy, now),
    };
    if let Some(start) = &status.start_time {
        state.since = start.0;
    }
    let over = state.is_over();
    for (wanted, record) in policy.containers.iter().zip(&mut state.containers) {
        let list = match wanted.role {
            Role::Init | Role::Sidecar => &status.init_container_statuses,
            Role::Main => &status.container_statuses,
        };
        let Some(seen) = list.iter().flatten().find(|one| one.name == wanted.name) else {
            record.phase = if over { Phase::Abandoned } else { Phase::Waiting };
            continue;
        };
        *record = recall(seen, now);
        let last = record.last.as_ref();
        record.phase = if over {
            if last.is_some() { Phase::Ended } else { Phase::Abandoned }
        } else if wanted.role == Role::Main
            && last.is_some_and(|last| !wanted.restart.again(last.exit_code))
        {
            Phase::Ended
        } else {
            Phase::Waiting
        };
    }
    state
}

fn verdict(status: &PodStatus) -> Option<Setback> {
    let reason = status.reason.clone()?;
    Some(Setback { reason, message: status.message.clone().unwrap_or_default() })
}

fn recall(seen: &ContainerStatus, now: Timestamp) -> ContainerRecord {
    let id = seen.container_id.clone().unwrap_or_default();
    let state = seen.state.clone().unwrap_or_default();
    let before = seen.last_state.clone().and_then(|last| last.terminated);
    let last = match (state.running, state.terminated.or(before)) {
        (Some(running), _) => Some(Ending::lost(id, running.started_at.map(|at| at.0), now)),
        (None, Some(terminated)) => Some(ending(terminated)),
        (None, None) => None,
    };
    ContainerRecord {
        restarts: u32::try_from(seen.restart_count).unwrap_or(0),
        ever_started: last.is_some(),
        last: last.map(Box::new),
        image: (!seen.image_id.is_empty())
            .then(|| Image { name: seen.image.clone(), id: seen.image_id.clone() }),
        ..ContainerRecord::new()
    }
}

fn ending(terminated: ContainerStateTerminated) -> Ending {
    Ending {
        id: terminated.container_id.unwrap_or_default(),
        exit_code: terminated.exit_code,
        reason: terminated.reason.unwrap_or_default(),
        message: terminated.message,
        started: terminated.started_at.map(|at| at.0),
        finished: terminated.finished_at.map(|at| at.0),
    }
}
