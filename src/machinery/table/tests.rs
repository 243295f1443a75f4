//! Ages as kubectl prints them.

use std::time::Duration;

use super::duration_human;

#[test]
fn ages_lose_precision_as_they_grow() {
    const MINUTE: u64 = 60;
    const HOUR: u64 = 60 * MINUTE;
    const DAY: u64 = 24 * HOUR;
    for (seconds, expected) in [
        (0, "0s"),
        (119, "119s"),
        (2 * MINUTE, "2m"),
        (3 * MINUTE + 20, "3m20s"),
        (10 * MINUTE + 5, "10m"),
        (179 * MINUTE, "179m"),
        (3 * HOUR, "3h"),
        (5 * HOUR + 3 * MINUTE, "5h3m"),
        (8 * HOUR + 3 * MINUTE, "8h"),
        (47 * HOUR, "47h"),
        (2 * DAY + 4 * HOUR, "2d4h"),
        (8 * DAY + 4 * HOUR, "8d"),
        (30 * DAY, "30d"),
        (729 * DAY, "729d"),
        (775 * DAY, "2y45d"),
        (730 * DAY, "2y"),
        (3000 * DAY, "8y"),
    ] {
        assert_eq!(duration_human(Duration::from_secs(seconds)), expected);
    }
}
