//! The shell that every controller runs in: watch, queue, observe, reconcile, execute.

use std::collections::BTreeMap;
use std::fmt::{Debug, Display};
use std::sync::Mutex;
use std::time::Duration;

use base::{CancellationToken, Clock, Metrics, Tasks};
use jiff::Timestamp;
use tokio::time::Instant;
use tracing::{Instrument, debug, info_span, warn};

use crate::execute::{Executor, Outcome, Written};
use crate::queue_counts::{QueueCounts, UnderWay};
use crate::{Cache, Cached, Caches, Change, EventRecorder, Key, Plan, Queue};

/// Keys of one controller worked on at the same time. A run mostly waits for the server; this many keep it busy.
const WORKERS: usize = 8;

/// How long a worker waits for the caches to show what it wrote. On a busy server it is milliseconds ...
const READ_YOUR_WRITES: Duration = Duration::from_secs(5);
/// ... and when a watch is broken, the key waits without a worker, looking this often ...
const LOOK_AGAIN: Duration = Duration::from_secs(1);
/// ... and this long each time ...
const LOOK: Duration = Duration::from_millis(100);
/// ... until this has passed, as Kubernetes' expectations do: a plan that is made before would make what is missing in
/// the caches once more.
const EXPECTATIONS: Duration = Duration::from_mins(5);

/// A controller: which changes concern which key, what it sees of a key, and what it wants done.
pub trait Controller: Send + Sync + 'static {
    /// What identifies one piece of work; for most the key of an object.
    type Key: Ord + Clone + Debug + Display + Send + Sync + 'static;
    /// What a decision is based on.
    type Snapshot: Send;

    /// The name in events, logs and spans.
    const NAME: &'static str;
    /// The longest time until work that failed is tried again.
    const RETRY_CAP: Duration = crate::queue::RETRY_CAP;

    /// Registers interest in changes.
    fn watches(&self, watches: &Watches<'_, Self::Key>);

    /// What the caches know of a key; none when there is nothing to decide.
    fn observe(&self, key: &Self::Key, now: Timestamp) -> Option<Self::Snapshot>;

    /// Decides what to do. Knows no I/O.
    fn reconcile(&self, snapshot: &Self::Snapshot) -> Plan;

    /// Told how the last plan for a key ended: the server's words when it refused, none when it was carried out. A
    /// controller that shows refusals in a status remembers them here.
    fn ended(&self, key: &Self::Key, refusal: Option<&str>) {
        let _ = (key, refusal);
    }
}

/// Where a controller says which changes concern it.
#[derive(Debug)]
pub struct Watches<'a, K> {
    queue: &'a Queue<K>,
}

impl<'a, K: Ord + Clone + Send + Sync + 'static> Watches<'a, K> {
    /// What asks for work in a queue.
    pub fn of(queue: &'a Queue<K>) -> Self {
        Self { queue }
    }

    /// Every change of an object in `cache` asks for work on the keys that `keys` answers.
    pub fn on<T: kube::Resource + Send + Sync + 'static>(
        &self,
        cache: &Cache<T>,
        keys: impl Fn(&Change<T>) -> Vec<K> + Send + Sync + 'static,
    ) {
        let queue = self.queue.clone();
        cache.on_change(move |change| keys(change).into_iter().for_each(|key| queue.add(key)));
    }

    /// The queue itself, for work that no object asks for.
    pub fn queue(&self) -> &Queue<K> {
        self.queue
    }
}

impl Watches<'_, Key> {
    /// Each change of an object is work on that object.
    pub fn each<T: kube::Resource + Send + Sync + 'static>(&self, cache: &Cache<T>) {
        self.on(cache, |change| vec![change.key()]);
    }

    /// A change of an object that an `Owner` controls is work on that owner.
    pub fn controlled_by<Owner: Cached, T: kube::Resource + Send + Sync + 'static>(
        &self,
        cache: &Cache<T>,
    ) {
        self.on(cache, |change| {
            change.states().filter_map(|object| owner_key::<Owner, T>(object)).collect()
        });
    }
}

fn owner_key<Owner: Cached, T: kube::Resource>(object: &T) -> Option<Key> {
    let owners = object.meta().owner_references.as_deref().unwrap_or_default();
    let owner = owners.iter().find(|owner| owner.controller == Some(true))?;
    let matches = owner.kind == Owner::kind(&()) && owner.api_version == Owner::api_version(&());
    matches.then(|| Key::new(object.meta().namespace.clone().unwrap_or_default(), &owner.name))
}

/// Runs controllers over shared caches.
#[derive(Debug, Clone)]
pub struct Shell {
    caches: Caches,
    tasks: Tasks,
    clock: Clock,
    metrics: Metrics,
    under_way: UnderWay,
}

