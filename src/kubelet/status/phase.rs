//! A pod's phase: one word for all its containers.

use crate::lifecycle::{ContainerRecord, Phase, Policy, Restart, Role, Stage, State};

/// `Pending`, `Running`, `Succeeded` or `Failed`.
pub(super) fn of(policy: &Policy, state: &State) -> &'static str {
    let over = state.is_over();
    if over && state.verdict.is_some() {
        return "Failed";
    }
    let of_role = |wanted: Role| {
        policy
            .containers
            .iter()
            .zip(&state.containers)
            .filter(move |(container, _)| container.role == wanted)
    };
    let init_failed = of_role(Role::Init).any(|(_, record)| failed(record));
    let mut main = of_role(Role::Main).map(|(_, record)| record);
    if over {
        let succeeded = !init_failed && main.all(ContainerRecord::succeeded);
        return if succeeded { "Succeeded" } else { "Failed" };
    }
    if init_failed {
        return "Failed";
    }
    let initialized = of_role(Role::Init).all(|(_, record)| record.succeeded())
        && of_role(Role::Sidecar).all(|(_, record)| record.ever_started);
    let waits = |record: &ContainerRecord| record.run().is_none() && record.last.is_none();
    let started = of_role(Role::Main).any(|(_, record)| !waits(record));
    if (!initialized && !started) || of_role(Role::Main).any(|(_, record)| waits(record)) {
        return "Pending";
    }
    if main.any(|record| record.run().is_some()) || matches!(state.stage, Stage::Stopping { .. }) {
        return "Running";
    }
    settled(policy, state)
}

/// The phase of a pod whose main containers have all ended at least once and do not run now.
fn settled(policy: &Policy, state: &State) -> &'static str {
    let mut main = policy
        .containers
        .iter()
        .zip(&state.containers)
        .filter(|(container, _)| container.role == Role::Main);
    if main.clone().any(|(container, _)| container.restart == Restart::Always) {
        "Running"
    } else if main.clone().all(|(_, record)| record.succeeded()) {
        "Succeeded"
    } else if main.all(|(_, record)| record.phase == Phase::Ended) {
        "Failed"
    } else {
        "Running"
    }
}

fn failed(record: &ContainerRecord) -> bool {
    record.phase == Phase::Ended && !record.succeeded()
}
