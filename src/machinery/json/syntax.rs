//! What is wrong with a text that is no JSON, in the words of Go's parser, which people look for.

use serde_json::error::Category;

/// Says what the parser found.
pub(super) fn say(error: &serde_json::Error, text: &[u8]) -> String {
    match error.classify() {
        Category::Eof => "unexpected end of JSON input".to_owned(),
        Category::Syntax if error.to_string().starts_with("recursion limit") => {
            "exceeded max depth".to_owned()
        }
        Category::Syntax => match (character(error, text), context(&error.to_string())) {
            (Some(character), Some(context)) => format!("invalid character {character} {context}"),
            _ => error.to_string(),
        },
        Category::Data | Category::Io => error.to_string(),
    }
}

/// The character at which the parser stopped, as Go quotes it.
fn character(error: &serde_json::Error, text: &[u8]) -> Option<String> {
    let line = text.split(|byte| *byte == b'\n').nth(error.line().checked_sub(1)?)?;
    let rest = line.get(error.column().checked_sub(1)?..)?;
    let valid = rest.utf8_chunks().next()?.valid();
    Some(match valid.chars().next()? {
        '\'' => r"'\''".to_owned(),
        '"' => r#"'"'"#.to_owned(),
        other => format!("'{}'", other.escape_debug()),
    })
}

/// Where a character has no place.
fn context(problem: &str) -> Option<&'static str> {
    let contexts = [
        ("expected value", "looking for beginning of value"),
        ("expected ident", "in literal"),
        ("expected `:`", "after object key"),
        ("expected `,` or `]`", "after array element"),
        ("expected `,` or `}`", "after object key:value pair"),
        ("key must be a string", "looking for beginning of object key string"),
        ("trailing comma", "looking for beginning of value"),
        ("trailing characters", "after top-level value"),
        ("control character", "in string literal"),
        ("invalid escape", "in string escape code"),
        ("invalid number", "in numeric literal"),
    ];
    let found = contexts.into_iter().find(|(start, _)| problem.starts_with(start));
    found.map(|(_, context)| context)
}
