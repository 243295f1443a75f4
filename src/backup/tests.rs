use jiff::{SignedDuration, Timestamp};

use super::*;

fn made(seconds: i64, revision: u64) -> Contents {
    Contents {
        revision: Revision(revision),
        made: Timestamp::from_second(seconds).unwrap(),
        kubernetes: String::new(),
        entries: 1,
        sealed: 0,
    }
}

#[test]
fn each_restore_is_beyond_whatever_was_written_before_it() {
    let hour = SignedDuration::from_hours(1);
    let (older, newer) = (made(1_000, 10_000), made(4_600, 50_000));
    let first = Timestamp::from_second(5_000).unwrap();
    let at = restored_revision(&newer, first).0;
    assert!(at > 50_000 + BEYOND);
    let written = at + 40_000;
    assert!(restored_revision(&newer, first + hour).0 > written);
    assert!(restored_revision(&older, first + hour).0 > written);
    let set_back = restored_revision(&newer, Timestamp::from_second(0).unwrap());
    assert_eq!(set_back.0, 50_000 + BEYOND);
}

#[test]
fn snapshots_go_on_from_those_of_the_process_before() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(newest(folder.path()), None);
    let write = |name: &str| fs::write(folder.path().join(name), "").unwrap();
    write("isopod-20260101T000000Z.backup");
    write("isopod-20260101T100000Z.backup");
    write("isopod-20260101T110000Z.backup.partial");
    write("mine.backup");
    forget_unfinished(folder.path());
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 3);
    let newest = newest(folder.path()).unwrap();
    assert_eq!(newest.to_string(), "2026-01-01T10:00:00Z");
    let hours = |hours: i64| newest + SignedDuration::from_hours(hours);
    let interval = Duration::from_hours(12);
    assert_eq!(first_wait(Some(newest), hours(8), interval), Duration::from_hours(4));
    assert_eq!(first_wait(Some(newest), hours(100), interval), RETRY);
    assert_eq!(first_wait(None, newest, interval), RETRY, "there is none yet");
    assert_eq!(first_wait(Some(newest), hours(-1), interval), interval);
    assert_eq!(first_wait(None, newest, RETRY / 10), RETRY / 10);
    forget_old(folder.path(), 1).unwrap();
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
}
