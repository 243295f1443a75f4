//! The owner of one pod: feeds what happens into `step`, carries out what it orders, and tells the API.
//!
//! One task per pod. Everything that takes time is a future in `work`, owned by the task, so that a
//! pod that ends takes all of its unfinished work along.

mod goodbye;
mod ground;
mod hooks;
mod launch;
mod probing;
mod refresh;
mod report;

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use base::{Backoff, CancellationToken, Held};
use client::{Occurrence, reference};
use futures::StreamExt;
use futures::future::BoxFuture;
use futures::stream::FuturesUnordered;
use jiff::{SignedDuration, Timestamp};
use k8s_openapi::api::core::v1::{Container, Pod, ResourceRequirements};
use sandbox::{ContainerState, Failure, Prepared};
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;
use tracing::debug;

use crate::lifecycle::{
    Deletion, Effect, Exit, Image, Input, Notice, Phase, Policy, PullFailure, Setback, Severity,
    Stage, State, step,
};
use crate::probes::{Outcome, Tally};
use crate::site::Site;
use crate::status::View;
use crate::usage::ContainerUsage;

use ground::Ground;
use refresh::Tokens;

/// What the node tells a pod's owner.
#[derive(Debug)]
pub(crate) enum Message {
    /// The pod's object has changed.
    Changed(Arc<Pod>),
    /// The pod's object is gone.
    Vanished,
    /// Somebody wants to read a log.
    Log { container: String, previous: bool, answer: oneshot::Sender<Result<u32, String>> },
    /// Somebody wants to know what the containers use.
    Usage { answer: oneshot::Sender<Vec<ContainerUsage>> },
}

/// Messages that may wait. The owner takes them at once; more than a few would mean it is stuck, and
/// then the sender had better wait than fill memory.
pub(crate) const INBOX: usize = 4;

/// How a piece of work ended.
enum Done {
    Input(Input),
    Prepared(Result<Box<Ground>, Setback>),
    Pulled { container: usize, result: Result<Box<(Image, Prepared)>, PullFailure> },
    Probed { container: usize, id: String, tally: Box<Tally>, outcome: Outcome },
    Hooked { container: usize, complaint: Option<String> },
    Refreshed { tokens: Tokens, result: Result<(), Setback> },
    Written(kube::Result<Box<Pod>>),
    Deleted(kube::Result<()>),
}

/// All that belongs to one pod.
pub(crate) struct Owner {
    site: Arc<Site>,
    pod: Arc<Pod>,
    policy: Policy,
    state: State,
    work: FuturesUnordered<BoxFuture<'static, Done>>,
    ground: Option<Box<Ground>>,
    /// Counts the pod as running.
    counted: Option<Held>,
    /// Its start has been counted.
    started: bool,
    prepared: BTreeMap<usize, Prepared>,
    /// What each container was last started with.
    resources: BTreeMap<usize, ResourceRequirements>,
    /// Of each start: tells it that its hook is not waited for any more.
    hooks: BTreeMap<usize, CancellationToken>,
    /// Containers whose image is looked out for.
    awaited: BTreeSet<usize>,
    tokens: Tokens,
    refresh_at: Option<Instant>,
    report: report::Report,
    backoff: Backoff,
    forgotten: bool,
    /// What the clock showed when.
    clock_seen: (Timestamp, Instant),
}

impl Owner {
    pub(crate) fn new(site: Arc<Site>, pod: Arc<Pod>, policy: Policy, state: State) -> Self {
        let clock_seen = (site.clock.now(), Instant::now());
        Self {
            clock_seen,
            site,
            pod,
            policy,
            state,
            work: FuturesUnordered::new(),
            ground: None,
            counted: None,
            started: false,
            prepared: BTreeMap::new(),
            resources: BTreeMap::new(),
            hooks: BTreeMap::new(),
            awaited: BTreeSet::new(),
            tokens: Tokens::default(),
            refresh_at: None,
            report: report::Report::default(),
            backoff: Backoff::new(RETRY_FIRST, RETRY_LONGEST),
            forgotten: false,
        }
    }

    /// Lives until the pod's object is gone and nothing of the pod is left, or until the node stops.
    pub(crate) async fn run(
        mut self,
        inbox: &mut mpsc::Receiver<Message>,
        stop: CancellationToken,
    ) {
        match self.asked_to_end() {
            Some(grace) => self.feed(Input::Deleted { grace }),
            None => self.feed(Input::Tick),
        }
        while !self.forgotten {
            self.count();
            self.report();
            self.mind_clock();
            let wake = self.wake();
            tokio::select! {
                biased;
                () = stop.cancelled() => break,
                Some(message) = inbox.recv() => self.hear(message),
                () = changed(&mut self.ground) => self.look_at_containers(),
                Some(done) = self.work.next(), if !self.work.is_empty() => self.finish(done),
                () = wake => self.feed(Input::Tick),
            }
            self.look_at_containers();
        }
        self.leave().await;
    }

