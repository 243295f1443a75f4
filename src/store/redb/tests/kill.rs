//! Kills a process that writes, again and again, and looks for what it was promised.
//!
//! The process is this test binary, told by its environment to write. It prints each write when it has been
//! acknowledged; a line the parent has read is a promise.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use bytes::Bytes;
use futures::future::join_all;
use tempfile::TempDir;

use super::super::Redb;
use crate::{Change, Expect, Revision, Store, everything};

/// Names the file to the process that is to write.
const FILE: &str = "ISOPOD_STORE_KILL_TEST_FILE";

const KILLS: usize = 10;
const WRITERS: usize = 8;

#[test]
fn what_was_acknowledged_survives_a_kill() {
    if let Some(file) = std::env::var_os(FILE) {
        write_until_killed(Path::new(&file));
        return;
    }
    let directory = TempDir::new().unwrap();
    let file = directory.path().join("state.redb");
    let mut promised = Revision::FIRST;
    for round in 0..KILLS {
        // An unlike number each round, from the first commit to deep in the load.
        let acknowledged = write_and_kill(&file, 1 + round * round * 37);
        promised = check(&file, promised, &acknowledged);
    }
}

/// The keys and revisions acknowledged by a process that is killed after so many.
fn write_and_kill(file: &Path, after: usize) -> Vec<(String, Revision)> {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["what_was_acknowledged_survives_a_kill", "--nocapture"])
        .env(FILE, file)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut acknowledged: Vec<_> =
        lines.by_ref().filter_map(|line| parse(&line.unwrap())).take(after).collect();
    child.kill().unwrap();
    // What was printed before the end was promised too.
    acknowledged.extend(lines.map_while(Result::ok).filter_map(|line| parse(&line)));
    child.wait().unwrap();
    assert!(acknowledged.len() >= after, "the process ended by itself");
    acknowledged
}

/// A line `ack KEY REVISION .`; none for what the test harness prints and for a torn last line.
fn parse(line: &str) -> Option<(String, Revision)> {
    let (_, ack) = line.split_once("ack ")?;
    let mut words = ack.split(' ');
    let (key, revision) = (words.next()?.to_owned(), words.next()?.parse().ok()?);
    (words.next() == Some(".")).then_some((key, Revision(revision)))
}

fn check(file: &Path, promised: Revision, acknowledged: &[(String, Revision)]) -> Revision {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let store = Redb::open(file).unwrap();
        let revision = store.revision().await.unwrap();
        assert!(revision >= promised, "the store went back from {promised} to {revision}");
        for (key, written) in acknowledged {
            let entry = store.get(key).await.unwrap();
            let kept = entry.is_some_and(|entry| entry.revision >= *written);
            assert!(kept, "{key} was acknowledged at {written} and is lost");
        }
        let page = store.list(everything(), None, 0).await.unwrap();
        assert!(page.entries.iter().all(|entry| entry.value.len() == 1024));
        revision
    })
}

fn write_until_killed(file: &Path) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
    runtime.block_on(async {
        let store = Arc::new(Redb::open(file).unwrap());
        join_all((0..WRITERS).map(|writer| {
            let store = Arc::clone(&store);
            async move {
                for count in 0u64.. {
                    let key = format!("/{writer}/{}", count % 50);
                    let value = Change::Put(Bytes::from(vec![0; 1024]));
                    let revision = store.write(&key, Expect::Anything, value).await.unwrap();
                    let mut out = std::io::stdout().lock();
                    writeln!(out, "ack {key} {revision} .").unwrap();
                }
            }
        }))
        .await;
    });
}
