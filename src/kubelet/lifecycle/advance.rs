//! Pushes a pod on, whatever has happened: looks at the whole state and orders what is due.

use std::time::Duration;

use jiff::Timestamp;

use super::policy::{Policy, Role};
use super::restart::after;
use super::state::{Deletion, Ground, Phase, Setback, Stage, State, StopOrder};
use super::step::{Effect, normal, pod_normal, warning};

/// Orders everything that is due.
pub(super) fn advance(
    policy: &Policy,
    state: &mut State,
    now: Timestamp,
    effects: &mut Vec<Effect>,
) {
    expire(policy, state, now, effects);
    match state.stage {
        Stage::New => prepare(state, effects),
        Stage::Unprepared { until } if until <= now => prepare(state, effects),
        Stage::Active => run(policy, state, now, effects),
        _ => (),
    }
    if let Stage::Stopping { until } = state.stage {
        wind_down(policy, state, until, now, effects);
    }
    if state.stage == Stage::Over {
        say_goodbye(state, effects);
    } else if state.stage == Stage::Gone && state.deletion == Deletion::Vanished {
        effects.push(Effect::Forget);
    }
}

fn prepare(state: &mut State, effects: &mut Vec<Effect>) {
    state.stage = Stage::Preparing;
    state.ground = Ground::Making;
    effects.push(Effect::Prepare);
}

/// Ends a pod whose time is over, whatever it waits for.
fn expire(policy: &Policy, state: &mut State, now: Timestamp, effects: &mut Vec<Effect>) {
    if state.deadline(policy).is_some_and(|deadline| deadline <= now) {
        let text = "Pod was active on the node longer than the specified deadline";
        state.verdict = Some(Setback::new("DeadlineExceeded", text));
        effects.push(pod_normal("DeadlineExceeded", text.to_owned()));
        begin_stopping(state, after(now, policy.grace));
    }
}

/// Drives the containers whose turn it is, and ends the pod when its work is over.
fn run(policy: &Policy, state: &mut State, now: Timestamp, effects: &mut Vec<Effect>) {
    if is_finished(policy, state) {
        return begin_stopping(state, after(now, policy.grace));
    }
    let turn = first_obstacle(policy, state);
    for container in 0..state.containers.len() {
        let due = match policy.containers[container].role {
            Role::Main => turn.is_none(),
            Role::Init | Role::Sidecar => turn.is_none_or(|turn| container <= turn),
        };
        if due {
            drive(policy, state, container, now, effects);
        }
    }
}

/// Whether nothing of the pod's own work remains: every main container has ended for good, or an
/// initial one has failed for good.
fn is_finished(policy: &Policy, state: &State) -> bool {
    let roles = || policy.containers.iter().map(|one| one.role).zip(&state.containers);
    let broken = roles().any(|(role, record)| {
        role == Role::Init && record.phase == Phase::Ended && !record.succeeded()
    });
    broken || roles().filter(|(role, _)| *role == Role::Main).all(|(_, record)| record.is_done())
}

/// The initial container that the later ones wait for.
fn first_obstacle(policy: &Policy, state: &State) -> Option<usize> {
    policy.containers.iter().zip(&state.containers).position(|(wanted, record)| match wanted.role {
        Role::Init => !record.succeeded(),
        Role::Sidecar => !record.run().is_some_and(|run| run.started),
        Role::Main => false,
    })
}

/// Orders what one container needs next.
fn drive(
    policy: &Policy,
    state: &mut State,
    container: usize,
    now: Timestamp,
    effects: &mut Vec<Effect>,
) {
    let record = &mut state.containers[container];
    let trouble = match &mut record.phase {
        Phase::Waiting => None,
        Phase::NoImage { setback, until, .. } | Phase::Unstartable { setback, until }
            if *until <= now =>
        {
            Some(setback.clone())
        }
        Phase::BackOff { setback, until } if *until <= now => setback.take(),
        Phase::NoImage { setback, announce, .. } if announce.is_some_and(|at| at <= now) => {
            *announce = None;
            let image = &policy.containers[container].image;
            let text = format!("Back-off pulling image \"{image}\"");
            let detail = format!("{text}: {}: {}", setback.reason, setback.message);
            *setback = Setback::new("ImagePullBackOff", detail);
            effects.push(normal(container, "BackOff", text));
            effects.push(warning(container, "Failed", "Error: ImagePullBackOff".to_owned()));
            return;
        }
        _ => return,
    };
    record.trouble = trouble.or(record.trouble.take());
    record.phase = Phase::Pulling;
    record.redefined = false;
    effects.push(Effect::Pull { container });
}

