use std::sync::Arc;

use base::Tasks;
use bytes::Bytes;
use store::memory::Memory;
use store::{Change, Expect, Store};

use super::*;
use crate::cache::{CacheProgress, ListQuery, Scope, Selection, WatchStart};

const PREFIX: &str = "/registry/configmaps";

struct Fixture {
    store: Arc<Memory>,
    cache: Arc<Cache>,
    tasks: Tasks,
}

impl Fixture {
    /// A cache without a shelf.
    async fn new() -> Self {
        let (store, tasks) = (Arc::new(Memory::default()), Tasks::new());
        let cache = Cache::new([], Arc::new(CacheProgress::default()), Vec::new());
        let cache = Arc::new(cache);
        let followed: Arc<dyn Store> = Arc::<Memory>::clone(&store);
        cache.start(followed, &tasks).await.unwrap();
        Self { store, cache, tasks }
    }

    async fn add(&self) -> Arc<Shelf> {
        let kind = kinds::find("", "v1", "configmaps").unwrap();
        let shelf = Arc::new(Shelf::new(kind, Arc::clone(&self.cache.progress)));
        self.cache.add(self.store.as_ref(), &shelf).await.unwrap();
        shelf
    }

    async fn write(&self, name: &str) -> u64 {
        let text = format!(
            r#"{{"kind":"ConfigMap","apiVersion":"v1","metadata":{{"name":"{name}","namespace":"a"}}}}"#
        );
        let change = Change::Put(Bytes::from(text));
        let key = format!("{PREFIX}/a/{name}");
        let revision = self.store.write(&key, Expect::Absent, change).await.unwrap().0;
        self.cache.reached(revision).await;
        revision
    }
}

fn names(shelf: &Shelf) -> Vec<String> {
    let listed = shelf.list(&ListQuery::default()).unwrap();
    listed.items.iter().map(|object| object.name().to_owned()).collect()
}

#[tokio::test]
async fn a_new_shelf_has_what_was_written_before_and_what_comes() {
    let fixture = Fixture::new().await;
    fixture.write("early").await;
    let shelf = fixture.add().await;
    assert_eq!(names(&shelf), ["early"]);
    fixture.write("late").await;
    assert_eq!(names(&shelf), ["early", "late"]);
    fixture.tasks.shutdown(std::time::Duration::from_secs(5)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_missed_or_repeated_while_a_shelf_is_filled() {
    const OBJECTS: usize = 400;
    let fixture = Arc::new(Fixture::new().await);
    let names_of = |from: usize, to: usize| (from..to).map(|number| format!("{number:04}"));
    for name in names_of(0, OBJECTS / 4) {
        fixture.write(&name).await;
    }
    let writes = async {
        for name in names_of(OBJECTS / 4, OBJECTS) {
            fixture.write(&name).await;
        }
    };
    let watches = async {
        let shelf = fixture.add().await;
        let feed = shelf.watch(&Scope::default(), Selection::default(), WatchStart::State).unwrap();
        (shelf, feed)
    };
    let ((), (shelf, feed)) = tokio::join!(writes, watches);
    assert_eq!(names(&shelf), names_of(0, OBJECTS).collect::<Vec<_>>());
    let mut seen: Vec<String> =
        feed.initial.iter().map(|object| object.name().to_owned()).collect();
    let waker = std::task::Waker::noop();
    while let crate::cache::watcher::Taken::Some(deliveries) =
        feed.place.watcher.take(usize::MAX, waker)
    {
        seen.extend(deliveries.iter().map(|one| one.change.key().replace("a/", "")));
    }
    assert_eq!(seen, names_of(0, OBJECTS).collect::<Vec<_>>());
    fixture.tasks.shutdown(std::time::Duration::from_secs(5)).await;
}

#[tokio::test]
async fn a_shelf_takes_the_place_of_another_without_a_moment_of_ignorance() {
    let fixture = Fixture::new().await;
    let old = fixture.add().await;
    fixture.write("one").await;
    let new = fixture.add().await;
    fixture.write("two").await;
    assert_eq!(
        (names(&old), names(&new)),
        (vec!["one".into(), "two".into()], vec!["one".into(), "two".into()])
    );
    let feed = old.watch(&Scope::default(), Selection::default(), WatchStart::State).unwrap();
    fixture.cache.remove(&old);
    fixture.write("three").await;
    assert_eq!((names(&old).len(), names(&new).len()), (2, 3));
    let waker = std::task::Waker::noop();
    assert!(matches!(
        feed.place.watcher.take(usize::MAX, waker),
        crate::cache::watcher::Taken::Closed
    ));
    let late = old.watch(&Scope::default(), Selection::default(), WatchStart::State);
    assert_eq!(late.unwrap_err().code(), 410, "nothing would ever be heard here");
    assert_eq!(old.check_followed().unwrap_err().code(), 410);
    drop(feed);
    let feed = new.watch(&Scope::default(), Selection::default(), WatchStart::State).unwrap();
    assert_eq!(new.watchers(), 1);
    drop(feed);
    assert_eq!(new.watchers(), 0, "a watch that never began is forgotten");
    fixture.tasks.shutdown(std::time::Duration::from_secs(5)).await;
}
