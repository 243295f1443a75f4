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

/// The units of a duration, and how many nanoseconds each has.
const UNITS: [(&str, i128); 8] = [
    ("ns", 1),
    ("us", 1_000),
    ("\u{b5}s", 1_000),
    ("\u{3bc}s", 1_000),
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("m", 60_000_000_000),
    ("h", 3_600_000_000_000),
];
/// Digits of a fraction that count: even of an hour, more say nothing of a nanosecond.
const FRACTION_DIGITS_MAX: usize = 18;

/// Reads a duration as Go writes it, in nanoseconds: `1h30m`, `1.5s`, `-250ms`; the message is Go's.
pub fn parse_duration(text: &str) -> Result<i64, String> {
    let invalid = || format!("time: invalid duration {text:?}");
    let (sign, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest == "0" {
        return Ok(0);
    }
    if rest.is_empty() {
        return Err(invalid());
    }
    let mut nanos = 0_i128;
    while !rest.is_empty() {
        let (whole, after) = digits(rest);
        let (fraction, after) = after.strip_prefix('.').map_or(("", after), digits);
        if whole.is_empty() && fraction.is_empty() {
            return Err(invalid());
        }
        let end = after.find(|c: char| c == '.' || c.is_ascii_digit()).unwrap_or(after.len());
        let (name, next) = after.split_at(end);
        if name.is_empty() {
            return Err(format!("time: missing unit in duration {text:?}"));
        }
        let unit = UNITS.iter().find(|(known, _)| *known == name);
        let (_, unit) =
            unit.ok_or_else(|| format!("time: unknown unit {name:?} in duration {text:?}"))?;
        let added = length(whole, fraction, *unit).ok_or_else(invalid)?;
        nanos = nanos.checked_add(added).ok_or_else(invalid)?;
        rest = next;
    }
    i64::try_from(sign * nanos).map_err(|_| invalid())
}

/// The digits a text begins with, and the rest.
fn digits(text: &str) -> (&str, &str) {
    text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()))
}

fn length(whole: &str, fraction: &str, unit: i128) -> Option<i128> {
    let number = |digits: &str| if digits.is_empty() { Some(0) } else { digits.parse().ok() };
    let fraction = &fraction[..fraction.len().min(FRACTION_DIGITS_MAX)];
    let scale = 10_i128.pow(u32::try_from(fraction.len()).ok()?);
    let part = number(fraction)? * unit / scale;
    let whole: i128 = number(whole)?;
    whole.checked_mul(unit)?.checked_add(part).filter(|nanos| i64::try_from(*nanos).is_ok())
}

/// Nanoseconds as Go prints a duration: `1h0m0s`, `1.5s`, `250ms`.
pub fn format_duration(nanos: i64) -> String {
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
