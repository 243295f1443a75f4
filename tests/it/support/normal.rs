//! Takes out of a command's output what differs from run to run.

/// The letters of generated names.
const SUFFIX_LETTERS: &str = "bcdfghjklmnpqrstvwxz2456789";

/// Lines that older ones do not print.
const LATER: [&str; 3] = ["Node-Selectors:", "Tolerations: <none>", "Internal Traffic Policy:"];

/// Fields whose whole value differs.
const NUMBERS: [&str; 2] = ["resourceVersion:", "uid:"];

/// What kubectl itself came to say otherwise, from 1.29 to the newest; the same on both sides.
const WORDS: [(&str, &str); 7] = [
    ("\u{1b}[0;32m", ""),
    ("\u{1b}[0;33m", ""),
    ("\u{1b}[0m", ""),
    ("#success=", "successThreshold="),
    ("#failure=", "failureThreshold="),
    ("ConfigMapOptional:       <nil>", "Optional:                false"),
    ("/TCP (http)", "/TCP"),
];

/// Every line with its indentation, one space between words, and names for what differs.
pub(crate) fn normal(text: &str) -> String {
    let text = WORDS.iter().fold(text.to_owned(), |text, (old, new)| text.replace(old, new));
    let mut lines: Vec<String> = text.lines().map(line).collect();
    lines.retain(|line| !LATER.iter().any(|later| line.trim_start().starts_with(later)));
    lines.dedup_by(|line, before| line.is_empty() && before.is_empty());
    while lines.last().is_some_and(String::is_empty) {
        lines.pop();
    }
    lines.join("\n")
}

fn line(line: &str) -> String {
    let indentation: String = line.chars().take_while(|c| *c == ' ').collect();
    let words: Vec<&str> = line.split_whitespace().collect();
    let mut shown: Vec<String> = Vec::new();
    let mut rest = words.as_slice();
    while let Some((first, after)) = rest.split_first() {
        if is_weekday(first) && after.len() >= 5 {
            shown.push("TIME".to_owned());
            rest = &after[5..];
        } else if first.starts_with("spec.containers{") {
            // Only newer ones say which part of a pod an event is about.
            rest = after;
        } else if NUMBERS.contains(first) && after.len() == 1 {
            shown.push(format!("{first} N"));
            rest = &[];
        } else {
            shown.push(word(first));
            rest = after;
        }
    }
    format!("{indentation}{}", shown.join(" ")).trim_end().to_owned()
}

fn is_weekday(word: &str) -> bool {
    ["Mon,", "Tue,", "Wed,", "Thu,", "Fri,", "Sat,", "Sun,"].contains(&word)
}

fn word(word: &str) -> String {
    let is_edge = |c: char| "\"'(),[]{}".contains(c);
    let inner = word.trim_matches(is_edge);
    let Some(at) = word.find(inner).filter(|_| !inner.is_empty()) else { return word.to_owned() };
    let (before, after) = (&word[..at], &word[at + inner.len()..]);
    if is_duration(inner) {
        return format!("{before}AGE{after}");
    }
    let parts: Vec<String> = inner.split(',').map(|part| slashed(part, '/')).collect();
    format!("{before}{}{after}", parts.join(","))
}

fn slashed(text: &str, separator: char) -> String {
    if let Some(name) = whole(text) {
        return name.to_owned();
    }
    let next = if separator == '/' { '=' } else { ':' };
    let parts = text
        .split(separator)
        .map(|part| if separator == ':' { part_of(part) } else { slashed(part, next) });
    parts.collect::<Vec<String>>().join(&separator.to_string())
}

/// What is recognised as a whole.
fn whole(word: &str) -> Option<&'static str> {
    let trimmed = word.trim_end_matches(['.', ':']);
    let is_time = trimmed.len() >= 20 && trimmed.as_bytes()[10] == b'T' && trimmed.ends_with('Z');
    if is_time && trimmed.starts_with("20") {
        Some("TIME")
    } else if word.starts_with("127.0.0.1:") {
        Some("127.0.0.1:PORT")
    } else {
        None
    }
}

fn part_of(part: &str) -> String {
    if part.starts_with("10.42.") {
        "POD-IP".to_owned()
    } else if part.starts_with("10.43.") {
        "SERVICE-IP".to_owned()
    } else if is_node_port(part) {
        "NODE-PORT".to_owned()
    } else if is_uid(part) {
        "UID".to_owned()
    } else if part.len() == 64 && part.chars().all(|c| c.is_ascii_hexdigit()) {
        "DIGEST".to_owned()
    } else {
        generated(part)
    }
}

fn is_duration(word: &str) -> bool {
    let units = word.chars().filter(char::is_ascii_alphabetic).collect::<String>();
    word.starts_with(|c: char| c.is_ascii_digit())
        && ["s", "ms", "m", "h", "d", "ms", "hm", "dh", "yd"].contains(&units.as_str())
        && word.ends_with(|c: char| c.is_ascii_alphabetic())
        && word.chars().all(|c| c.is_ascii_alphanumeric())
}

fn is_node_port(word: &str) -> bool {
    word.len() == 5 && word.parse().is_ok_and(|port: u16| (30000..=32767).contains(&port))
}

fn is_uid(word: &str) -> bool {
    let lengths: Vec<usize> = word.split('-').map(str::len).collect();
    lengths == [8, 4, 4, 4, 12] && word.chars().all(|c| c.is_ascii_hexdigit() || c == '-')
}

/// `web-7568b68676-mpdf6` becomes `web-HASH-XXXXX`.
fn generated(name: &str) -> String {
    let mut parts: Vec<&str> = name.split('-').collect();
    let letters = |part: &str| part.chars().all(|c| SUFFIX_LETTERS.contains(c));
    let count = parts.len();
    if count >= 2 && parts[count - 1].len() == 5 && letters(parts[count - 1]) {
        if count >= 3 && is_hash(parts[count - 2]) {
            parts[count - 2] = "HASH";
        }
        parts[count - 1] = "XXXXX";
    } else if is_hash(parts[count - 1]) {
        parts[count - 1] = "HASH";
    }
    parts.join("-")
}

fn is_hash(part: &str) -> bool {
    (8..=10).contains(&part.len())
        && part.chars().any(|c| c.is_ascii_digit())
        && part.chars().all(|c| SUFFIX_LETTERS.contains(c) || c.is_ascii_hexdigit())
}
