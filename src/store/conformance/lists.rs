//! Lists: order, borders, limits, and the past.

use super::{delete, put, revision};
use crate::{Error, Page, Revision, Store, everything, under};

pub(super) async fn run(store: &dyn Store) {
    a_list_is_a_range_in_order(store).await;
    a_list_shows_the_past(store).await;
    a_list_in_chunks_is_of_one_moment(store).await;
    the_future_cannot_be_listed(store).await;
}

async fn a_list_is_a_range_in_order(store: &dyn Store) {
    for key in ["/lists/b", "/lists/a/2", "/lists/a/1", "/lists/a", "/lists/ä", "/lists/c"] {
        put(store, key, key).await;
    }
    delete(store, "/lists/c").await;
    let page = list(store, "/lists/", None, 0).await;
    assert_eq!(
        text(&page),
        ["a=/lists/a", "a/1=/lists/a/1", "a/2=/lists/a/2", "b=/lists/b", "ä=/lists/ä"]
    );
    assert_eq!((page.revision, page.more), (revision(store).await, false));
    assert_eq!(text(&list(store, "/lists/a/", None, 0).await).len(), 2);
    assert_eq!(text(&list(store, "/lists/none", None, 0).await).len(), 0);

    let backwards = "/lists/b".to_owned().."/lists/a".to_owned();
    let page = store.list(backwards, None, 0).await.expect("a list works");
    assert_eq!(page.entries, []);
    let all = store.list(everything(), None, 0).await.expect("a list works");
    assert!(all.entries.is_sorted_by(|one, next| one.key < next.key));
}

async fn a_list_shows_the_past(store: &dyn Store) {
    let before = revision(store).await;
    put(store, "/past/a", "1").await;
    let first = put(store, "/past/b", "1").await;
    put(store, "/past/a", "2").await;
    let second = delete(store, "/past/b").await;
    put(store, "/past/b", "3").await;

    let at = async |revision| text(&list(store, "/past/", Some(revision), 0).await);
    assert_eq!(at(before).await, [""; 0]);
    assert_eq!(at(first).await, ["a=1", "b=1"]);
    assert_eq!(at(second).await, ["a=2"]);
    assert_eq!(at(second.next()).await, ["a=2", "b=3"]);
    let page = list(store, "/past/", Some(first), 0).await;
    assert_eq!(page.revision, first);
    assert_eq!(page.entries[1].created, first);
}

async fn a_list_in_chunks_is_of_one_moment(store: &dyn Store) {
    for key in ["a", "b", "c", "d"] {
        put(store, &format!("/chunks/{key}"), "1").await;
    }
    delete(store, "/chunks/d").await;
    let first = list(store, "/chunks/", None, 2).await;
    assert_eq!((text(&first), first.more), (vec!["a=1".to_owned(), "b=1".to_owned()], true));

    put(store, "/chunks/c", "2").await;
    put(store, "/chunks/bb", "2").await;
    let start = format!("{}\0", first.entries[1].key);
    let rest = start..under("/chunks/").end;
    let rest = store.list(rest, Some(first.revision), 2).await.expect("a list works");
    assert_eq!((&rest.entries[0].value[..], rest.entries.len()), (&b"1"[..], 1));
    assert!(!rest.more, "the deleted key is not one more");
}

async fn the_future_cannot_be_listed(store: &dyn Store) {
    let present = revision(store).await;
    let future = store.list(under("/lists/"), Some(present.next()), 0).await;
    assert!(matches!(future, Err(Error::Future(found)) if found == present), "{future:?}");
}

async fn list(store: &dyn Store, prefix: &str, at: Option<Revision>, limit: usize) -> Page {
    store.list(under(prefix), at, limit).await.expect("a list works")
}

/// The entries as `key=value`, without the first path segment.
fn text(page: &Page) -> Vec<String> {
    let short = |key: &str| key[1..].split_once('/').map_or("", |(_, rest)| rest).to_owned();
    let value = |entry: &crate::Entry| String::from_utf8_lossy(&entry.value).into_owned();
    page.entries.iter().map(|entry| format!("{}={}", short(&entry.key), value(entry))).collect()
}
