//! The database, which may fail and be opened anew.
//!
//! redb refuses everything after the first failure of its file, be it a disk that was full for a moment. What is on
//! the disk is sound all the same: it is what a killed process would leave.

use std::sync::{Arc, RwLock, RwLockReadGuard};

use ::redb::{Database, WriteTransaction};

use super::failed;
use super::reader::Snapshot;
use crate::Error;

pub(super) type Cause = Arc<dyn std::error::Error + Send + Sync>;
type Open = dyn Fn() -> Result<Database, Error> + Send + Sync;

/// A database and how it is.
pub(super) struct Medium {
    /// Opens the same file once more.
    open: Box<Open>,
    state: RwLock<State>,
}

struct State {
    /// None while it is opened anew, and when that has failed.
    database: Option<Database>,
    /// Why the last commit is not on the disk, or why the database is not open.
    failure: Option<Cause>,
}

impl Medium {
    pub(super) fn new(
        database: Database,
        open: impl Fn() -> Result<Database, Error> + Send + Sync + 'static,
    ) -> Self {
        let state = State { database: Some(database), failure: None };
        Self { open: Box::new(open), state: RwLock::new(state) }
    }

    pub(super) fn snapshot(&self) -> Result<Snapshot, Error> {
        let state = self.state();
        Snapshot::take(state.database()?)
    }

    pub(super) fn begin_write(&self) -> Result<WriteTransaction, Error> {
        self.state().database()?.begin_write().map_err(failed)
    }

    /// Whether what was last written is on the disk.
    pub(super) fn is_well(&self) -> Result<(), Error> {
        match &self.state().failure {
            Some(cause) => Err(Error::Backend(Arc::clone(cause))),
            None => Ok(()),
        }
    }

    /// A commit is on the disk.
    pub(super) fn note_success(&self) {
        // Looked at first, since readers share the lock and this is asked after each commit.
        if self.state().failure.is_some() {
            self.change(|state| state.failure = None);
        }
    }

    /// A commit is not on the disk. The medium counts as failed until one is.
    pub(super) fn note_failure(&self, cause: Cause) {
        self.change(|state| state.failure = Some(cause));
    }

    /// Opens the database anew after a commit has failed. Until `catch_up` has seen what it holds, nobody else does.
    pub(super) fn reopen(
        &self,
        catch_up: impl FnOnce(&Snapshot) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let old = self.change(|state| state.database.take());
        // Its lock on the file goes with it.
        drop(old);
        let opened = (self.open)().and_then(|database| {
            catch_up(&Snapshot::take(&database)?)?;
            Ok(database)
        });
        match opened {
            Ok(database) => {
                self.change(|state| state.database = Some(database));
                Ok(())
            }
            Err(error @ Error::Lost { .. }) => Err(error),
            Err(error) => {
                let cause: Cause = Arc::new(error);
                self.note_failure(Arc::clone(&cause));
                Err(Error::Backend(cause))
            }
        }
    }

    fn state(&self) -> RwLockReadGuard<'_, State> {
        self.state.read().expect("nothing panics while it holds the state")
    }

    fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        change(&mut self.state.write().expect("nothing panics while it holds the state"))
    }
}

impl State {
    fn database(&self) -> Result<&Database, Error> {
        self.database
            .as_ref()
            .ok_or_else(|| self.failure.clone().map_or(Error::Closed, Error::Backend))
    }
}

#[cfg(test)]
mod tests;
