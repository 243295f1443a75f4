//! Versioned keys and values with history and watches.
//!
//! A store is what etcd is to Kubernetes, cut to what an API server needs: keys and bytes, one revision that
//! counts every write, the recent past kept for watches and for lists in chunks. It knows no objects and no
//! time. Read `memory.rs` for what the promises mean and `redb.rs` for how they are kept on a disk; both are
//! held to them by `conformance.rs`.

mod change;
pub mod conformance;
mod entry;
mod error;
mod event;
mod keys;
pub mod memory;
#[cfg(test)]
mod model;
pub mod redb;
mod revision;
mod watcher;

use std::fmt::Debug;
use std::ops::Range;

use async_trait::async_trait;
use futures::stream::BoxStream;

pub use change::{Change, Expect, VALUE_BYTES_MAX};
pub use entry::{Entry, Page};
pub use error::Error;
pub use event::{Event, EventChange};
pub use keys::{everything, under};
pub use revision::Revision;

/// Events in the order of their revisions; after an error nothing follows.
pub type Events = BoxStream<'static, Result<Event, Error>>;

/// Keys and values with history: every write makes a new revision of the whole store.
///
/// An empty store is at revision 1. What a call has returned is durable, and every later call sees it.
#[async_trait]
pub trait Store: Debug + Send + Sync + 'static {
    /// The revision of the last write.
    async fn revision(&self) -> Result<Revision, Error>;

    /// Whether what was last written has reached the medium.
    async fn is_well(&self) -> Result<(), Error> {
        Ok(())
    }

    /// The entry under a key now.
    async fn get(&self, key: &str) -> Result<Option<Entry>, Error>;

    /// The entries of a range in the order of their keys, now or as they were at a revision.
    ///
    /// At most `limit` of them, all when it is zero. To go on, ask again from just after the last key (its
    /// text and a zero byte) at the page's revision.
    async fn list(
        &self,
        keys: Range<String>,
        at: Option<Revision>,
        limit: usize,
    ) -> Result<Page, Error>;

    /// Changes one key if it is as expected, and answers with the revision this made.
    ///
    /// To delete what is absent is a conflict. A caller that stops waiting does not take the write back.
    async fn write(&self, key: &str, expect: Expect, change: Change) -> Result<Revision, Error>;

    /// Every change to a range after a revision: first from history, then as it happens, without gap or repeat.
    ///
    /// A watcher that falls behind is fed from history; one that falls behind history itself gets
    /// [`Error::Compacted`] and no more.
    async fn watch(&self, keys: Range<String>, after: Revision) -> Result<Events, Error>;

    /// Whether a value should be written again though it has not changed, since it would be stored otherwise now.
    async fn is_outdated(&self, key: &str) -> Result<bool, Error> {
        let _ = key;
        Ok(false)
    }

    /// Forgets what was before a revision. The state at that revision and all changes after it remain.
    async fn compact(&self, up_to: Revision) -> Result<(), Error>;
}

/// How many revisions a store keeps by itself before it forgets the oldest.
///
/// A client that resumes a watch or a chunked list finds its place this long: minutes at a thousand writes a
/// second, hours in a quiet cluster. At 2 KiB per object it is 128 MiB of disk.
pub const HISTORY_REVISIONS: u64 = 65_536;
