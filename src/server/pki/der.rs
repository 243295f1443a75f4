//! The few DER encodings (ITU-T X.690) that a certificate is made of.

use jiff::Timestamp;
use jiff::tz::TimeZone;

pub(super) const NULL: &[u8] = &[0x05, 0x00];
const BOOLEAN_TRUE: &[u8] = &[0x01, 0x01, 0xff];

/// The first year that a `UTCTime` cannot say (RFC 5280, section 4.1.2.5).
const GENERALIZED_FROM: i16 = 2050;

/// A value under a tag.
pub(super) fn tagged(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut encoded = vec![tag];
    match content.len() {
        short @ 0..=127 => encoded.push(u8::try_from(short).expect("it is below 128")),
        long => {
            let bytes = long.to_be_bytes();
            let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
            let significant = &bytes[zeros..];
            encoded.push(0x80 | u8::try_from(significant.len()).expect("a usize has few bytes"));
            encoded.extend_from_slice(significant);
        }
    }
    encoded.extend_from_slice(content);
    encoded
}

pub(super) fn sequence(parts: &[&[u8]]) -> Vec<u8> {
    tagged(0x30, &parts.concat())
}

/// A value whose context tells what it is.
pub(super) fn explicit(number: u8, content: &[u8]) -> Vec<u8> {
    tagged(0xa0 | number, content)
}

/// An object identifier that is encoded already.
pub(super) fn identifier(encoded: &[u8]) -> Vec<u8> {
    tagged(0x06, encoded)
}

/// A positive whole number, most significant byte first.
pub(super) fn integer(bytes: &[u8]) -> Vec<u8> {
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    let mut content = bytes[zeros..].to_vec();
    if content.first().is_none_or(|first| *first >= 0x80) {
        content.insert(0, 0);
    }
    tagged(0x02, &content)
}

/// Bits that fill their bytes.
pub(super) fn bits(bytes: &[u8]) -> Vec<u8> {
    tagged(0x03, &[&[0], bytes].concat())
}

/// Up to eight named bits, the first one highest.
pub(super) fn named_bits(flags: u8) -> Vec<u8> {
    let unused = u8::try_from(flags.trailing_zeros().min(7)).expect("it is below 8");
    tagged(0x03, &[unused, flags])
}

pub(super) fn octets(bytes: &[u8]) -> Vec<u8> {
    tagged(0x04, bytes)
}

/// A time, as certificates write it.
pub(super) fn time(at: Timestamp) -> Vec<u8> {
    let date = at.to_zoned(TimeZone::UTC);
    let (tag, format) = if date.year() < GENERALIZED_FROM {
        (0x17, "%y%m%d%H%M%SZ")
    } else {
        (0x18, "%Y%m%d%H%M%SZ")
    };
    tagged(tag, date.strftime(format).to_string().as_bytes())
}

/// An extension of a certificate.
pub(super) fn extension(id: &[u8], critical: bool, value: &[u8]) -> Vec<u8> {
    let critical: &[u8] = if critical { BOOLEAN_TRUE } else { &[] };
    sequence(&[&identifier(id), critical, &octets(value)])
}
