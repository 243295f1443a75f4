//! The formats of text that Kubernetes' validator knows; others say nothing.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::civil::Date;

use crate::time::parse_time;

/// Whether a text has a format.
pub(super) fn fits(format: &str, text: &str) -> bool {
    match format {
        // As people write it, but nothing that Go's own reader refuses.
        "date-time" | "datetime" => parse_time(&text.to_ascii_uppercase()).is_ok(),
        "date" => text.len() == 10 && text.parse::<Date>().is_ok(),
        "duration" => is_duration(text),
        "ipv4" => text.parse::<Ipv4Addr>().is_ok(),
        "ipv6" => text.parse::<Ipv6Addr>().is_ok(),
        "cidr" => is_cidr(text),
        "mac" => is_mac(text),
        "uuid" => is_uuid(text),
        "uuid3" => is_uuid(text) && version_of(text) == '3',
        "uuid4" => is_uuid(text) && version_of(text) == '4',
        "uuid5" => is_uuid(text) && version_of(text) == '5',
        "uri" => is_uri(text),
        "hostname" => is_hostname(text),
        "email" => is_email(text),
        "byte" => STANDARD.decode(text.as_bytes()).is_ok(),
        "hexcolor" => is_hex_color(text),
        _ => true,
    }
}

/// `1h15m`, `300ms`, or a number with a long unit such as `2 weeks`.
fn is_duration(text: &str) -> bool {
    let text = text.trim_start_matches(['-', '+']);
    if text == "0" {
        return true;
    }
    let mut rest = text;
    let mut parts = 0;
    while !rest.is_empty() {
        let digits =
            rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.').len();
        let after = rest[digits..].trim_start();
        let letters = after.len() - after.trim_start_matches(|c: char| c.is_alphabetic()).len();
        if digits == 0 || rest[..digits].parse::<f64>().is_err() || !is_unit(&after[..letters]) {
            return false;
        }
        rest = after[letters..].trim_start();
        parts += 1;
    }
    parts > 0
}

fn is_unit(word: &str) -> bool {
    matches!(
        word.strip_suffix('s').filter(|word| word.len() > 2).unwrap_or(word),
        "ns" | "us"
            | "µs"
            | "ms"
            | "s"
            | "m"
            | "h"
            | "d"
            | "w"
            | "nano"
            | "nanosecond"
            | "micro"
            | "microsecond"
            | "milli"
            | "millisecond"
            | "sec"
            | "second"
            | "min"
            | "minute"
            | "hr"
            | "hour"
            | "day"
            | "wk"
            | "week"
    )
}

fn is_cidr(text: &str) -> bool {
    let Some((address, length)) = text.split_once('/') else { return false };
    let (Ok(address), Ok(length)) = (address.parse::<IpAddr>(), length.parse::<u8>()) else {
        return false;
    };
    length <= if address.is_ipv4() { 32 } else { 128 }
}

fn is_mac(text: &str) -> bool {
    let separator = if text.contains('-') { '-' } else { ':' };
    let parts: Vec<&str> = text.split(separator).collect();
    matches!(parts.len(), 6 | 8 | 20) && parts.iter().all(|part| part.len() == 2 && is_hex(part))
}

fn is_uuid(text: &str) -> bool {
    let plain: String = text.chars().filter(|c| *c != '-').collect();
    plain.len() == 32 && is_hex(&plain)
}

fn version_of(uuid: &str) -> char {
    uuid.chars().filter(|c| *c != '-').nth(12).unwrap_or_default()
}

fn is_hex(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn is_hex_color(text: &str) -> bool {
    let digits = text.strip_prefix('#').unwrap_or(text);
    matches!(digits.len(), 3 | 6) && is_hex(digits)
}

/// An absolute path, or something behind a scheme.
fn is_uri(text: &str) -> bool {
    let visible = !text.is_empty() && !text.contains(|c: char| c.is_whitespace() || c.is_control());
    let scheme = text.split_once(':').is_some_and(|(scheme, rest)| {
        scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c))
            && !rest.is_empty()
    });
    visible && (text.starts_with('/') || scheme)
}

fn is_hostname(text: &str) -> bool {
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(|c| c.is_alphanumeric() || c == '-')
    };
    text.len() <= 253 && text.trim_end_matches('.').split('.').all(label)
}

fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else { return false };
    !local.is_empty() && !local.contains(char::is_whitespace) && is_hostname(domain)
}
