//! Writes: revisions, expectations, and writers at the same time.

use bytes::Bytes;
use futures::future::join_all;

use super::{conflict, delete, put, revision};
use crate::{Change, Error, Expect, Revision, Store, VALUE_BYTES_MAX};

pub(super) async fn run(store: &dyn Store) {
    an_empty_store_stands_at_the_first_revision(store).await;
    every_write_makes_the_next_revision(store).await;
    an_entry_remembers_when_it_was_created(store).await;
    a_write_needs_what_it_expects(store).await;
    a_value_has_a_greatest_length(store).await;
    writers_at_once_lose_nothing(store).await;
}

async fn an_empty_store_stands_at_the_first_revision(store: &dyn Store) {
    assert_eq!(revision(store).await, Revision::FIRST);
    assert_eq!(store.get("/none").await.expect("a read works"), None);
}

async fn every_write_makes_the_next_revision(store: &dyn Store) {
    let before = revision(store).await;
    let first = put(store, "/writes/a", "1").await;
    let second = put(store, "/writes/b", "2").await;
    let third = delete(store, "/writes/a").await;
    assert_eq!([first, second, third], [before.next(), first.next(), second.next()]);
    assert_eq!(revision(store).await, third);
}

async fn an_entry_remembers_when_it_was_created(store: &dyn Store) {
    let created = put(store, "/writes/c", "1").await;
    let updated = put(store, "/writes/c", "2").await;
    let entry = store.get("/writes/c").await.expect("a read works").expect("it exists");
    assert_eq!((entry.created, entry.revision, &entry.value[..]), (created, updated, &b"2"[..]));

    delete(store, "/writes/c").await;
    assert_eq!(store.get("/writes/c").await.expect("a read works"), None);
    let again = put(store, "/writes/c", "3").await;
    let entry = store.get("/writes/c").await.expect("a read works").expect("it exists again");
    assert_eq!((entry.created, entry.revision), (again, again));
}

async fn a_write_needs_what_it_expects(store: &dyn Store) {
    let key = "/writes/d";
    let value = || Change::Put(Bytes::from_static(b"x"));
    assert_eq!(conflict(store.write(key, Expect::Anything, Change::Delete).await), None);
    assert_eq!(conflict(store.write(key, Expect::Unchanged(Revision(7)), value()).await), None);

    let first = store.write(key, Expect::Absent, value()).await.expect("it was absent");
    assert_eq!(conflict(store.write(key, Expect::Absent, value()).await), Some(first));
    let second = store.write(key, Expect::Unchanged(first), value()).await.expect("unchanged");
    let stale = Expect::Unchanged(first);
    assert_eq!(conflict(store.write(key, stale, value()).await), Some(second));
    assert_eq!(conflict(store.write(key, stale, Change::Delete).await), Some(second));
    assert_eq!(revision(store).await, second, "a refused write makes no revision");
    store.write(key, Expect::Unchanged(second), Change::Delete).await.expect("unchanged");
    store.write(key, Expect::Absent, value()).await.expect("absent again");
}

async fn a_value_has_a_greatest_length(store: &dyn Store) {
    let before = revision(store).await;
    let long = Change::Put(Bytes::from(vec![0; VALUE_BYTES_MAX + 1]));
    let refused = store.write("/writes/long", Expect::Anything, long).await;
    assert!(matches!(refused, Err(Error::TooLarge { .. })), "{refused:?}");
    assert_eq!(revision(store).await, before);
}

/// Several writers count in one key, each by compare and set, and note each step under a key of their own.
async fn writers_at_once_lose_nothing(store: &dyn Store) {
    const WRITERS: usize = 8;
    const STEPS: usize = 10;
    let before = revision(store).await;
    put(store, "/writes/count", "0").await;
    join_all((0..WRITERS).map(|writer| async move {
        for step in 0..STEPS {
            increment(store, "/writes/count").await;
            put(store, &format!("/writes/step/{writer}/{step}"), "").await;
        }
    }))
    .await;
    let count = store.get("/writes/count").await.expect("a read works").expect("it exists");
    assert_eq!(count.value, (WRITERS * STEPS).to_string().as_bytes());
    let writes = 1 + 2 * (WRITERS * STEPS) as u64;
    assert_eq!(revision(store).await, Revision(before.0 + writes));
}

async fn increment(store: &dyn Store, key: &str) {
    loop {
        let entry = store.get(key).await.expect("a read works").expect("it exists");
        let text = std::str::from_utf8(&entry.value).expect("it is a number");
        let next = text.parse::<usize>().expect("it is a number") + 1;
        let change = Change::Put(next.to_string().into_bytes().into());
        match store.write(key, Expect::Unchanged(entry.revision), change).await {
            Ok(_) => return,
            Err(Error::Conflict { .. }) => (),
            Err(error) => panic!("a write failed: {error}"),
        }
    }
}
