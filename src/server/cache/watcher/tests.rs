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

/// Offers changes until the watch has ended, and says how many were taken.
fn taken(watcher: &Watcher, length: usize) -> usize {
    (1..20_000)
        .take_while(|revision| watcher.offer(&change(*revision, length), &mut Vec::new()))
        .count()
}

#[test]
fn a_watcher_that_reads_nothing_ends_after_so_many_events() {
    assert_eq!(taken(&watcher(), 10), QUEUE_MAX);
}

#[test]
fn a_watcher_that_reads_nothing_ends_after_so_many_bytes() {
    let watcher = watcher();
    assert_eq!(taken(&watcher, 1 << 20), QUEUE_BYTES_MAX >> 20);
    assert!(matches!(watcher.take(Waker::noop()), Taken::Closed), "nothing is kept for it");
}

#[test]
fn a_watcher_that_reads_goes_on() {
    let watcher = watcher();
    for revision in 1..100 {
        assert!(watcher.offer(&change(revision, 1 << 20), &mut Vec::new()));
        assert!(matches!(watcher.take(Waker::noop()), Taken::Some(_)));
    }
}
