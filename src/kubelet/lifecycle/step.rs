//! One step of a pod's life.

use std::time::Duration;

use jiff::Timestamp;

use super::advance::{advance, begin_stopping, stop_container};
use super::ending::Exit;
use super::policy::{ContainerPolicy, Policy};
use super::restart::{
    CURE_DELAY, PULL_SHOWN, after, go_duration, next_crash_delay, next_pull_delay,
};
use super::state::{Deletion, Ending, Ground, Image, Phase, Run, Setback, Stage, State, StopOrder};

/// What can happen to a pod. Containers are named by their place in [`Policy::containers`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Input {
    /// Time has passed, or the pod was just seen.
    Tick,
    /// Volumes, address and sandbox are made, or not.
    Prepared(Result<(), Setback>),
    /// A container's image is ready, or not.
    Pulled { container: usize, result: Result<Image, PullFailure> },
    /// An image that was missing has been imported.
    ImageArrived { container: usize },
    /// A container's image is another one now.
    Redefined { container: usize },
    /// A container was started (with this ID), or not.
    Started { container: usize, result: Result<String, Setback> },
    /// A container has ended.
    Exited { container: usize, exit: Exit },
    /// A probe has passed or failed as often as its threshold demands.
    Probed { container: usize, id: String, probe: Probe, passed: bool },
    /// A preStop hook has ended, well or not.
    HookEnded { container: usize },
    /// The API asks for the pod's end within this time.
    Deleted { grace: Duration },
    /// The pod's object is gone.
    Vanished,
    /// The sandbox, address and volumes are given back.
    TornDown,
}

/// The three probes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Probe {
    Startup,
    Liveness,
    Readiness,
}

/// Why an image is not to be had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum PullFailure {
    /// It may come: shown, then waited for.
    Missing(String),
    /// It will not come by waiting (a malformed name, say), though a look costs nothing.
    Hopeless(Setback),
}

/// What the shell is to do. Each answers with an input, unless said otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Effect {
    /// Make volumes, address and sandbox: [`Input::Prepared`].
    Prepare,
    /// Find and compile an image: [`Input::Pulled`].
    Pull { container: usize },
    /// Start a container: [`Input::Started`].
    Start { container: usize },
    /// Let a start that is under way not wait for its postStart hook. No answer but that of the start.
    CutHook { container: usize },
    /// Watch a container's health until this incarnation ends: [`Input::Probed`].
    Probe { container: usize },
    /// Run the preStop hook: [`Input::HookEnded`].
    PreStop { container: usize },
    /// Tell a container to end: [`Input::Exited`] when it has.
    Stop { container: usize, grace: Duration },
    /// Give back sandbox, address and volumes: [`Input::TornDown`].
    TearDown,
    /// Write the last status, then delete the pod's object. No answer.
    Delete,
    /// The pod's object is gone; forget all about it. No answer.
    Forget,
    /// Tell the user. No answer.
    Notify(Notice),
}

/// Something worth an Event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Notice {
    pub(crate) severity: Severity,
    pub(crate) reason: &'static str,
    pub(crate) message: String,
    /// Which container it is about.
    pub(crate) container: Option<usize>,
}

/// Whether something is amiss.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Severity {
    Normal,
    Warning,
}

/// Takes one input into account.
pub(crate) fn step(
    policy: &Policy,
    mut state: State,
    input: Input,
    now: Timestamp,
) -> (State, Vec<Effect>) {
    let mut effects = Vec::new();
    take(policy, &mut state, input, now, &mut effects);
    advance(policy, &mut state, now, &mut effects);
    (state, effects)
}

