//! Compaction: the past goes, the present and the recent stay.

use futures::StreamExt;

use super::{delete, put, revision};
use crate::{Error, Store, everything, under};

pub(super) async fn run(store: &dyn Store) {
    compaction_keeps_what_can_still_be_asked_for(store).await;
    a_watcher_behind_the_horizon_is_told(store).await;
    the_future_cannot_be_compacted(store).await;
}

async fn compaction_keeps_what_can_still_be_asked_for(store: &dyn Store) {
    put(store, "/old/still", "1").await;
    put(store, "/old/gone", "1").await;
    put(store, "/old/back", "1").await;
    delete(store, "/old/gone").await;
    let horizon = delete(store, "/old/back").await;
    put(store, "/old/still", "2").await;
    put(store, "/old/back", "2").await;
    let present = store.list(everything(), None, 0).await.expect("a list works");
    let past = store.list(everything(), Some(horizon), 0).await.expect("a list works");

    store.compact(horizon).await.expect("the past can be forgotten");
    store.compact(horizon).await.expect("twice is once");
    assert_eq!(store.list(everything(), None, 0).await.expect("a list works"), present);
    let at_horizon = store.list(everything(), Some(horizon), 0).await.expect("a list works");
    assert_eq!(at_horizon, past);
    let before = crate::Revision(horizon.0 - 1);
    let forgotten = store.list(under("/old/"), Some(before), 0).await;
    assert!(matches!(forgotten, Err(Error::Compacted(found)) if found == horizon), "{forgotten:?}");
    let forgotten = store.watch(everything(), before).await.map(drop);
    assert!(matches!(forgotten, Err(Error::Compacted(found)) if found == horizon), "{forgotten:?}");

    let mut events = store.watch(everything(), horizon).await.expect("all after it is kept");
    let event = events.next().await.expect("two writes followed").expect("they are kept");
    assert_eq!((event.key.as_str(), event.revision), ("/old/still", horizon.next()));
}

/// A watcher that has not begun to read when its start is forgotten gets an error, then the end.
async fn a_watcher_behind_the_horizon_is_told(store: &dyn Store) {
    let before = revision(store).await;
    let mut events = store.watch(everything(), before).await.expect("a watch starts");
    put(store, "/old/a", "1").await;
    let horizon = put(store, "/old/a", "2").await;
    store.compact(horizon).await.expect("the past can be forgotten");
    let told = events.next().await.expect("an error comes before the end");
    assert!(matches!(told, Err(Error::Compacted(_))), "{told:?}");
    assert!(events.next().await.is_none(), "nothing follows an error");
}

async fn the_future_cannot_be_compacted(store: &dyn Store) {
    let present = revision(store).await;
    let future = store.compact(present.next()).await;
    assert!(matches!(future, Err(Error::Future(_))), "{future:?}");
    assert_eq!(revision(store).await, present);
}