impl Shell {
    /// A shell whose controllers live on `tasks`.
    pub fn new(caches: &Caches, tasks: &Tasks, clock: &Clock, metrics: &Metrics) -> Self {
        Self {
            caches: caches.clone(),
            tasks: tasks.clone(),
            clock: clock.clone(),
            metrics: metrics.clone(),
            under_way: UnderWay::new(metrics),
        }
    }

    /// The caches controllers read.
    pub fn caches(&self) -> &Caches {
        &self.caches
    }

    /// Starts a controller. It works once every cache asked for so far has its first list.
    pub fn run<C: Controller>(&self, controller: C) {
        let counts = QueueCounts::new(&self.metrics, &self.under_way, C::NAME);
        let queue = Queue::new(counts.clone(), C::RETRY_CAP);
        controller.watches(&Watches::of(&queue));
        let recorder = EventRecorder::new(
            self.caches.client().clone(),
            C::NAME,
            None,
            &self.clock,
            &self.tasks,
        );
        let worker = std::sync::Arc::new(Worker {
            controller,
            queue,
            counts,
            clock: self.clock.clone(),
            executor: Executor { caches: self.caches.clone(), recorder },
            unsettled: Mutex::default(),
        });
        for _ in 0..WORKERS {
            let worker = std::sync::Arc::clone(&worker);
            self.tasks.spawn(C::NAME, |stop| async move { worker.work(stop).await });
        }
    }
}

struct Worker<C: Controller> {
    controller: C,
    queue: Queue<C::Key>,
    counts: QueueCounts,
    clock: Clock,
    executor: Executor,
    /// What was written for a key and since when the caches do not show it.
    unsettled: Mutex<BTreeMap<C::Key, (Written, Instant)>>,
}

impl<C: Controller> Worker<C> {
    async fn work(&self, stop: CancellationToken) {
        let ready = stop.run_until_cancelled(self.executor.caches.ready()).await;
        if !matches!(ready, Some(Ok(()))) {
            return;
        }
        while let Some(key) = stop.run_until_cancelled(self.queue.next()).await {
            let span = info_span!("reconcile", controller = C::NAME, %key);
            let run = Box::pin(self.reconcile(&key)).instrument(span);
            let work = self.counts.work();
            if stop.run_until_cancelled(run).await.is_none() {
                return;
            }
            drop(work);
            self.queue.done(&key);
        }
    }

    async fn reconcile(&self, key: &C::Key) {
        if !self.has_settled(key).await {
            self.queue.add_after(key.clone(), LOOK_AGAIN);
            return;
        }
        let Some(plan) = self.plan(key) else {
            self.queue.forget(key);
            return;
        };
        let again_in = plan.again_in;
        let (outcome, written) = self.executor.execute(plan).await;
        self.settle(key, written, Instant::now(), READ_YOUR_WRITES).await;
        match outcome {
            Outcome::Done => {
                self.controller.ended(key, None);
                self.queue.forget(key);
                if let Some(delay) = again_in {
                    self.queue.add_after(key.clone(), delay);
                }
            }
            Outcome::Stale => {
                debug!("the plan was based on a state that has passed");
                self.queue.retry_stale(key.clone());
            }
            Outcome::Failed(error) => {
                warn!(%error, "cannot carry out the plan");
                if let kube::Error::Api(status) = &error {
                    self.controller.ended(key, Some(&status.message));
                }
                self.queue.retry(key.clone());
            }
        }
    }

    /// Whether the caches show what was last written for a key, or have not for so long that nobody waits any more.
    async fn has_settled(&self, key: &C::Key) -> bool {
        let unsettled = self.unsettled.lock().expect("only single operations").remove(key);
        let Some((written, since)) = unsettled else { return true };
        if since.elapsed() >= EXPECTATIONS {
            warn!("the caches still do not show a write; going on without it");
            return true;
        }
        self.settle(key, written, since, LOOK).await
    }

    async fn settle(&self, key: &C::Key, written: Written, since: Instant, time: Duration) -> bool {
        let settled = self.executor.settle(&written, time).await;
        if !settled {
            debug!("the caches have not shown a write in time");
            let mut unsettled = self.unsettled.lock().expect("only single operations");
            unsettled.insert(key.clone(), (written, since));
        }
        settled
    }

    /// The snapshot ends here, before anything is awaited.
    fn plan(&self, key: &C::Key) -> Option<Plan> {
        let snapshot = self.controller.observe(key, self.clock.now())?;
        Some(self.controller.reconcile(&snapshot))
    }
}

#[cfg(test)]
mod tests;
