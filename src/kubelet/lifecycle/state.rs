//! Where a pod and each of its containers stand.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::policy::Policy;

/// All that a pod's owner remembers between two steps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct State {
    pub(crate) stage: Stage,
    /// In the order of [`Policy::containers`].
    pub(crate) containers: Vec<ContainerRecord>,
    /// When the kubelet first saw the pod.
    pub(crate) since: Timestamp,
    /// Whether the pod has volumes, address and sandbox.
    pub(crate) ground: Ground,
    /// Why the pod as a whole was ended, for its status.
    pub(crate) verdict: Option<Setback>,
    /// Whether the API wants the pod gone.
    pub(crate) deletion: Deletion,
}

/// Where a pod stands as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    /// Just seen; volumes and network come next.
    New,
    /// Volumes and network are being made; then `Active`.
    Preparing,
    /// They could not be made; tried again at the given time.
    Unprepared { until: Timestamp },
    /// Containers run, or wait for their turn.
    Active,
    /// Containers are being ended, at the latest at the given time; then `TearingDown`.
    Stopping { until: Timestamp },
    /// Nothing runs; sandbox, address and volumes are being given back; then `Over`.
    TearingDown,
    /// Nothing is left on the node but logs. A pod that is to be deleted is deleted now.
    Over,
    /// The last word to the API has been said.
    Gone,
}

/// What a pod stands on: its volumes, its address and its sandbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ground {
    /// Not made yet.
    None,
    /// Being made; must not be given back before the answer.
    Making,
    /// Made.
    Made,
    /// Made once, and given back.
    Gone,
}

/// What the API wants of the pod's existence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Deletion {
    /// It stays.
    None,
    /// It is to end, and its object is to be deleted then.
    Asked,
    /// Its object is gone already.
    Vanished,
}

/// What is known about one container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ContainerRecord {
    pub(crate) phase: Phase,
    /// How often it was started again.
    pub(crate) restarts: u32,
    /// Whether it was ever started, by this process or an earlier one.
    pub(crate) ever_started: bool,
    /// How its latest incarnation ended.
    pub(crate) last: Option<Box<Ending>>,
    /// The image of the latest incarnation.
    pub(crate) image: Option<Image>,
    /// Its spec has changed since its image was last asked for: it is ended and started again whatever its policy.
    pub(crate) redefined: bool,
    /// What stood in its way when it was last tried; shown until it runs.
    pub(crate) trouble: Option<Setback>,
    /// What the next crash waits.
    pub(crate) crash_delay: Duration,
    /// What the next failure to get the image waits.
    pub(crate) pull_delay: Duration,
}

/// Where a container stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Its turn has not come.
    Waiting,
    /// Its image is being found and compiled; then `Starting`.
    Pulling,
    /// Its image is not to be had; the failure itself is shown until `announce`, the waiting from then
    /// on, and it is tried again at `until`.
    NoImage { setback: Setback, announce: Option<Timestamp>, until: Timestamp },
    /// It is being started; then `Running`.
    Starting,
    /// It could not be started; tried again at the given time.
    Unstartable { setback: Setback, until: Timestamp },
    /// It runs.
    Running(Run),
    /// It runs and has been told to end; then `Ended`, or a restart.
    Stopping { run: Run, order: StopOrder },
    /// It ended; started again at the given time, which lies ahead if it ended before.
    BackOff { setback: Option<Setback>, until: Timestamp },
    /// It ended, as [`ContainerRecord::last`] says, and stays so.
    Ended,
    /// The pod ended before this container ever ran.
    Abandoned,
}

/// A running incarnation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Run {
    pub(crate) id: String,
    pub(crate) since: Timestamp,
    /// Its startup probe has passed, or it has none.
    pub(crate) started: bool,
    /// Its readiness probe passes, or it has none (and it has started).
    pub(crate) ready: bool,
}

/// How far an order to stop has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StopOrder {
    /// Its preStop hook runs; the stop itself follows, with what remains until the given time.
    Hook { until: Timestamp },
    /// It has been told to end until the given time.
    Sent { until: Timestamp },
}

/// How an incarnation ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ending {
    pub(crate) id: String,
    pub(crate) exit_code: i32,
    pub(crate) reason: String,
    pub(crate) message: Option<String>,
    pub(crate) started: Option<Timestamp>,
    pub(crate) finished: Option<Timestamp>,
}

/// An image as a container's status names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Image {
    /// Its full name.
    pub(crate) name: String,
    /// `name@sha256:…`.
    pub(crate) id: String,
}

