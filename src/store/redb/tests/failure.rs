//! Lets the disk fail, for a while and at each step of the first start.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use ::redb::StorageBackend;
use ::redb::backends::FileBackend;
use base::Metrics;
use futures::StreamExt;
use tempfile::TempDir;

use super::super::Redb;
use super::super::writer::rest;
use super::put;
use crate::{Change, Error, Expect, Revision, Store, everything};

/// Between two writes to a medium that is left alone.
const LOOK: Duration = Duration::from_millis(10);

/// How many changes of the file succeed before all that follow fail.
#[derive(Debug, Clone)]
struct Disk(Arc<AtomicI64>);

impl Disk {
    fn new() -> Self {
        Self(Arc::new(AtomicI64::new(i64::MAX)))
    }

    fn fail_after(&self, changes: i64) {
        self.0.store(changes, Ordering::SeqCst);
    }

    fn mend(&self) {
        self.fail_after(i64::MAX);
    }

    fn change(&self) -> io::Result<()> {
        let full = self.0.fetch_sub(1, Ordering::SeqCst) <= 0;
        if full { Err(io::ErrorKind::StorageFull.into()) } else { Ok(()) }
    }

    fn open(&self, path: &Path) -> Result<Redb, Error> {
        let disk = self.clone();
        let backing = move |file| OnDisk { file, disk: disk.clone() };
        Redb::start(path, backing, 1000, &Metrics::default())
    }
}

#[derive(Debug)]
struct OnDisk {
    file: FileBackend,
    disk: Disk,
}

impl StorageBackend for OnDisk {
    fn len(&self) -> io::Result<u64> {
        self.file.len()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.file.read(offset, out)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.disk.change()?;
        self.file.set_len(len)
    }

    fn sync_data(&self) -> io::Result<()> {
        self.disk.change()?;
        self.file.sync_data()
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.disk.change()?;
        self.file.write(offset, data)
    }
}

#[tokio::test]
async fn a_disk_that_was_full_is_written_again() {
    let (directory, disk) = (TempDir::new().unwrap(), Disk::new());
    let store = disk.open(&directory.path().join("state.redb")).unwrap();
    put(&store, "a", "before").await;
    disk.fail_after(0);
    let refused = store.write("b", Expect::Anything, Change::Put("lost".into())).await;
    assert!(matches!(refused, Err(Error::Backend(_))), "{refused:?}");
    assert!(store.is_well().await.is_err());

    disk.mend();
    let written = until_written(&store, "c").await;
    assert_eq!(written, Revision(3));
    assert!(store.is_well().await.is_ok());
    assert_eq!(store.get("a").await.unwrap().unwrap().value, "before");
    assert!(store.get("b").await.unwrap().is_none());
}

#[tokio::test]
async fn watchers_see_what_readers_see_wherever_a_commit_breaks_off() {
    for changes in 0.. {
        let (directory, disk) = (TempDir::new().unwrap(), Disk::new());
        let store = disk.open(&directory.path().join("state.redb")).unwrap();
        put(&store, "a", "before").await;
        let mut events = store.watch(everything(), Revision(2)).await.unwrap();
        disk.fail_after(changes);
        let broken = store.write("b", Expect::Anything, Change::Put("maybe".into())).await;
        disk.mend();
        if broken.is_ok() {
            break;
        }
        let last = until_written(&store, "c").await;
        let page = store.list(everything(), None, 0).await.unwrap();
        let mut seen = vec!["a".to_owned()];
        loop {
            let event = events.next().await.unwrap().unwrap();
            seen.push(event.key);
            if event.revision == last {
                break;
            }
        }
        let listed: Vec<_> = page.entries.into_iter().map(|entry| entry.key).collect();
        assert_eq!(seen, listed, "after {changes} changes");
    }
}

#[tokio::test]
async fn a_first_start_that_breaks_off_anywhere_can_be_repeated() {
    for changes in 0.. {
        let (directory, disk) = (TempDir::new().unwrap(), Disk::new());
        let path = directory.path().join("state.redb");
        disk.fail_after(changes);
        let started = disk.open(&path).is_ok();
        disk.mend();
        let store = disk.open(&path).unwrap();
        assert_eq!(put(&store, "a", "1").await, Revision(2));
        assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 1);
        if started {
            break;
        }
    }
}

#[tokio::test]
async fn a_store_that_lost_what_it_acknowledged_ends() {
    let (directory, disk) = (TempDir::new().unwrap(), Disk::new());
    let path = directory.path().join("state.redb");
    let store = disk.open(&path).unwrap();
    put(&store, "a", "1").await;
    // Somebody puts the file of another day in its place.
    disk.open(&directory.path().join("other.redb")).unwrap();
    std::fs::rename(directory.path().join("other.redb"), &path).unwrap();
    disk.fail_after(0);
    let refused = store.write("b", Expect::Anything, Change::Put("lost".into()));
    // The disk is well again when the file is opened anew.
    refused.await.unwrap_err();
    disk.mend();
    while !matches!(
        store.write("c", Expect::Anything, Change::Put("1".into())).await,
        Err(Error::Closed)
    ) {
        tokio::time::sleep(LOOK).await;
    }
    store.ended().await;
}

#[test]
fn a_medium_is_left_alone_for_longer_than_it_takes_to_open_but_not_for_ever() {
    assert_eq!(rest(Duration::from_millis(5)), Duration::from_millis(50));
    assert_eq!(rest(Duration::from_mins(1)), Duration::from_mins(1));
    assert_eq!(rest(Duration::MAX), Duration::from_mins(1));
}

/// Writes until it is acknowledged: a failed medium is left alone for a while.
async fn until_written(store: &Redb, key: &str) -> Revision {
    loop {
        let written = store.write(key, Expect::Anything, Change::Put("1".into())).await;
        if let Ok(revision) = written {
            return revision;
        }
        tokio::time::sleep(LOOK).await;
    }
}
