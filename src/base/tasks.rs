//! Tasks that somebody owns: named, stopped together, loud when one panics.

use std::future::Future;
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{Instrument, error, info_span};

/// A set of tasks that stop together; a panic in one stops the whole set, and every set that it is a part of.
#[derive(Debug, Clone)]
pub struct Tasks {
    tracker: TaskTracker,
    stop: CancellationToken,
    /// Stops the outermost set that this is a part of.
    root: CancellationToken,
}

impl Tasks {
    /// An empty set.
    pub fn new() -> Self {
        let stop = CancellationToken::new();
        Self { tracker: TaskTracker::new(), root: stop.clone(), stop }
    }

    /// A set that stops with this one, and can stop before it.
    pub fn child(&self) -> Self {
        let (stop, root) = (self.stop.child_token(), self.root.clone());
        Self { tracker: TaskTracker::new(), stop, root }
    }

    /// A set that does not stop with this one, for what is needed until the last of its tasks has ended. Whoever makes it
    /// stops it; a panic in it stops this one all the same.
    pub fn apart(&self) -> Self {
        let (stop, root) = (CancellationToken::new(), self.root.clone());
        Self { tracker: TaskTracker::new(), stop, root }
    }

    /// Cancelled when the set is to stop.
    pub fn stop_token(&self) -> CancellationToken {
        self.stop.clone()
    }

    /// Runs a task on the current runtime. It should end soon after `stop` is cancelled.
    pub fn spawn<F, Fut>(&self, name: &'static str, task: F)
    where
        F: FnOnce(CancellationToken) -> Fut,
        Fut: Future<Output = ()> + Send + 'static,
    {
        let guard = PanicGuard { name, root: self.root.clone() };
        let future = task(self.stop.clone()).instrument(info_span!("task", name));
        self.tracker.spawn(async move {
            let _guard = guard;
            future.await;
        });
    }

    /// Runs a task that is dropped as soon as the set stops.
    pub fn spawn_until_stop<Fut>(&self, name: &'static str, task: Fut)
    where
        Fut: Future<Output = ()> + Send + 'static,
    {
        self.spawn(name, |stop| async move {
            stop.run_until_cancelled(task).await;
        });
    }

    /// Asks every task to stop and waits for them; false when some outlived `grace`.
    pub async fn shutdown(&self, grace: Duration) -> bool {
        self.stop.cancel();
        self.tracker.close();
        tokio::time::timeout(grace, self.tracker.wait()).await.is_ok()
    }
}

impl Default for Tasks {
    fn default() -> Self {
        Self::new()
    }
}

/// Stops everything that belongs together when the task it lives in unwinds.
struct PanicGuard {
    name: &'static str,
    root: CancellationToken,
}

impl Drop for PanicGuard {
    fn drop(&mut self) {
        if std::thread::panicking() {
            error!(task = self.name, "a task panicked; stopping all that belongs with it");
            self.root.cancel();
        }
    }
}

#[cfg(test)]
mod tests;
