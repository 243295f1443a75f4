use std::pin::pin;
use std::task::Waker;

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

#[tokio::test(start_paused = true)]
async fn what_a_turn_costs_after_its_tick_is_paid_as_well() {
    let meter = Arc::new(Meter::new(Some(100)));
    let cost = |cost: Duration| meter.used_nanos.fetch_add(nanos(cost), Ordering::Relaxed);
    let started = Instant::now();
    cost(2 * BURST);
    let UpdateDeadline::YieldCustom(_, rest) = meter.at_tick() else { panic!("it owes something") };
    cost(BURST);
    rest.await;
    assert!(started.elapsed() >= 20 * BURST, "{:?}", started.elapsed());
}

#[tokio::test(start_paused = true)]
async fn who_rests_until_a_debt_is_paid_is_no_hog() {
    let turn = |limit_millis: Option<u32>| {
        let meter = Arc::new(Meter::new(limit_millis));
        meter.used_nanos.store(nanos(SECOND), Ordering::Relaxed);
        let guest = pin!(async { drop(meter.at_tick()) });
        poll_metered(guest, &meter, &mut Context::from_waker(Waker::noop())).1
    };
    assert_eq!(turn(None), Turn::Computing);
    assert_eq!(turn(Some(100)), Turn::Waiting);
}
