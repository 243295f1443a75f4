//! Holds the file to the suite and to the model, lets the disk fail, and kills the process.

mod failure;
mod kill;

use std::sync::Arc;

use futures::future::join_all;
use proptest::prelude::ProptestConfig;
use tempfile::TempDir;

use super::Redb;
use crate::conformance::conforms;
use crate::{Change, Error, Expect, Revision, Store, everything, model};

#[tokio::test]
async fn a_file_conforms() {
    let directory = TempDir::new().unwrap();
    conforms(&open(&directory)).await;
}

proptest::proptest! {
    // Each case makes a file.
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn a_file_behaves_as_the_model(steps in model::steps()) {
        let directory = TempDir::new().unwrap();
        model::run(&open(&directory), &steps);
    }
}

#[tokio::test]
async fn a_file_is_one_stores_own() {
    let directory = TempDir::new().unwrap();
    let first = open(&directory);
    let second = Redb::open(&directory.path().join("state.redb"));
    assert!(matches!(second, Err(Error::Locked(_))), "{second:?}");
    drop(first);
    open(&directory);
}

#[tokio::test]
async fn history_survives_reopening() {
    let directory = TempDir::new().unwrap();
    let store = open(&directory);
    put(&store, "a", "1").await;
    put(&store, "a", "2").await;
    store.compact(Revision(2)).await.unwrap();
    drop(store);

    let store = open(&directory);
    assert_eq!(store.revision().await.unwrap(), Revision(3));
    assert_eq!(store.list(everything(), Some(Revision(2)), 0).await.unwrap().entries[0].value, "1");
    assert!(matches!(
        store.watch(everything(), Revision::FIRST).await.map(drop),
        Err(Error::Compacted(Revision(2)))
    ));
    assert_eq!(put(&store, "b", "1").await, Revision(4));
}

#[tokio::test]
async fn a_file_forgets_by_itself() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("state.redb");
    let store = Arc::new(Redb::open_with_history(&path, 100).unwrap());
    join_all((0..3000).map(|count| {
        let store = Arc::clone(&store);
        async move { put(&*store, &format!("{}", count % 10), "x").await }
    }))
    .await;
    let forgotten = store.list(everything(), Some(Revision(100)), 0).await;
    assert!(matches!(forgotten, Err(Error::Compacted(Revision(found))) if found > 1024));
    assert_eq!(store.list(everything(), Some(Revision(2901)), 0).await.unwrap().entries.len(), 10);
}

#[tokio::test]
async fn a_watch_ends_with_its_store() {
    use futures::StreamExt;

    let directory = TempDir::new().unwrap();
    let store = open(&directory);
    let mut events = store.watch(everything(), Revision::FIRST).await.unwrap();
    drop(store);
    assert!(matches!(events.next().await, Some(Err(Error::Closed))));
    open(&directory);
}

fn open(directory: &TempDir) -> Redb {
    Redb::open(&directory.path().join("state.redb")).unwrap()
}

async fn put(store: &dyn Store, key: &str, value: &'static str) -> Revision {
    store.write(key, Expect::Anything, Change::Put(value.into())).await.unwrap()
}
