use super::*;

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn a_container_within_its_limit_owes_nothing() {
    assert_eq!(debt(SECOND / 10, SECOND, 100), None);
    assert_eq!(debt(BURST, Duration::ZERO, 100), None);
}

#[test]
fn a_container_over_its_limit_rests_until_the_average_fits() {
    let used = SECOND / 10 + BURST + Duration::from_millis(5);
    assert_eq!(debt(used, SECOND, 100), Some(Duration::from_millis(50)));
}

#[test]
fn several_cores_are_allowed() {
    assert_eq!(debt(2 * SECOND, SECOND, 2000), None);
}

#[test]
fn endless_times_do_not_overflow() {
    assert_eq!(debt(Duration::MAX, Duration::MAX, 1000), None);
    assert!(debt(Duration::MAX, Duration::ZERO, u64::MAX).is_some());
    assert_eq!(debt(Duration::ZERO, Duration::MAX, u64::MAX), None);
}
