//! Room for what clients hold for long: so much for all of them, and so much of it for each user, so that nobody takes
//! the room of the others.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Room that users share.
#[derive(Debug)]
pub(crate) struct Room {
    all: Arc<Semaphore>,
    each: usize,
    /// Of those who hold something, and of few who did.
    users: Mutex<BTreeMap<String, Weak<Semaphore>>>,
}

/// What one holds of it, until it is dropped.
#[derive(Debug)]
pub(crate) struct Share {
    _own: OwnedSemaphorePermit,
    _all: OwnedSemaphorePermit,
}

impl Room {
    pub(crate) fn new(all: usize, each: usize) -> Self {
        Self { all: Arc::new(Semaphore::new(all)), each, users: Mutex::default() }
    }

    /// Waits for room. Who has used up their own is not yet in the line of all.
    pub(crate) async fn take(&self, user: &str, units: u32) -> Share {
        let own = self.own(user).acquire_many_owned(units).await;
        let all = Arc::clone(&self.all).acquire_many_owned(units).await;
        let [own, all] = [own, all].map(|permit| permit.expect("nobody closes a room"));
        Share { _own: own, _all: all }
    }

    /// Room for one thing, if there is any now.
    pub(crate) fn try_take(&self, user: &str) -> Option<Share> {
        let own = self.own(user).try_acquire_owned().ok()?;
        let all = Arc::clone(&self.all).try_acquire_owned().ok()?;
        Some(Share { _own: own, _all: all })
    }

    fn own(&self, user: &str) -> Arc<Semaphore> {
        let mut users = self.users.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(own) = users.get(user).and_then(Weak::upgrade) {
            return own;
        }
        users.retain(|_, own| own.strong_count() > 0);
        let own = Arc::new(Semaphore::new(self.each));
        users.insert(user.to_owned(), Arc::downgrade(&own));
        own
    }
}

#[cfg(test)]
mod tests;