fn take(
    policy: &Policy,
    state: &mut State,
    input: Input,
    now: Timestamp,
    effects: &mut Vec<Effect>,
) {
    match input {
        Input::Tick => (),
        Input::Prepared(result) => prepared(state, result, now, effects),
        Input::Pulled { container, result } => {
            pulled(policy, state, container, result, now, effects);
        }
        Input::ImageArrived { container } => image_arrived(state, container, now),
        Input::Redefined { container } => redefined(policy, state, container, now, effects),
        Input::Started { container, result } => {
            started(policy, state, container, result, now, effects);
        }
        Input::Exited { container, exit } => exited(policy, state, container, exit, now, effects),
        Input::Probed { container, id, probe, passed } => {
            probed(policy, state, container, &id, probe, passed, now, effects);
        }
        Input::HookEnded { container } => hook_ended(state, container, now, effects),
        Input::Deleted { grace } => deleted(state, Deletion::Asked, grace, now),
        Input::Vanished => deleted(state, Deletion::Vanished, Duration::ZERO, now),
        Input::TornDown => {
            if state.stage == Stage::TearingDown {
                state.ground = Ground::Gone;
                state.stage = Stage::Over;
            }
        }
    }
}

fn prepared(
    state: &mut State,
    result: Result<(), Setback>,
    now: Timestamp,
    effects: &mut Vec<Effect>,
) {
    match result {
        Ok(()) => {
            state.ground = Ground::Made;
            if state.stage == Stage::Preparing {
                state.stage = Stage::Active;
            }
        }
        Err(setback) => {
            state.ground = Ground::None;
            if state.stage == Stage::Preparing {
                state.stage = Stage::Unprepared { until: after(now, CURE_DELAY) };
            }
            effects.push(pod_warning(reason_of_mount(&setback), setback.message));
        }
    }
}

fn reason_of_mount(setback: &Setback) -> &'static str {
    match setback.reason.as_str() {
        "FailedMount" => "FailedMount",
        _ => "FailedCreatePodSandBox",
    }
}

fn pulled(
    policy: &Policy,
    state: &mut State,
    container: usize,
    result: Result<Image, PullFailure>,
    now: Timestamp,
    effects: &mut Vec<Effect>,
) {
    let record = &mut state.containers[container];
    if record.phase != Phase::Pulling {
        return;
    }
    if record.redefined {
        // This was the image that it had when it was asked for.
        record.redefined = false;
        effects.push(Effect::Pull { container });
        return;
    }
    match result {
        Ok(image) => {
            record.image = Some(image);
            record.pull_delay = super::restart::FIRST_DELAY;
            record.phase = Phase::Starting;
            effects.push(Effect::Start { container });
        }
        Err(PullFailure::Missing(message)) => {
            let image = &policy.containers[container].image;
            let text = format!("Failed to pull image \"{image}\": {message}");
            effects.push(warning(container, "Failed", text));
            effects.push(warning(container, "Failed", "Error: ErrImagePull".to_owned()));
            let delay = next_pull_delay(record);
            record.phase = Phase::NoImage {
                setback: Setback::new("ErrImagePull", message),
                announce: Some(after(now, PULL_SHOWN)),
                until: after(now, delay),
            };
        }
        Err(PullFailure::Hopeless(setback)) => {
            let reason =
                if setback.reason == "InvalidImageName" { "InspectFailed" } else { "Failed" };
            effects.push(warning(container, reason, setback.message.clone()));
            effects.push(warning(container, "Failed", format!("Error: {}", setback.reason)));
            let delay = next_pull_delay(record);
            record.phase = Phase::NoImage { setback, announce: None, until: after(now, delay) };
        }
    }
}

/// Ends a container that runs by an old spec, at once or when it has started; one that waits looks for the new image.
fn redefined(
    policy: &Policy,
    state: &mut State,
    container: usize,
    now: Timestamp,
    effects: &mut Vec<Effect>,
) {
    let record = &mut state.containers[container];
    match &mut record.phase {
        Phase::Running(_) if state.stage == Stage::Active => {
            replace(policy, state, container, now, effects);
        }
        Phase::Pulling | Phase::Starting => record.redefined = true,
        Phase::NoImage { until, .. }
        | Phase::Unstartable { until, .. }
        | Phase::BackOff { until, .. } => *until = now,
        _ => (),
    }
}

