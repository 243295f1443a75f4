//! How far the cache is, and who waits for it to get further.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::oneshot;

/// The applied revision. Waiters are woken one by one as theirs comes, not all at every step.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    applied: AtomicU64,
    waiters: Mutex<BTreeMap<u64, Vec<oneshot::Sender<()>>>>,
}

impl Progress {
    pub(crate) fn applied(&self) -> u64 {
        self.applied.load(Ordering::Acquire)
    }

    pub(crate) async fn reached(&self, revision: u64) {
        while self.applied() < revision {
            let waiter = {
                let mut waiters = self.lock();
                if self.applied() >= revision {
                    return;
                }
                let (sender, receiver) = oneshot::channel();
                waiters.entry(revision).or_default().push(sender);
                receiver
            };
            // The sender is dropped only after it has been used, or with the whole cache.
            if waiter.await.is_err() {
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

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<u64, Vec<oneshot::Sender<()>>>> {
        self.waiters.lock().expect("nothing panics while it holds the waiters")
    }
}
