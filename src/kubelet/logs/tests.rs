//! Logs as files and as text.

use std::fs;

use base::Clock;
use bytes::Bytes;
use expect_test::expect;
use sandbox::{Output, Stdio};
use serde_json::json;

use super::*;

const START: &str = "2026-01-01T00:00:00Z";

struct Fixture {
    folder: tempfile::TempDir,
    logs: Logs,
    pod: Pod,
}

fn fixture() -> Fixture {
    let folder = tempfile::tempdir().unwrap();
    let logs = Logs::new(folder.path(), Clock::simulated(START.parse().unwrap()));
    let pod = json!({"metadata": {"name": "p", "namespace": "ns", "uid": "u"}});
    Fixture { folder, logs, pod: serde_json::from_value(pod).unwrap() }
}

impl Fixture {
    async fn read(&self, query: &str) -> String {
        let options = LogOptions::parse(query).unwrap();
        text(&mut self.logs.read(&self.pod, "app", 0, options)).await
    }

    fn file(&self, name: &str) -> String {
        let path = self.folder.path().join("logs/ns_p_u/app").join(name);
        fs::read_to_string(path).unwrap()
    }
}

async fn text(reader: &mut Reader) -> String {
    let mut all = Vec::new();
    while let Some(bytes) = reader.next().await.unwrap() {
        all.extend_from_slice(&bytes);
    }
    String::from_utf8(all).unwrap()
}

fn print(writer: &LogWriter, text: &str) {
    writer.write(Stdio::Stdout, Bytes::copy_from_slice(text.as_bytes()));
}

#[tokio::test(start_paused = true)]
async fn lines_are_written_in_the_format_of_the_cri() {
    let fixture = fixture();
    let writer = fixture.logs.create(&fixture.pod, "app", 0).unwrap();
    print(&writer, "one\ntw");
    writer.write(Stdio::Stderr, Bytes::from_static(b"oh\n"));
    print(&writer, "o\nno end");
    writer.close();
    expect![[r"
        2026-01-01T00:00:00.000000000Z stdout F one
        2026-01-01T00:00:00.000000000Z stderr F oh
        2026-01-01T00:00:00.000000000Z stdout F two
        2026-01-01T00:00:00.000000000Z stdout F no end
    "]]
    .assert_eq(&fixture.file("0.log"));
}

#[tokio::test(start_paused = true)]
async fn a_reader_gets_the_part_it_asks_for() {
    let fixture = fixture();
    let writer = fixture.logs.create(&fixture.pod, "app", 0).unwrap();
    print(&writer, "one\n");
    tokio::time::advance(std::time::Duration::from_mins(1)).await;
    print(&writer, "two\n");
    writer.write(Stdio::Stderr, Bytes::from_static(b"three\n"));
    assert_eq!(fixture.read("").await, "one\ntwo\nthree\n");
    assert_eq!(fixture.read("tailLines=2").await, "two\nthree\n");
    assert_eq!(fixture.read("tailLines=0").await, "");
    assert_eq!(fixture.read("tailLines=9").await, "one\ntwo\nthree\n");
    assert_eq!(fixture.read("sinceSeconds=10").await, "two\nthree\n");
    assert_eq!(fixture.read("sinceTime=2026-01-01T00%3A00%3A30Z").await, "two\nthree\n");
    assert_eq!(fixture.read("limitBytes=5").await, "one\nt");
    assert_eq!(fixture.read("stream=Stderr").await, "three\n");
    assert_eq!(
        fixture.read("timestamps=true&tailLines=1").await,
        "2026-01-01T00:01:00.000000000Z three\n"
    );
}

#[tokio::test(start_paused = true)]
async fn a_follower_sees_what_comes_and_ends_with_the_container() {
    let fixture = fixture();
    let writer = fixture.logs.create(&fixture.pod, "app", 0).unwrap();
    print(&writer, "one\n");
    let options = LogOptions::parse("follow=true").unwrap();
    let mut reader = fixture.logs.read(&fixture.pod, "app", 0, options);
    assert_eq!(reader.next().await.unwrap().unwrap(), "one\n");
    let (next, ()) = tokio::join!(reader.next(), async { print(&writer, "two\n") });
    assert_eq!(next.unwrap().unwrap(), "two\n");
    let (next, ()) = tokio::join!(reader.next(), async { writer.close() });
    assert_eq!(next.unwrap(), None);
}

#[tokio::test(start_paused = true)]
async fn long_lines_are_cut_in_the_file_and_whole_in_the_text() {
    let fixture = fixture();
    let writer = fixture.logs.create(&fixture.pod, "app", 0).unwrap();
    let long = "x".repeat(40_000);
    print(&writer, &format!("{long}\n"));
    assert_eq!(fixture.file("0.log").lines().count(), 3);
    assert_eq!(fixture.read("").await, format!("{long}\n"));
}

#[tokio::test(start_paused = true)]
async fn a_flood_keeps_five_files_and_a_follower_reads_on() {
    let fixture = fixture();
    let writer = fixture.logs.create(&fixture.pod, "app", 0).unwrap();
    let options = LogOptions::parse("follow=true").unwrap();
    let mut reader = fixture.logs.read(&fixture.pod, "app", 0, options);
    let line = format!("{}\n", "y".repeat(10_000));
    let block = line.repeat(6);
    let mut read = 0_u64;
    let blocks = 1200;
    for _ in 0..blocks {
        print(&writer, &block);
        while read < writer.progress().borrow().length / 2 {
            let Some(bytes) = reader.next().await.unwrap() else { break };
            read += bytes.len() as u64;
        }
    }
    writer.close();
    let files = fs::read_dir(fixture.folder.path().join("logs/ns_p_u/app")).unwrap().count();
    assert_eq!(files, FILES);
    assert!(fixture.read("tailLines=1").await == line);
}

#[tokio::test(start_paused = true)]
async fn only_the_current_and_the_previous_incarnation_are_kept() {
    let fixture = fixture();
    for incarnation in 0..4 {
        let writer = fixture.logs.create(&fixture.pod, "app", incarnation).unwrap();
        print(&writer, &format!("incarnation {incarnation}\n"));
        writer.close();
    }
    let names = fs::read_dir(fixture.folder.path().join("logs/ns_p_u/app")).unwrap();
    let mut names: Vec<_> = names.map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["2.log", "3.log"]);
    fixture.logs.remove(&fixture.pod);
    assert!(!fixture.folder.path().join("logs/ns_p_u").exists());
}