/// Lets the pod end until the given time; an earlier time wins over one given before.
pub(super) fn begin_stopping(state: &mut State, until: Timestamp) {
    match state.stage {
        Stage::New | Stage::Preparing | Stage::Unprepared { .. } | Stage::Active => {
            state.stage = Stage::Stopping { until };
        }
        Stage::Stopping { until: before } => {
            state.stage = Stage::Stopping { until: until.min(before) };
        }
        Stage::TearingDown | Stage::Over | Stage::Gone => (),
    }
}

/// Ends the containers: the main ones at once, then the sidecars, last first; then clears the ground.
fn wind_down(
    policy: &Policy,
    state: &mut State,
    until: Timestamp,
    now: Timestamp,
    effects: &mut Vec<Effect>,
) {
    let count = state.containers.len();
    let is_sidecar = |container: &usize| policy.containers[*container].role == Role::Sidecar;
    for container in (0..count).filter(|one| !is_sidecar(one)) {
        end(policy, state, container, until, now, effects);
    }
    for container in (0..count).rev().filter(is_sidecar) {
        let others_done = (0..count)
            .filter(|other| !is_sidecar(other) || *other > container)
            .all(|other| state.containers[other].is_done());
        if others_done || state.containers[container].run().is_none() {
            end(policy, state, container, until, now, effects);
        }
    }
    let all_done = state.containers.iter().all(super::state::ContainerRecord::is_done);
    if all_done && state.ground != Ground::Making {
        state.stage = Stage::TearingDown;
        effects.push(Effect::TearDown);
    }
}

/// Ends one container until the given time, whatever it is doing.
fn end(
    policy: &Policy,
    state: &mut State,
    container: usize,
    until: Timestamp,
    now: Timestamp,
    effects: &mut Vec<Effect>,
) {
    let record = &mut state.containers[container];
    match &mut record.phase {
        Phase::Running(_) => {
            let text = format!("Stopping container {}", policy.containers[container].name);
            effects.push(normal(container, "Killing", text));
            stop_container(policy, state, container, until, now, effects);
        }
        Phase::Stopping { order, .. } => {
            let (StopOrder::Hook { until: before } | StopOrder::Sent { until: before }) = *order;
            if until < before {
                *order = StopOrder::Sent { until };
                effects.push(Effect::Stop { container, grace: left(until, now) });
            }
        }
        Phase::Waiting
        | Phase::Pulling
        | Phase::NoImage { .. }
        | Phase::Unstartable { .. }
        | Phase::BackOff { .. } => {
            record.phase = if record.last.is_some() { Phase::Ended } else { Phase::Abandoned };
        }
        // It is ended when it runs; its hook must not put that off.
        Phase::Starting => effects.push(Effect::CutHook { container }),
        Phase::Ended | Phase::Abandoned => (),
    }
}

/// Tells a running container to end until the given time, after its preStop hook if it has one.
pub(super) fn stop_container(
    policy: &Policy,
    state: &mut State,
    container: usize,
    until: Timestamp,
    now: Timestamp,
    effects: &mut Vec<Effect>,
) {
    let record = &mut state.containers[container];
    let Phase::Running(run) = &record.phase else { return };
    let run = run.clone();
    let grace = left(until, now);
    let order = if policy.containers[container].pre_stop && !grace.is_zero() {
        effects.push(Effect::PreStop { container });
        StopOrder::Hook { until }
    } else {
        effects.push(Effect::Stop { container, grace });
        StopOrder::Sent { until }
    };
    record.phase = Phase::Stopping { run, order };
}

fn left(until: Timestamp, now: Timestamp) -> Duration {
    Duration::try_from(until.duration_since(now)).unwrap_or_default()
}

/// What remains to be done for a pod that is over and is to vanish.
fn say_goodbye(state: &mut State, effects: &mut Vec<Effect>) {
    let last = match state.deletion {
        Deletion::None => return,
        Deletion::Asked => Effect::Delete,
        Deletion::Vanished => Effect::Forget,
    };
    state.stage = Stage::Gone;
    effects.push(last);
}