    /// Counts the pod as long as it has a sandbox.
    fn count(&mut self) {
        match (&self.ground, &self.counted) {
            (Some(_), None) => self.counted = Some(self.site.meters.running.hold()),
            (None, Some(_)) => self.counted = None,
            _ => {}
        }
    }

    /// Ends what still runs, without a word to the API.
    async fn leave(mut self) {
        if let Some(ground) = self.ground.take() {
            ground.sandbox.remove().await;
        }
        self.site.addresses().release(self.uid());
        self.site.ledger().release(self.uid());
    }

    fn uid(&self) -> &str {
        self.pod.metadata.uid.as_deref().unwrap_or_default()
    }

    fn namespace(&self) -> &str {
        self.pod.metadata.namespace.as_deref().unwrap_or_default()
    }

    fn name(&self) -> &str {
        self.pod.metadata.name.as_deref().unwrap_or_default()
    }

    fn container(&self, index: usize) -> &Container {
        container(&self.pod, index)
    }

    fn now(&self) -> Timestamp {
        self.site.clock.now()
    }

    /// Waits go on as they were meant to when the clock has been set, or the machine has slept.
    fn mind_clock(&mut self) {
        /// Clocks that are kept in time are off by less.
        const SLACK: SignedDuration = SignedDuration::from_secs(1);
        let (now, at) = (self.now(), Instant::now());
        let (seen, since) = self.clock_seen;
        let passed = SignedDuration::try_from(at.duration_since(since)).unwrap_or_default();
        let set_by = now.duration_since(seen).saturating_sub(passed);
        if set_by.abs() >= SLACK {
            self.state.shift(set_by);
        }
        self.clock_seen = (now, at);
    }

    fn view(&self) -> View {
        let address: Option<IpAddr> = self.ground.as_ref().map(|ground| ground.address);
        View {
            pod_ips: address.into_iter().collect(),
            host_ips: self.site.node_addresses.clone(),
            resources: self.resources.clone(),
        }
    }

    fn hear(&mut self, message: Message) {
        match message {
            Message::Changed(pod) => self.adopt(pod),
            Message::Vanished => self.feed(Input::Vanished),
            Message::Log { container, previous, answer } => {
                let _ = answer.send(self.log_of(&container, previous));
            }
            Message::Usage { answer } => {
                let ground = self.ground.as_ref();
                let _ = answer.send(ground.map_or_else(Vec::new, |ground| ground.usage()));
            }
        }
    }

    /// Takes a newer version of the object, from the watch or from an answer of the API.
    fn adopt(&mut self, pod: Arc<Pod>) {
        if version(&pod) < version(&self.pod) {
            return;
        }
        self.report.current = false;
        let policy = Policy::of(&pod);
        let changed = policy.containers.iter().zip(&self.policy.containers).enumerate();
        let changed = changed.filter(|(_, (new, old))| new.image != old.image);
        let changed: Vec<usize> = changed.map(|(index, _)| index).collect();
        self.pod = pod;
        // Which containers there are cannot change; anything else here would be another pod.
        if policy.containers.len() == self.policy.containers.len() {
            self.policy = policy;
        }
        for container in changed {
            self.feed(Input::Redefined { container });
        }
        if (self.state.deletion == Deletion::None
            || matches!(self.state.stage, Stage::Stopping { .. }))
            && let Some(grace) = self.asked_to_end()
        {
            self.feed(Input::Deleted { grace });
        }
    }

    /// What is left of the time the pod has to end, if it is to end.
    fn asked_to_end(&self) -> Option<Duration> {
        let deadline = self.pod.metadata.deletion_timestamp.as_ref()?.0;
        let left = Duration::try_from(deadline.duration_since(self.now())).unwrap_or_default();
        let granted = self.pod.metadata.deletion_grace_period_seconds.unwrap_or(0);
        let granted = Duration::from_secs(u64::try_from(granted).unwrap_or(0));
        // The deadline is written in whole seconds, so what is left may seem less than was granted.
        Some(if left + Duration::from_secs(1) >= granted { granted } else { left })
    }

    fn feed(&mut self, input: Input) {
        self.report.current = false;
        self.mind_clock();
        let now = self.now();
        let before = std::mem::replace(&mut self.state, State::new(&self.policy, now));
        let (state, effects) = step(&self.policy, before, input, now);
        self.state = state;
        for effect in effects {
            self.perform(effect);
        }
        self.await_images();
    }

    fn perform(&mut self, effect: Effect) {
        match effect {
            Effect::Prepare => self.begin_ground(),
            Effect::Pull { container } => self.begin_pull(container),
            Effect::Start { container } => self.begin_start(container),
            Effect::Probe { container } => self.begin_probes(container),
            Effect::CutHook { container } => self.cut_hook(container),
            Effect::PreStop { container } => self.begin_hook(container),
            Effect::Stop { container, grace } => self.begin_stop(container, grace),
            Effect::TearDown => self.begin_tear_down(),
            Effect::Delete => self.report.delete = true,
            Effect::Forget => self.forget(),
            Effect::Notify(notice) => self.notify(&notice),
        }
    }

