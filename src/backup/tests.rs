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
