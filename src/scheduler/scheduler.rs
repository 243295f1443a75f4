//! The shell: watches feed the state, decisions go to the API, many at a time.

use std::sync::{Arc, Mutex, MutexGuard};

use base::{CancellationToken, Clock, Metrics, Random, Tasks};
use client::{Cache, Caches, EventRecorder};
use k8s_openapi::api::core::v1::{Node, Pod};
use tokio::sync::{Notify, Semaphore};
use tokio::time::{Instant, sleep_until};
use tracing::info;

use crate::attempts::{self, Attempt, Attempts};
use crate::state::{Decision, State};
use crate::work::{ApiClient, Writer};

/// The pods that name this scheduler, or none, are its own.
pub const SCHEDULER_NAME: &str = "default-scheduler";

/// How many decisions may be on their way to the API at once.
///
/// The server's store joins writes that wait together into one commit, so more of them is faster, up to where
/// they only queue there.
const WRITES: usize = 64;

/// What a scheduler needs.
#[derive(Debug)]
pub struct Config {
    /// Shared views of pods and nodes, and the client to write with, as `system:kube-scheduler`.
    pub caches: Caches,
    /// Dates conditions and events.
    pub clock: Clock,
    /// Breaks ties.
    pub random: Random,
    /// Where decisions are counted.
    pub metrics: Metrics,
    /// Owns the scheduler's tasks.
    pub tasks: Tasks,
}

/// Starts placing pods, until the tasks are stopped.
pub fn start(config: Config) {
    let tasks = config.tasks.clone();
    tasks.spawn("scheduler", |stop| Scheduler::new(config).run(stop));
}

struct Scheduler {
    shared: Arc<Shared>,
    pods: Cache<Pod>,
    nodes: Cache<Node>,
    writer: Writer,
    random: Random,
    tasks: Tasks,
}

struct Shared {
    state: Mutex<State>,
    /// Told when there may be something to decide.
    wake: Notify,
    attempts: Attempts,
}

impl Scheduler {
    fn new(config: Config) -> Self {
        let Config { caches, clock, random, metrics, tasks } = config;
        let client = caches.client().clone();
        let events = EventRecorder::new(client.clone(), SCHEDULER_NAME, None, &clock, &tasks);
        let shared = Arc::new(Shared {
            state: Mutex::default(),
            wake: Notify::new(),
            attempts: Attempts::new(&metrics),
        });
        let seen = Arc::downgrade(&shared);
        attempts::show_pending(&metrics, move || Some(seen.upgrade()?.state().pending()));
        Self {
            shared,
            pods: caches.of(),
            nodes: caches.of(),
            writer: Writer { client: ApiClient(client), events, clock },
            random,
            tasks,
        }
    }

    async fn run(self, stop: CancellationToken) {
        let ready = async { self.pods.ready().await.and(self.nodes.ready().await) };
        // Before every pod is known, a node would seem emptier than it is.
        if !matches!(stop.run_until_cancelled(ready).await, Some(Ok(()))) {
            return;
        }
        self.listen();
        info!(pods = self.pods.len(), nodes = self.nodes.len(), "scheduler started");
        stop.run_until_cancelled(self.decide()).await;
    }

    /// Feeds the state from the caches. What is read under the state's lock is never older than what it replaces.
    fn listen(&self) {
        let (shared, nodes) = (Arc::clone(&self.shared), self.nodes.clone());
        self.nodes.on_change(move |change| {
            let key = change.key();
            let mut state = shared.state();
            state.set_node(&key.name, nodes.get(&key), Instant::now());
            drop(state);
            shared.wake.notify_one();
        });
        let (shared, pods) = (Arc::clone(&self.shared), self.pods.clone());
        self.pods.on_change(move |change| {
            let key = change.key();
            let mut state = shared.state();
            state.set_pod(&key, pods.get(&key), Instant::now());
            drop(state);
            shared.wake.notify_one();
        });
    }

    async fn decide(&self) {
        let writes = Arc::new(Semaphore::new(WRITES));
        loop {
            let permit =
                Arc::clone(&writes).acquire_owned().await.expect("nobody closes the semaphore");
            let decision = self.next().await;
            let (writer, shared) = (self.writer.clone(), Arc::clone(&self.shared));
            self.tasks.spawn_until_stop("scheduler write", async move {
                carry_out(&writer, &shared, decision).await;
                drop(permit);
            });
        }
    }

    /// Waits for something to decide, and decides.
    async fn next(&self) -> Decision {
        loop {
            let wake = {
                let mut state = self.shared.state();
                let started = Instant::now();
                if let Some(decision) = state.decide(self.random.u64(), started) {
                    let attempt = match &decision {
                        Decision::Bind(..) => Attempt::Scheduled,
                        Decision::Refuse(..) => Attempt::Unschedulable,
                    };
                    self.shared.attempts.decided(attempt, started.elapsed());
                    return decision;
                }
                state.next_wake()
            };
            let alarm = async {
                match wake {
                    Some(wake) => sleep_until(wake).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                biased;
                () = self.shared.wake.notified() => (),
                () = alarm => (),
            }
        }
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no decision panics")
    }
}

async fn carry_out(writer: &Writer, shared: &Shared, decision: Decision) {
    match decision {
        Decision::Refuse(demand, diagnosis) => writer.refuse(&demand, diagnosis.to_string()).await,
        Decision::Bind(demand, node) => {
            let waited = shared.state().waited(&demand);
            if writer.bind(&demand, &node).await {
                if let Some((since, attempts)) = waited {
                    shared.attempts.bound(since.elapsed(), attempts);
                }
            } else {
                shared.attempts.failed();
                shared.state().binding_failed(&demand, Instant::now());
                shared.wake.notify_one();
            }
        }
    }
}
