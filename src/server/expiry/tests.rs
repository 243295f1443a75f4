use super::*;

#[test]
fn an_event_is_old_when_it_was_last_seen_longer_ago_than_it_is_kept() {
    let now: Timestamp = "2026-01-01T12:00:00Z".parse().unwrap();
    let check = |event: &str, expected: bool| {
        assert_eq!(is_old(event.as_bytes(), now, Duration::from_hours(1)), expected, "{event}");
    };
    check(r#"{"metadata":{"creationTimestamp":"2026-01-01T10:59:59Z"}}"#, true);
    check(r#"{"metadata":{"creationTimestamp":"2026-01-01T11:00:01Z"}}"#, false);
    check(
        r#"{"metadata":{"creationTimestamp":"2026-01-01T10:00:00Z"},"lastTimestamp":"2026-01-01T11:30:00Z"}"#,
        false,
    );
    check(
        r#"{"metadata":{"creationTimestamp":"2026-01-01T10:00:00Z"},"series":{"lastObservedTime":"2026-01-01T11:30:00.000001Z"}}"#,
        false,
    );
    // A client's clock, or its malice, does not keep an event for ever.
    check(
        r#"{"metadata":{"creationTimestamp":"2026-01-01T10:00:00Z"},"eventTime":"9999-01-01T00:00:00.000000Z"}"#,
        true,
    );
    check(
        r#"{"metadata":{"creationTimestamp":"2026-01-01T11:30:00Z"},"lastTimestamp":"9999-01-01T00:00:00Z"}"#,
        false,
    );
    check("{}", false);
}