    fn finish(&mut self, done: Done) {
        match done {
            Done::Input(input) => {
                if let Input::ImageArrived { container } = &input {
                    self.awaited.remove(container);
                }
                self.feed(input);
            }
            Done::Prepared(result) => self.end_ground(result),
            Done::Pulled { container, result } => self.end_pull(container, result),
            Done::Probed { container, id, tally, outcome } => {
                self.end_probing(container, id, *tally, outcome);
            }
            Done::Hooked { container, complaint } => self.end_hook(container, complaint),
            Done::Refreshed { tokens, result } => self.end_refresh(tokens, result),
            Done::Written(result) => self.end_write(result),
            Done::Deleted(result) => self.end_delete(result),
        }
    }

    /// Takes note of every container that has ended since.
    fn look_at_containers(&mut self) {
        let Some(ground) = &mut self.ground else { return };
        let mut ended = Vec::new();
        {
            let states = ground.states.borrow_and_update();
            for (index, record) in self.state.containers.iter().enumerate() {
                if record.run().is_some()
                    && let Some(ContainerState::Exited { since, until, failure }) =
                        states.get(&self.policy.containers[index].name)
                    // The end before this start may still be what the sandbox shows.
                    && record.last.as_ref().is_none_or(|last| last.started != Some(*since))
                {
                    let mut exit = exit(*since, *until, failure);
                    if matches!(record.phase, Phase::Stopping { .. }) {
                        as_told(&mut exit, failure);
                    }
                    ended.push((index, exit));
                }
            }
        }
        for (container, exit) in ended {
            debug!(pod = %self.policy.name, container, code = exit.code, "container exited");
            self.feed(Input::Exited { container, exit });
        }
    }

    /// Becomes ready when something is due without news.
    fn wake(&self) -> impl Future<Output = ()> + use<> {
        let now = (self.now(), Instant::now());
        let wake = self.state.wake(&self.policy);
        let wake =
            wake.map(|due| Duration::try_from(due.duration_since(now.0)).unwrap_or_default());
        let due = [self.refresh_at, self.report.due()].into_iter().flatten();
        let wait = due.map(|due| due.saturating_duration_since(now.1)).chain(wake).min();
        async move {
            match wait {
                Some(wait) => tokio::time::sleep(wait).await,
                None => std::future::pending().await,
            }
        }
    }

    fn notify(&self, notice: &Notice) {
        let severity = match notice.severity {
            Severity::Normal => client::Severity::Normal,
            Severity::Warning => client::Severity::Warning,
        };
        let mut regarding = reference(&*self.pod);
        regarding.field_path = notice.container.map(|index| self.field_path(index));
        self.site.recorder.record(Occurrence::new(
            regarding,
            severity,
            notice.reason,
            notice.message.clone(),
        ));
    }

    fn warn(&self, container: Option<usize>, reason: &'static str, message: String) {
        self.notify(&Notice { severity: Severity::Warning, reason, message, container });
    }

    fn tell(&self, container: Option<usize>, reason: &'static str, message: String) {
        self.notify(&Notice { severity: Severity::Normal, reason, message, container });
    }

    fn field_path(&self, index: usize) -> String {
        let list = match self.policy.containers[index].role {
            crate::lifecycle::Role::Main => "containers",
            _ => "initContainers",
        };
        format!("spec.{list}{{{}}}", self.policy.containers[index].name)
    }
}

/// The first wait after the API server did not take something: a restart in the same process is quick.
const RETRY_FIRST: Duration = Duration::from_millis(50);

/// The longest such wait: a server that comes back hears of every pod within seconds.
const RETRY_LONGEST: Duration = Duration::from_secs(5);

fn container(pod: &Pod, index: usize) -> &Container {
    let spec = pod.spec.as_ref().expect("a pod without spec has no containers to name");
    let init = spec.init_containers.as_deref().unwrap_or_default();
    init.get(index).unwrap_or_else(|| &spec.containers[index - init.len()])
}

fn version(pod: &Pod) -> u64 {
    pod.metadata.resource_version.as_deref().and_then(|one| one.parse().ok()).unwrap_or(0)
}

/// Waits for a change of any container's state.
async fn changed(ground: &mut Option<Box<Ground>>) {
    if let Some(ground) = ground
        && ground.states.changed().await.is_ok()
    {
        return;
    }
    std::future::pending::<()>().await;
}

fn exit(started: Timestamp, finished: Timestamp, failure: &Failure) -> Exit {
    Exit {
        code: failure.exit_code(),
        out_of_memory: *failure == Failure::OutOfMemory,
        message: match failure {
            Failure::Trap(text) => Some(text.clone()),
            _ => None,
        },
        started,
        finished,
    }
}

/// The code of a process that ended at SIGTERM, which is what a polite stop stands for.
const TERMINATED: i32 = 143;

/// A program that falls over because it was told to end, with its listeners closed, did what it was told.
fn as_told(exit: &mut Exit, failure: &Failure) {
    if matches!(failure, Failure::Trap(_)) {
        exit.code = TERMINATED;
        exit.message = None;
    }
}

#[cfg(test)]
pub(crate) mod tests;