/// Ends a running container so that it starts by its new spec.
fn replace(
    policy: &Policy,
    state: &mut State,
    container: usize,
    now: Timestamp,
    effects: &mut Vec<Effect>,
) {
    state.containers[container].redefined = true;
    let name = &policy.containers[container].name;
    let text = format!("Container {name} definition changed, will be restarted");
    effects.push(normal(container, "Killing", text));
    stop_container(policy, state, container, after(now, policy.grace), now, effects);
}

/// Ends the wait for an image.
fn image_arrived(state: &mut State, container: usize, now: Timestamp) {
    if let Phase::NoImage { until, .. } = &mut state.containers[container].phase {
        *until = now;
    }
}

fn started(
    policy: &Policy,
    state: &mut State,
    container: usize,
    result: Result<String, Setback>,
    now: Timestamp,
    effects: &mut Vec<Effect>,
) {
    let wanted = &policy.containers[container];
    let ending = !matches!(state.stage, Stage::Active);
    let record = &mut state.containers[container];
    if record.phase != Phase::Starting {
        return;
    }
    match result {
        Ok(id) => {
            if record.ever_started {
                record.restarts = record.restarts.saturating_add(1);
            }
            record.ever_started = true;
            record.trouble = None;
            let outdated = record.redefined;
            let started = !wanted.startup;
            let run = Run { id, since: now, started, ready: started && !wanted.readiness };
            record.phase = Phase::Running(run);
            let name = &wanted.name;
            effects.push(normal(container, "Created", format!("Created container: {name}")));
            effects.push(normal(container, "Started", format!("Started container {name}")));
            if ending {
                return;
            }
            if outdated {
                replace(policy, state, container, now, effects);
            } else if wanted.startup || wanted.liveness || wanted.readiness {
                effects.push(Effect::Probe { container });
            }
        }
        Err(_) if ending => record.phase = Phase::Abandoned,
        // What failed is not what is wanted any more.
        Err(_) if record.redefined => {
            record.phase = Phase::BackOff { setback: None, until: now };
        }
        Err(setback) => failed_start(policy, state, container, setback, now, effects),
    }
}

/// A start that failed for want of configuration is tried again; any other counts as a crash.
fn failed_start(
    policy: &Policy,
    state: &mut State,
    container: usize,
    setback: Setback,
    now: Timestamp,
    effects: &mut Vec<Effect>,
) {
    let record = &mut state.containers[container];
    effects.push(warning(container, "Failed", format!("Error: {}", setback.message)));
    if setback.reason == "CreateContainerConfigError" {
        record.phase = Phase::Unstartable { setback, until: after(now, CURE_DELAY) };
        return;
    }
    let restart = policy.containers[container].restart;
    let ending = Ending::unstarted("StartError", &setback.message, now);
    if restart.again(ending.exit_code) {
        let delay = next_crash_delay(record, &ending).max(CURE_DELAY);
        record.phase = Phase::Unstartable { setback, until: after(now, delay) };
    } else {
        record.last = Some(Box::new(ending));
        record.phase = Phase::Ended;
    }
}

fn exited(
    policy: &Policy,
    state: &mut State,
    container: usize,
    exit: Exit,
    now: Timestamp,
    effects: &mut Vec<Effect>,
) {
    let active = state.stage == Stage::Active && state.verdict.is_none();
    let record = &mut state.containers[container];
    let Some(run) = record.run() else { return };
    let ending = exit.of(run);
    let wanted = &policy.containers[container];
    let again = active && (record.redefined || wanted.restart.again(ending.exit_code));
    if again {
        let delay =
            if record.redefined { Duration::ZERO } else { next_crash_delay(record, &ending) };
        let setback = (!delay.is_zero()).then(|| crash_loop(policy, wanted, delay));
        if setback.is_some() {
            let text = format!(
                "Back-off restarting failed container {} in pod {}",
                wanted.name, policy.name
            );
            effects.push(warning(container, "BackOff", text));
        }
        record.phase = Phase::BackOff { setback, until: after(now, delay) };
    } else {
        record.phase = Phase::Ended;
    }
    record.last = Some(Box::new(ending));
}

