//! Instants and durations as documents write them.

use jiff::Timestamp;

/// `2006-01-02T15:04:05Z`, without fractions.
pub fn format_time(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// `2006-01-02T15:04:05.000000Z`, always six digits.
pub fn format_micro_time(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%S.%6fZ").to_string()
}

/// Reads RFC 3339; the message is Go's.
pub fn parse_time(text: &str) -> Result<Timestamp, String> {
    const LAYOUT: &str = "2006-01-02T15:04:05Z07:00";
    text.parse().map_err(|_| {
        let starts_with_year =
            text.len() >= 4 && text.bytes().take(4).all(|byte| byte.is_ascii_digit());
        let element = if starts_with_year { LAYOUT } else { "2006" };
        format!("parsing time {text:?} as {LAYOUT:?}: cannot parse {text:?} as {element:?}")
    })
}

/// Nanoseconds as Go prints a duration: `1h0m0s`, `1.5s`, `250ms`.
pub(crate) fn format_duration(nanos: i64) -> String {
    let sign = if nanos < 0 { "-" } else { "" };
    let nanos = nanos.unsigned_abs();
    let text = match nanos {
        0 => "0s".to_owned(),
        1..1_000 => format!("{nanos}ns"),
        1_000..1_000_000 => format!("{}µs", fraction(nanos, 1_000)),
        1_000_000..1_000_000_000 => format!("{}ms", fraction(nanos, 1_000_000)),
        _ => long_duration(nanos),
    };
    format!("{sign}{text}")
}

fn long_duration(nanos: u64) -> String {
    const SECOND: u64 = 1_000_000_000;
    let minutes = nanos / (60 * SECOND);
    let seconds = fraction(nanos % (60 * SECOND), SECOND);
    match (minutes / 60, minutes % 60) {
        (0, 0) => format!("{seconds}s"),
        (0, minutes) => format!("{minutes}m{seconds}s"),
        (hours, minutes) => format!("{hours}h{minutes}m{seconds}s"),
    }
}

/// `value / unit` in decimals, without trailing zeros.
fn fraction(value: u64, unit: u64) -> String {
    let digits = unit.ilog10() as usize;
    let text = format!("{}.{:0digits$}", value / unit, value % unit);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests;
