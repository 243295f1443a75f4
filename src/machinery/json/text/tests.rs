use super::mended;

fn check(body: &[u8], expected: Option<&str>) {
    let mended = mended(body).map(|mended| String::from_utf8(mended).unwrap());
    assert_eq!(mended.as_deref(), expected, "{}", body.escape_ascii());
}

#[test]
fn text_stays_as_it_is() {
    check(br#"{"a": "\ud83d\ude00 \u0041 \\ud800 \" \\"}"#, None);
    check("\"\u{1F600} \u{FFFD}\"".as_bytes(), None);
    check(br#""\u+d800 \"#, None);
}

#[test]
fn halves_of_pairs_are_replaced() {
    check(br#""\ud800""#, Some("\"\u{FFFD}\""));
    check(br#""\uDC00\ud800A""#, Some("\"\u{FFFD}\u{FFFD}A\""));
    check(br#""\ud800\ud83d\ude00""#, Some("\"\u{FFFD}\\ud83d\\ude00\""));
    check(br#""\\\ud800""#, Some("\"\\\\\u{FFFD}\""));
}

#[test]
fn bytes_of_no_character_are_replaced_each() {
    check(b"\"\xff\xe2\x82a\"", Some("\"\u{FFFD}\u{FFFD}\u{FFFD}a\""));
}
