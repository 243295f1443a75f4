//! Pins canonical forms and the laws of arithmetic.

use proptest::prelude::*;

use super::{ParseQuantityError, Quantity};

fn parse(text: &str) -> Quantity {
    text.parse().unwrap()
}

fn check(text: &str, canonical: &str) {
    assert_eq!(parse(text).to_string(), canonical, "{text}");
}

#[test]
fn amounts_print_in_canonical_form() {
    for (text, canonical) in [
        ("0", "0"),
        ("0Gi", "0"),
        ("-0", "0"),
        ("1000m", "1"),
        ("0.5", "500m"),
        ("1.5", "1500m"),
        ("100000", "100k"),
        ("1024Mi", "1Gi"),
        ("1000Mi", "1000Mi"),
        ("0.5Gi", "512Mi"),
        ("1.5Gi", "1536Mi"),
        ("0.5Ki", "512"),
        ("1023", "1023"),
        ("1Ki", "1Ki"),
        ("0.1Ki", "102400m"),
        ("1100Ki", "1100Ki"),
        ("1e3", "1e3"),
        ("12e2", "1200"),
        ("1E3", "1e3"),
        ("1E", "1E"),
        ("100e-3", "100e-3"),
        ("0.1e1", "1"),
        (".5", "500m"),
        ("5.", "5"),
        ("+5", "5"),
        ("-1.5Gi", "-1536Mi"),
        ("0.1n", "1n"),
        ("0.0000000001", "1n"),
        ("123456789", "123456789"),
        ("1000000000000000000000", "1000E"),
        ("1000e18", "1e21"),
        ("1e-12", "1e-9"),
        ("1.0000000001", "1000000001n"),
        ("m", "0"),
    ] {
        check(text, canonical);
    }
}

#[test]
fn malformed_amounts_say_what_is_wrong() {
    for (text, error) in [
        ("", ParseQuantityError::Format),
        ("1 Gi", ParseQuantityError::Format),
        ("ten", ParseQuantityError::Format),
        ("1.2.3", ParseQuantityError::Format),
        ("1ki", ParseQuantityError::Suffix),
        ("1K", ParseQuantityError::Suffix),
        ("1e", ParseQuantityError::Suffix),
        ("é", ParseQuantityError::Format),
    ] {
        assert_eq!(text.parse::<Quantity>().unwrap_err(), error, "{text:?}");
    }
}

#[test]
fn whole_values_round_away_from_zero() {
    assert_eq!(parse("1001m").value(), 2);
    assert_eq!(parse("-1001m").value(), -2);
    assert_eq!(parse("0.0001").milli(), 1);
    assert_eq!(parse("2").milli(), 2000);
}

#[test]
fn amounts_beyond_measure_are_capped() {
    assert_eq!(parse("99999999999999999999999999999999999999999999").value(), i64::MAX);
    assert_eq!(parse("1e999999999").value(), i64::MAX);
    assert_eq!(parse("1e-999999999").to_string(), "1e-9");
}

#[test]
fn a_sum_is_written_as_its_first_operand() {
    assert_eq!((parse("1Gi") + parse("1024")).to_string(), "1048577Ki");
    assert_eq!((Quantity::ZERO + parse("2Mi")).to_string(), "2Mi");
    assert_eq!((parse("1") - parse("1m")).to_string(), "999m");
}

proptest! {
    #[test]
    fn printing_keeps_the_amount(milli in any::<i64>(), binary in any::<bool>()) {
        let quantity = if binary { Quantity::from_bytes(milli) } else { Quantity::from_milli(milli) };
        prop_assert_eq!(parse(&quantity.to_string()), quantity);
    }

    #[test]
    fn the_canonical_form_is_a_fixed_point(text in "[+-]?[0-9]{1,6}(\\.[0-9]{1,4})?(n|u|m|k|M|G|Ki|Mi|Gi|e-?[0-9])?") {
        let once = parse(&text).to_string();
        prop_assert_eq!(parse(&once).to_string(), once);
    }

    #[test]
    fn order_and_sums_agree_with_integers(a in -1_000_000_i64..1_000_000, b in -1_000_000_i64..1_000_000) {
        let (x, y) = (Quantity::from_milli(a), Quantity::from_milli(b));
        prop_assert_eq!(x.cmp(&y), a.cmp(&b));
        prop_assert_eq!((x + y).milli(), a + b);
        prop_assert_eq!((x - y).milli(), a - b);
    }

    #[test]
    fn no_text_panics(text in ".{0,20}") {
        let _ = text.parse::<Quantity>();
    }
}
