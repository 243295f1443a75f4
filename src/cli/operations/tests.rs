use super::*;

#[test]
fn a_range_of_ports_is_two_numbers_in_order() {
    assert_eq!(ports("30000-32767").unwrap(), 30_000..=32_767);
    assert_eq!(ports("8000-8000").unwrap(), 8_000..=8_000);
    for wrong in ["", "30000", "0-10", "20-10", "1-65536", "a-b"] {
        assert!(ports(wrong).is_err(), "{wrong:?}");
    }
}

#[test]
fn tokens_are_limited_to_an_hour_at_least() {
    assert_eq!(token_expiration("2h").unwrap(), Duration::from_hours(2));
    assert!(token_expiration("59m").is_err());
    assert!(token_expiration("2000000h").is_err());
}

#[test]
fn durations_are_written_as_go_writes_them() {
    assert_eq!(duration("1h30m0s").unwrap(), Duration::from_mins(90));
    assert_eq!(any_duration("500ms").unwrap(), Duration::from_millis(500));
    assert!(any_duration("0").unwrap().is_zero());
    for wrong in ["0", "-1s", "5", "1d", ""] {
        assert!(duration(wrong).is_err(), "{wrong:?}");
    }
}