#[expect(clippy::too_many_arguments, reason = "the fields of one input, taken apart once")]
fn probed(
    policy: &Policy,
    state: &mut State,
    container: usize,
    id: &str,
    probe: Probe,
    passed: bool,
    now: Timestamp,
    effects: &mut Vec<Effect>,
) {
    let wanted = &policy.containers[container];
    let Phase::Running(run) = &mut state.containers[container].phase else { return };
    if run.id != id {
        return;
    }
    match (probe, passed) {
        (Probe::Startup, true) => {
            run.started = true;
            run.ready |= !wanted.readiness;
        }
        (Probe::Readiness, passed) => run.ready = passed && run.started,
        (Probe::Liveness, true) => (),
        (Probe::Startup, false) => {
            let grace = wanted.startup_grace.unwrap_or(policy.grace);
            kill_unhealthy(policy, state, container, "startup", grace, now, effects);
        }
        (Probe::Liveness, false) => {
            let grace = wanted.liveness_grace.unwrap_or(policy.grace);
            kill_unhealthy(policy, state, container, "liveness", grace, now, effects);
        }
    }
}

fn kill_unhealthy(
    policy: &Policy,
    state: &mut State,
    container: usize,
    probe: &str,
    grace: Duration,
    now: Timestamp,
    effects: &mut Vec<Effect>,
) {
    let wanted = &policy.containers[container];
    let fate = if wanted.restart == super::Restart::Never { "" } else { ", will be restarted" };
    let text = format!("Container {} failed {probe} probe{fate}", wanted.name);
    effects.push(normal(container, "Killing", text));
    stop_container(policy, state, container, after(now, grace), now, effects);
}

fn hook_ended(state: &mut State, container: usize, now: Timestamp, effects: &mut Vec<Effect>) {
    /// What a container gets to end in even when its hook has used up the grace period, as Kubernetes has it.
    const AFTER_HOOK: Duration = Duration::from_secs(2);
    if let Phase::Stopping { order, .. } = &mut state.containers[container].phase
        && let StopOrder::Hook { until } = *order
    {
        let left = Duration::try_from(until.duration_since(now)).unwrap_or_default();
        let grace = left.max(AFTER_HOOK);
        *order = StopOrder::Sent { until: after(now, grace) };
        effects.push(Effect::Stop { container, grace });
    }
}

fn deleted(state: &mut State, deletion: Deletion, grace: Duration, now: Timestamp) {
    if state.deletion != Deletion::Vanished {
        state.deletion = deletion;
    }
    begin_stopping(state, after(now, grace));
}

pub(super) fn normal(container: usize, reason: &'static str, message: String) -> Effect {
    notify(Severity::Normal, reason, message, Some(container))
}

pub(super) fn warning(container: usize, reason: &'static str, message: String) -> Effect {
    notify(Severity::Warning, reason, message, Some(container))
}

pub(super) fn pod_normal(reason: &'static str, message: String) -> Effect {
    notify(Severity::Normal, reason, message, None)
}

pub(super) fn pod_warning(reason: &'static str, message: String) -> Effect {
    notify(Severity::Warning, reason, message, None)
}

fn notify(
    severity: Severity,
    reason: &'static str,
    message: String,
    container: Option<usize>,
) -> Effect {
    Effect::Notify(Notice { severity, reason, message, container })
}

/// What the status says of a container that waits after crashes.
fn crash_loop(policy: &Policy, wanted: &ContainerPolicy, delay: Duration) -> Setback {
    let message = format!(
        "back-off {} restarting failed container={} pod={}",
        go_duration(delay),
        wanted.name,
        policy.name
    );
    Setback::new("CrashLoopBackOff", message)
}
