//! What every store must do, as checks that any backend can run.
//!
//! A check panics with what it found. The store must be empty at first; the checks keep to keys of their own and
//! run one after the other, compaction last, since it shortens everybody's memory.

mod compaction;
mod lists;
mod watches;
mod writes;

use bytes::Bytes;

use crate::{Change, Error, Expect, Revision, Store};

/// Runs every check.
pub async fn conforms(store: &dyn Store) {
    writes::run(store).await;
    lists::run(store).await;
    watches::run(store).await;
    compaction::run(store).await;
}

async fn put(store: &dyn Store, key: &str, value: &str) -> Revision {
    let change = Change::Put(Bytes::copy_from_slice(value.as_bytes()));
    store.write(key, Expect::Anything, change).await.expect("an unconditional put succeeds")
}

async fn delete(store: &dyn Store, key: &str) -> Revision {
    store.write(key, Expect::Anything, Change::Delete).await.expect("the key exists")
}

async fn revision(store: &dyn Store) -> Revision {
    store.revision().await.expect("a revision can be read")
}

/// What a conflict found; panics when there was none.
fn conflict<T: std::fmt::Debug>(result: Result<T, Error>) -> Option<Revision> {
    match result {
        Err(Error::Conflict { found, .. }) => found,
        other => panic!("expected a conflict, got {other:?}"),
    }
}
