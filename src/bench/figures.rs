//! Many measurements of one thing, and how they are written.

use std::time::Duration;

/// Durations, sorted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Samples(Vec<Duration>);

impl FromIterator<Duration> for Samples {
    fn from_iter<I: IntoIterator<Item = Duration>>(durations: I) -> Self {
        let mut sorted: Vec<Duration> = durations.into_iter().collect();
        sorted.sort_unstable();
        Self(sorted)
    }
}

impl Samples {
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// The smallest sample that at least `percent` of all do not exceed (nearest rank); zero without samples.
    pub(super) fn percentile(&self, percent: usize) -> Duration {
        let rank = (self.0.len() * percent.min(100)).div_ceil(100);
        self.0.get(rank.saturating_sub(1)).copied().unwrap_or_default()
    }

    pub(super) fn median(&self) -> Duration {
        self.percentile(50)
    }

    pub(super) fn p99(&self) -> Duration {
        self.percentile(99)
    }

    pub(super) fn min(&self) -> Duration {
        self.percentile(0)
    }

    pub(super) fn max(&self) -> Duration {
        self.percentile(100)
    }

    /// `p99 3.1 ms, 0.8 ms to 4.0 ms, 50 times`.
    pub(super) fn spread(&self) -> String {
        let range = format!("{} to {}", duration(self.min()), duration(self.max()));
        if self.len() < 20 {
            // The 99th percentile of so few is their maximum.
            return format!("{range}, {} times", self.len());
        }
        format!("p99 {}, {range}, {} times", duration(self.p99()), self.len())
    }
}

/// The middle one, or the lower of the two in the middle; zero without numbers.
pub(super) fn median(numbers: &[f64]) -> f64 {
    let mut sorted = numbers.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    sorted.get(sorted.len().saturating_sub(1) / 2).copied().unwrap_or_default()
}

/// The smallest and the largest; zero without numbers.
pub(super) fn range(numbers: &[f64]) -> (f64, f64) {
    let smallest = numbers.iter().copied().min_by(f64::total_cmp);
    let largest = numbers.iter().copied().max_by(f64::total_cmp);
    (smallest.unwrap_or_default(), largest.unwrap_or_default())
}

/// `p50 1.3 ms, p99 6.7 ms; 9,379 to 9,612/s in 3 rounds`.
pub(super) fn rates_spread(rates: &[f64], latencies: &Samples) -> String {
    let spread = format!("p50 {}, p99 {}", duration(latencies.median()), duration(latencies.p99()));
    if rates.len() < 2 {
        return spread;
    }
    let (low, high) = range(rates);
    format!("{spread}; {} to {}/s in {} rounds", grouped(low), grouped(high), rates.len())
}

/// How many of something there were in a second.
#[expect(clippy::cast_precision_loss, reason = "counts here are far below 2^52")]
pub(super) fn per_second(count: u64, elapsed: Duration) -> f64 {
    count as f64 / elapsed.as_secs_f64().max(f64::MIN_POSITIVE)
}

/// A count to divide by.
#[expect(clippy::cast_precision_loss, reason = "counts here are far below 2^52")]
pub(super) fn count_f64(count: usize) -> f64 {
    count as f64
}

/// Three digits and a unit: `12.3 us`.
pub(super) fn duration(duration: Duration) -> String {
    let nanos = duration.as_secs_f64() * 1e9;
    let (value, unit) = match nanos {
        n if n < 1e3 => (n, "ns"),
        n if n < 1e6 => (n / 1e3, "us"),
        n if n < 1e9 => (n / 1e6, "ms"),
        n => (n / 1e9, "s"),
    };
    format!("{} {unit}", three_digits(value))
}

/// `5,268/s`, or `12.3/s` for what is slow.
pub(super) fn rate(per_second: f64) -> String {
    format!("{}/s", grouped(per_second))
}

/// Bytes per second as `3.21 GB/s`.
pub(super) fn throughput(bytes_per_second: f64) -> String {
    format!("{} GB/s", three_digits(bytes_per_second / 1e9))
}

/// `1,616` for large numbers, three digits for small ones.
pub(super) fn grouped(number: f64) -> String {
    if number < 1000.0 {
        return three_digits(number);
    }
    let digits = format!("{number:.0}");
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

fn three_digits(value: f64) -> String {
    match value {
        v if v < 9.995 => format!("{v:.2}"),
        v if v < 99.95 => format!("{v:.1}"),
        v => format!("{v:.0}"),
    }
}

#[cfg(test)]
mod tests;
