//! Watches: history, then live, without gap or repeat.

use futures::future::join;
use futures::{FutureExt, StreamExt};

use super::{delete, put, revision};
use crate::{Error, Event, EventChange, Events, Revision, Store, everything, under};

pub(super) async fn run(store: &dyn Store) {
    a_watch_replays_and_follows(store).await;
    a_watch_keeps_to_its_range(store).await;
    a_watch_misses_nothing_while_others_write(store).await;
    a_slow_watcher_misses_nothing(store).await;
    the_future_cannot_be_watched(store).await;
}

async fn a_watch_replays_and_follows(store: &dyn Store) {
    let before = revision(store).await;
    put(store, "/watches/a", "1").await;
    put(store, "/watches/a", "2").await;
    let mut events = watch(store, "/watches/", before).await;
    assert_eq!(take(&mut events, 2).await, ["+a=1", "a=2"]);
    assert!(events.next().now_or_never().is_none(), "nothing more has happened");
    delete(store, "/watches/a").await;
    put(store, "/watches/a", "3").await;
    assert_eq!(take(&mut events, 2).await, ["-a", "+a=3"]);

    let mut late = watch(store, "/watches/", revision(store).await).await;
    put(store, "/watches/b", "1").await;
    assert_eq!(take(&mut late, 1).await, ["+b=1"]);
    assert_eq!(take(&mut events, 1).await, ["+b=1"]);
}

async fn a_watch_keeps_to_its_range(store: &dyn Store) {
    let before = revision(store).await;
    let mut events = watch(store, "/watches/in/", before).await;
    for key in ["/watches/in", "/watches/in/a", "/watches/io", "/watches/in/b"] {
        put(store, key, "1").await;
    }
    assert_eq!(take(&mut events, 2).await, ["+in/a=1", "+in/b=1"]);
}

/// A watch that starts amid writes sees every revision once, in order.
async fn a_watch_misses_nothing_while_others_write(store: &dyn Store) {
    const WRITES: u64 = 200;
    let before = revision(store).await;
    let write = async {
        for count in 0..WRITES {
            put(store, &format!("/watches/many/{}", count % 7), "x").await;
        }
    };
    let follow = async {
        let mut events = store.watch(everything(), before).await.expect("a watch starts");
        for count in 1..=WRITES {
            assert_eq!(next(&mut events).await.revision, Revision(before.0 + count));
        }
    };
    join(write, follow).await;
}

/// More writes than any live queue holds, before the watcher looks for the first time.
async fn a_slow_watcher_misses_nothing(store: &dyn Store) {
    const WRITES: u64 = 1500;
    let before = revision(store).await;
    let mut events = store.watch(everything(), before).await.expect("a watch starts");
    put(store, "/watches/slow", "first").await;
    assert_eq!(next(&mut events).await.revision, before.next());
    futures::stream::iter(0..WRITES)
        .for_each_concurrent(64, |_| put(store, "/watches/slow", "x").map(drop))
        .await;
    for count in 2..=WRITES + 1 {
        assert_eq!(next(&mut events).await.revision, Revision(before.0 + count));
    }
}

async fn the_future_cannot_be_watched(store: &dyn Store) {
    let present = revision(store).await;
    let future = store.watch(everything(), present.next()).await.map(drop);
    assert!(matches!(future, Err(Error::Future(found)) if found == present), "{future:?}");
}

async fn watch(store: &dyn Store, prefix: &str, after: Revision) -> Events {
    store.watch(under(prefix), after).await.expect("a watch starts")
}

async fn next(events: &mut Events) -> Event {
    events.next().await.expect("a watch does not end by itself").expect("history is kept")
}

/// The next events as `+key=value` (created), `key=value` or `-key`, without the first path segment.
async fn take(events: &mut Events, count: usize) -> Vec<String> {
    let mut texts = Vec::new();
    for _ in 0..count {
        let event = next(events).await;
        let key = event.key.trim_start_matches("/watches/").to_owned();
        texts.push(match event.change {
            EventChange::Put { value, created } => {
                let sign = if created { "+" } else { "" };
                format!("{sign}{key}={}", String::from_utf8_lossy(&value))
            }
            EventChange::Delete => format!("-{key}"),
        });
    }
    texts
}
