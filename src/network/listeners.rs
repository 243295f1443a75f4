//! What is kept open at ports of the host, each with what it is told.

use std::collections::BTreeMap;
use std::io;
use std::time::Duration;

use base::Tasks;
use futures::future::join_all;
use tokio::sync::watch;

/// Closing a listener takes one turn of its task; this only bounds a runtime that is stuck.
pub(crate) const CLOSE_GRACE: Duration = Duration::from_secs(5);

/// Listeners by what is wanted of them, of which each follows a value that may change while it is open.
#[derive(Debug)]
pub struct Listeners<K, V> {
    tasks: Tasks,
    open: BTreeMap<K, Open<V>>,
}

#[derive(Debug)]
struct Open<V> {
    value: watch::Sender<V>,
    tasks: Tasks,
}

impl<K: Ord + Copy, V> Listeners<K, V> {
    /// None yet; their tasks will be children of these.
    pub fn new(tasks: Tasks) -> Self {
        Self { tasks, open: BTreeMap::new() }
    }

    /// Opens and closes listeners until exactly these are open, and reports those that could not be. They are tried
    /// again with the next call. What is open already is told its value; what is opened runs in tasks of its own, which
    /// end when it is closed.
    pub async fn set<F>(
        &mut self,
        wanted: BTreeMap<K, V>,
        mut open: impl FnMut(K, watch::Receiver<V>, Tasks) -> F,
    ) -> Vec<(K, io::Error)>
    where
        F: Future<Output = io::Result<()>>,
    {
        let closed: Vec<_> = self.open.extract_if(.., |key, _| !wanted.contains_key(key)).collect();
        join_all(closed.iter().map(|(_, closed)| closed.tasks.shutdown(CLOSE_GRACE))).await;
        let mut failures = Vec::new();
        for (key, value) in wanted {
            if let Some(open) = self.open.get(&key) {
                open.value.send_replace(value);
                continue;
            }
            let (sender, receiver) = watch::channel(value);
            let tasks = self.tasks.child();
            match open(key, receiver, tasks.clone()).await {
                Ok(()) => _ = self.open.insert(key, Open { value: sender, tasks }),
                Err(error) => failures.push((key, error)),
            }
        }
        failures
    }
}

#[cfg(test)]
mod tests;
