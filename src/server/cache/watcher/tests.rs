//! How far behind a watcher may be.

use bytes::Bytes;
use machinery::Labels;

use super::*;

/// A change of an object that was so long before.
fn change(revision: u64, length: usize) -> Arc<Change> {
    let object = |length: usize| {
        Arc::new(Cached {
            key: "default/a".into(),
            bytes: Bytes::from(vec![b'x'; length]),
            revision,
            terminating: false,
            labels: Labels::default(),
            fields: Box::default(),
            stored_as: None,
            forms: crate::cache::forms::Forms::default(),
        })
    };
    Arc::new(Change::new(revision, Some(object(length)), Some(object(1))))
}

fn watcher() -> Watcher {
    Watcher::new(Scope::default(), Selection::default(), 0)
}

/// Offers a change of which the history knows all after a revision.
fn offer(watcher: &Watcher, revision: u64, since: u64) -> bool {
    watcher.offer(&change(revision, 10), since, &mut Vec::new())
}

fn revisions(taken: Taken) -> Vec<u64> {
    match taken {
        Taken::Some(deliveries) => deliveries.iter().map(|one| one.change.revision).collect(),
        Taken::Empty | Taken::Closed => Vec::new(),
    }
}

#[test]
fn a_watcher_may_be_as_far_behind_as_the_history_knows() {
    let watcher = watcher();
    for revision in 5..9 {
        assert!(offer(&watcher, revision, 4), "{revision}");
    }
    assert_eq!(revisions(watcher.take(1, Waker::noop())), [5]);
    assert!(offer(&watcher, 9, 5));
    assert!(!offer(&watcher, 10, 6));
    assert!(matches!(watcher.take(1, Waker::noop()), Taken::Closed), "nothing is kept for it");
}

#[test]
fn a_watcher_that_reads_is_never_behind() {
    let watcher = watcher();
    for revision in 1..100 {
        assert!(offer(&watcher, revision, revision - 1));
        assert_eq!(revisions(watcher.take(1, Waker::noop())), [revision]);
    }
}

#[test]
fn no_more_is_taken_than_is_sent_at_once() {
    let watcher = watcher();
    watcher.fill([change(1, 10), change(2, 10), change(3, 10)].iter());
    assert_eq!(revisions(watcher.take(2, Waker::noop())), [1, 2]);
    assert_eq!(revisions(watcher.take(100, Waker::noop())), [3]);
    assert!(matches!(watcher.take(1, Waker::noop()), Taken::Empty));
}

#[test]
fn what_was_before_the_watch_counts_as_waiting() {
    let watcher = watcher();
    watcher.fill([change(1, 10)].iter());
    assert!(!offer(&watcher, 2, 1));
}
