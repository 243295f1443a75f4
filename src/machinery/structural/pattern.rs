//! A regular expression of a schema.

use std::sync::OnceLock;

use regex::{Regex, RegexBuilder};

/// Bytes a compiled pattern may take. Ordinary ones take some kilobytes; repetitions of repetitions take any amount.
const COMPILED_BYTES_MAX: usize = 1 << 20;

/// A regular expression, compiled when first used: definitions have many, and most objects need few.
#[derive(Debug)]
pub struct Pattern {
    text: Box<str>,
    compiled: OnceLock<Option<Regex>>,
}

impl Pattern {
    /// A pattern, which may turn out to be none.
    pub fn new(text: &str) -> Self {
        Self { text: text.into(), compiled: OnceLock::new() }
    }

    /// What is wrong with a pattern.
    pub fn problem(text: &str) -> Option<String> {
        compile(text).err().map(|error| match error {
            regex::Error::CompiledTooBig(_) => "expression is too large".to_owned(),
            // The parser draws a picture; its last line says what it is about.
            error => {
                let drawn = error.to_string();
                let last = drawn.lines().last().unwrap_or_default();
                last.strip_prefix("error: ").unwrap_or(last).to_owned()
            }
        })
    }

    /// The expression.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether a text has a match. A pattern that is none matches nothing.
    pub fn matches(&self, text: &str) -> bool {
        let compiled = self.compiled.get_or_init(|| compile(&self.text).ok());
        compiled.as_ref().is_some_and(|compiled| compiled.is_match(text))
    }
}

fn compile(text: &str) -> Result<Regex, regex::Error> {
    RegexBuilder::new(text).size_limit(COMPILED_BYTES_MAX).build()
}
