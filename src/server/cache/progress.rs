//! How far the cache is, and who waits for it to get further.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::oneshot;

/// The applied revision. Waiters are woken one by one as theirs comes, not all at every step.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    applied: AtomicU64,
    waiters: Mutex<Waiters>,
}

type Waiters = BTreeMap<u64, Vec<oneshot::Sender<()>>>;

/// Somebody who waits. Who gives up leaves nothing behind: the revision may never come.
struct Waiter<'a> {
    progress: &'a Progress,
    revision: u64,
    receiver: oneshot::Receiver<()>,
}

impl Drop for Waiter<'_> {
    fn drop(&mut self) {
        if self.receiver.is_terminated() {
            return;
        }
        self.receiver.close();
        let mut waiters = self.progress.lock();
        if let Some(others) = waiters.get_mut(&self.revision) {
            others.retain(|sender| !sender.is_closed());
            if others.is_empty() {
                waiters.remove(&self.revision);
            }
        }
    }
}

impl Progress {
    pub(crate) fn applied(&self) -> u64 {
        self.applied.load(Ordering::Acquire)
    }

    pub(crate) async fn reached(&self, revision: u64) {
        while self.applied() < revision {
            let mut waiter = {
                let mut waiters = self.lock();
                if self.applied() >= revision {
                    return;
                }
                let (sender, receiver) = oneshot::channel();
                waiters.entry(revision).or_default().push(sender);
                Waiter { progress: self, revision, receiver }
            };
            // The sender is dropped only after it has been used, or with the whole cache.
            if (&mut waiter.receiver).await.is_err() {
                return;
            }
        }
    }

    /// Everything up to `revision` is applied.
    pub(crate) fn advance(&self, revision: u64) {
        let due = {
            let mut waiters = self.lock();
            self.applied.store(revision, Ordering::Release);
            let later = waiters.split_off(&(revision + 1));
            std::mem::replace(&mut *waiters, later)
        };
        for waiter in due.into_values().flatten() {
            // A writer whose client went away no longer waits.
            let _gone = waiter.send(());
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Waiters> {
        self.waiters.lock().expect("nothing panics while it holds the waiters")
    }
}

#[cfg(test)]
mod tests;
