//! Instants and durations as text.

use super::{format_duration, format_micro_time, format_time, parse_duration, parse_time};

#[test]
fn instants_are_told_in_utc() {
    let time = parse_time("2026-11-23T10:00:00.1234567+02:00").unwrap();
    assert_eq!(format_time(time), "2026-11-23T08:00:00Z");
    assert_eq!(format_micro_time(time), "2026-11-23T08:00:00.123456Z");
    assert!(parse_time("2026-11-23").is_err());
    assert_eq!(
        parse_time("yesterday").unwrap_err(),
        r#"parsing time "yesterday" as "2006-01-02T15:04:05Z07:00": cannot parse "yesterday" as "2006""#
    );
}

#[test]
fn only_what_rfc_3339_can_write_is_an_instant() {
    for text in ["2026-11-23T10:00:00Z", "0000-01-01T00:00:00Z", "2024-02-29T23:59:59.5-11:30"] {
        let time = parse_time(text).unwrap();
        assert_eq!(parse_time(&format_time(time)), parse_time(text.replace(".5", "").as_str()));
    }
    for text in [
        "-000001-01-01T00:00:00Z",
        "0000-01-01T00:00:00+01:00",
        "+002026-11-23T10:00:00Z",
        "2026-11-23 10:00:00Z",
        "2026-11-23t10:00:00z",
        "2026-11-23T10:00Z",
        "2026-11-23T10:00:00",
        "2026-11-23T10:00:00Z[UTC]",
        "2026-11-23T10:00:00+0100",
        "2026-02-30T10:00:00Z",
        "",
    ] {
        assert!(parse_time(text).is_err(), "{text}");
    }
}

#[test]
fn durations_read_as_go_prints_them() {
    const SECOND: i64 = 1_000_000_000;
    for (nanos, expected) in [
        (0, "0s"),
        (7, "7ns"),
        (1_500, "1.5µs"),
        (250_000_000, "250ms"),
        (SECOND, "1s"),
        (90 * SECOND + SECOND / 2, "1m30.5s"),
        (3600 * SECOND, "1h0m0s"),
        (-60 * SECOND, "-1m0s"),
    ] {
        assert_eq!(format_duration(nanos), expected);
    }
}

#[test]
fn durations_are_read_as_go_reads_them() {
    for (text, nanos) in [
        ("0", 0),
        ("-0", 0),
        ("5s", 5_000_000_000),
        ("1h1m1s", 3_661_000_000_000),
        ("1.5s", 1_500_000_000),
        (".5ms", 500_000),
        ("2.s", 2_000_000_000),
        ("-1m", -60_000_000_000),
        ("7\u{b5}s3ns", 7_003),
        ("0.25000000000000000000000h", 900_000_000_000),
    ] {
        assert_eq!(parse_duration(text), Ok(nanos), "{text}");
    }
    for (text, why) in [
        ("", "time: invalid duration \"\""),
        ("+", "time: invalid duration \"+\""),
        ("soon", "time: invalid duration \"soon\""),
        (".s", "time: invalid duration \".s\""),
        ("30", "time: missing unit in duration \"30\""),
        ("3d", "time: unknown unit \"d\" in duration \"3d\""),
        ("9999999h", "time: invalid duration \"9999999h\""),
        (
            "99999999999999999999999999999999999999999999h",
            "time: invalid duration \"99999999999999999999999999999999999999999999h\"",
        ),
    ] {
        assert_eq!(parse_duration(text), Err(why.to_owned()));
    }
}
