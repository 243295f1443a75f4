//! Order, deduplication and delays, on a paused clock.

use super::*;

#[tokio::test(start_paused = true)]
async fn a_key_added_twice_runs_once() {
    let queue = Queue::default();
    queue.add("a");
    queue.add("b");
    queue.add("a");
    assert_eq!(queue.next().await, "a");
    assert_eq!(queue.next().await, "b");
    assert_eq!(queue.depth(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_key_added_while_it_runs_runs_again_afterwards() {
    let queue = Queue::default();
    queue.add("a");
    let key = queue.next().await;
    queue.add("a");
    assert_eq!(queue.depth(), 0, "never twice at the same time");
    queue.done(&key);
    queue.add("a");
    let before = Instant::now();
    let key = queue.next().await;
    assert_eq!((key, before.elapsed()), ("a", REST), "rested, however often it is asked for");
    queue.done(&key);
    queue.add("a");
    let before = Instant::now();
    queue.next().await;
    assert_eq!(before.elapsed(), Duration::ZERO, "nothing happened meanwhile, so no rest");
}

#[tokio::test(start_paused = true)]
async fn failures_wait_twice_as_long_each_time() {
    let queue = Queue::default();
    let mut waits = Vec::new();
    for _ in 0..20 {
        queue.retry("a");
        let before = Instant::now();
        let key = queue.next().await;
        waits.push(before.elapsed().as_millis());
        queue.done(&key);
    }
    assert_eq!(waits[..4], [5, 10, 20, 40]);
    assert_eq!(waits[19], 1_000_000);
    queue.forget(&"a");
    queue.retry("a");
    let before = Instant::now();
    queue.next().await;
    assert_eq!(before.elapsed().as_millis(), 5);
}

#[tokio::test(start_paused = true)]
async fn what_stays_stale_is_looked_at_less_and_less_often() {
    let queue = Queue::default();
    let mut waits = Vec::new();
    for _ in 0..30 {
        queue.retry_stale("a");
        let before = Instant::now();
        let key = queue.next().await;
        waits.push(before.elapsed().as_millis());
        queue.done(&key);
    }
    assert_eq!(waits[..8], [50, 50, 50, 50, 50, 100, 200, 400]);
    assert_eq!(waits[29], 1_000_000);
    queue.forget(&"a");
    queue.retry_stale("a");
    let before = Instant::now();
    queue.next().await;
    assert_eq!(before.elapsed().as_millis(), 50);
}

#[tokio::test(start_paused = true)]
async fn a_queue_may_be_less_patient() {
    let counts = QueueCounts::new(&Metrics::default(), &UnderWay::default(), "");
    let queue = Queue::new(counts, Duration::from_secs(1));
    for _ in 0..20 {
        queue.retry("a");
        let before = Instant::now();
        let key = queue.next().await;
        assert!(before.elapsed() <= Duration::from_secs(1));
        queue.done(&key);
    }
}

#[tokio::test(start_paused = true)]
async fn the_earliest_of_two_delays_counts() {
    let queue = Queue::default();
    queue.add_after("a", Duration::from_secs(9));
    queue.add_after("a", Duration::from_secs(2));
    queue.add_after("a", Duration::from_secs(5));
    let before = Instant::now();
    let key = queue.next().await;
    queue.done(&key);
    assert_eq!(before.elapsed(), Duration::from_secs(2));
    let more = tokio::time::timeout(Duration::from_mins(1), queue.next()).await;
    assert!(more.is_err(), "one request, one run");
}

#[tokio::test(start_paused = true)]
async fn a_delay_that_no_clock_can_show_is_cut() {
    let queue = Queue::default();
    queue.add_after("a", Duration::from_secs(u64::MAX));
    let before = Instant::now();
    assert_eq!(queue.next().await, "a");
    assert_eq!(before.elapsed(), DELAY_CAP);
}
