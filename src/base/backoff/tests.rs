use super::*;

#[test]
fn delays_double_up_to_the_cap_and_start_over() {
    let mut backoff = Backoff::new(Duration::from_secs(10), Duration::from_secs(35));
    let delays: Vec<u64> = (0..4).map(|_| backoff.next_delay().as_secs()).collect();
    assert_eq!(delays, [10, 20, 35, 35]);
    backoff.reset();
    assert_eq!(backoff.next_delay().as_secs(), 10);
}
