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

/// The start of the year 0.
const FIRST: Timestamp = Timestamp::constant(-62_167_219_200, 0);

/// Whether RFC 3339 can write it; it knows no other years.
pub(crate) fn has_four_digit_year(time: Timestamp) -> bool {
    time >= FIRST
}

/// Whether a text has the form of RFC 3339, which is narrower than what the parser takes.
fn is_rfc3339(text: &str) -> bool {
    const FORM: &[u8] = b"dddd-dd-ddTdd:dd:dd";
    let fits = |text: &[u8], form: &[u8]| {
        text.len() == form.len()
            && text.iter().zip(form).all(|(byte, wanted)| match wanted {
                b'd' => byte.is_ascii_digit(),
                wanted => byte == wanted,
            })
    };
    let Some((time, rest)) = text.as_bytes().split_at_checked(FORM.len()) else { return false };
    let zone = match rest.strip_prefix(b".") {
        Some(fraction) => {
            let digits = fraction.iter().take_while(|byte| byte.is_ascii_digit()).count();
            &fraction[digits..]
        }
        None => rest,
    };
    fits(time, FORM) && (zone == b"Z" || fits(zone, b"+dd:dd") || fits(zone, b"-dd:dd"))
}

/// Reads RFC 3339; the message is Go's.
pub fn parse_time(text: &str) -> Result<Timestamp, String> {
    const LAYOUT: &str = "2006-01-02T15:04:05Z07:00";
    let time = is_rfc3339(text).then(|| text.parse().ok()).flatten();
    time.filter(|time| has_four_digit_year(*time)).ok_or_else(|| {
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