/// A CamelCase reason and a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Setback {
    pub(crate) reason: String,
    pub(crate) message: String,
}

impl Setback {
    pub(crate) fn new(reason: impl Into<String>, message: impl Into<String>) -> Self {
        Self { reason: reason.into(), message: message.into() }
    }
}

impl State {
    /// A pod that was never seen before.
    pub(crate) fn new(policy: &Policy, now: Timestamp) -> Self {
        Self {
            stage: Stage::New,
            containers: policy.containers.iter().map(|_| ContainerRecord::new()).collect(),
            since: now,
            ground: Ground::None,
            verdict: None,
            deletion: Deletion::None,
        }
    }

    /// A pod that this node refuses to run, or that has ended before.
    pub(crate) fn over(policy: &Policy, verdict: Option<Setback>, now: Timestamp) -> Self {
        let mut state = Self::new(policy, now);
        state.stage = Stage::Over;
        state.verdict = verdict;
        state
    }

    /// Whether the pod has ended for good.
    pub(crate) fn is_over(&self) -> bool {
        matches!(self.stage, Stage::TearingDown | Stage::Over | Stage::Gone)
    }

    /// When something happens even without news.
    pub(crate) fn wake(&self, policy: &Policy) -> Option<Timestamp> {
        let stage = match self.stage {
            Stage::Unprepared { until } => Some(until),
            _ => None,
        };
        let containers = self.containers.iter().filter_map(|one| one.phase.wake());
        containers.chain(stage).chain(self.deadline(policy)).min()
    }

    /// Moves all that is due to where it was before the clock was set: a wait lasts as long as it was meant to. The pod's
    /// own deadline counts by the clock, whoever sets it.
    pub(crate) fn shift(&mut self, by: SignedDuration) {
        let stage = match &mut self.stage {
            Stage::Unprepared { until } | Stage::Stopping { until } => Some(until),
            _ => None,
        };
        let containers = self.containers.iter_mut().flat_map(|one| one.phase.due());
        for due in containers.chain(stage) {
            *due = due.saturating_add(by).unwrap_or(*due);
        }
    }

    /// When the pod's time is over, unless it is ending already.
    pub(crate) fn deadline(&self, policy: &Policy) -> Option<Timestamp> {
        match self.stage {
            Stage::New | Stage::Preparing | Stage::Unprepared { .. } | Stage::Active => {
                policy.active_deadline.and_then(|limit| self.since.checked_add(limit).ok())
            }
            Stage::Stopping { .. } | Stage::TearingDown | Stage::Over | Stage::Gone => None,
        }
    }
}

impl ContainerRecord {
    pub(crate) fn new() -> Self {
        Self {
            phase: Phase::Waiting,
            restarts: 0,
            ever_started: false,
            last: None,
            image: None,
            redefined: false,
            trouble: None,
            crash_delay: Duration::ZERO,
            pull_delay: super::restart::FIRST_DELAY,
        }
    }

    /// The incarnation that runs now.
    pub(crate) fn run(&self) -> Option<&Run> {
        match &self.phase {
            Phase::Running(run) | Phase::Stopping { run, .. } => Some(run),
            _ => None,
        }
    }

    /// Whether it ended with success and stays so.
    pub(crate) fn succeeded(&self) -> bool {
        self.phase == Phase::Ended && self.last.as_ref().is_some_and(|last| last.exit_code == 0)
    }

    /// Whether nothing of it runs or will run.
    pub(crate) fn is_done(&self) -> bool {
        matches!(self.phase, Phase::Ended | Phase::Abandoned)
    }
}

impl Phase {
    /// The times at which something is due.
    fn due(&mut self) -> Vec<&mut Timestamp> {
        match self {
            Self::NoImage { announce, until, .. } => announce.iter_mut().chain([until]).collect(),
            Self::Unstartable { until, .. }
            | Self::BackOff { until, .. }
            | Self::Stopping {
                order: StopOrder::Hook { until } | StopOrder::Sent { until }, ..
            } => {
                vec![until]
            }
            _ => Vec::new(),
        }
    }

    fn wake(&self) -> Option<Timestamp> {
        match self {
            Self::NoImage { announce: Some(at), .. } => Some(*at),
            Self::NoImage { until, .. }
            | Self::Unstartable { until, .. }
            | Self::BackOff { until, .. } => Some(*until),
            _ => None,
        }
    }
}
