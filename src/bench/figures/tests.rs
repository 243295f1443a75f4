use std::time::Duration;

use super::{
    Samples, duration, grouped, median, per_second, range, rate, rates_spread, throughput,
};

fn millis(values: impl IntoIterator<Item = u64>) -> Samples {
    values.into_iter().map(Duration::from_millis).collect()
}

#[test]
fn percentiles_take_the_nearest_rank() {
    let samples = millis((1..=200).rev());
    assert_eq!(samples.median(), Duration::from_millis(100));
    assert_eq!(samples.p99(), Duration::from_millis(198));
    assert_eq!(
        (samples.min(), samples.max()),
        (Duration::from_millis(1), Duration::from_millis(200))
    );
}

#[test]
fn a_single_sample_is_every_percentile() {
    let samples = millis([7]);
    assert_eq!(
        [samples.min(), samples.median(), samples.p99(), samples.max()],
        [Duration::from_millis(7); 4]
    );
}

#[test]
fn no_samples_are_zero() {
    assert_eq!(Samples::default().p99(), Duration::ZERO);
    assert!(median(&[]).abs() < f64::EPSILON);
    assert_eq!(range(&[]), (0.0, 0.0));
}

#[test]
fn the_99th_percentile_is_shown_only_where_it_is_not_the_maximum() {
    assert_eq!(millis([1, 2]).spread(), "1.00 ms to 2.00 ms, 2 times");
    assert_eq!(millis(1..=20).spread(), "p99 20.0 ms, 1.00 ms to 20.0 ms, 20 times");
}

#[test]
fn medians_of_numbers_are_members() {
    assert!((median(&[3.0, 1.0, 2.0]) - 2.0).abs() < f64::EPSILON);
    assert!((median(&[4.0, 1.0, 2.0, 3.0]) - 2.0).abs() < f64::EPSILON);
    assert_eq!(range(&[3.0, 1.0, 2.0]), (1.0, 3.0));
}

#[test]
fn figures_have_three_digits_and_a_unit() {
    let shown = |nanos| duration(Duration::from_nanos(nanos));
    assert_eq!(
        [shown(999), shown(1_500), shown(99_960), shown(12_345_678), shown(2_000_000_000)],
        ["999 ns", "1.50 us", "100 us", "12.3 ms", "2.00 s"]
    );
    assert_eq!([rate(1616.4), rate(12.34)], ["1,616/s", "12.3/s"]);
    assert_eq!([grouped(999.0), grouped(1_234_567.0)], ["999", "1,234,567"]);
    assert_eq!(throughput(10.84e9), "10.8 GB/s");
    assert!((per_second(500, Duration::from_millis(250)) - 2000.0).abs() < 1e-9);
}

#[test]
fn one_round_has_no_range() {
    let latencies = millis([1, 2]);
    assert_eq!(rates_spread(&[9.0], &latencies), "p50 1.00 ms, p99 2.00 ms");
    let rounds = rates_spread(&[9.0, 1234.0], &latencies);
    assert_eq!(rounds, "p50 1.00 ms, p99 2.00 ms; 9.00 to 1,234/s in 2 rounds");
}
