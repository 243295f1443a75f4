//! Field selectors: `metadata.name=x,status.phase!=Running`.

use std::borrow::Cow;
use std::fmt;

use super::refuse_many;
use crate::ApiError;

/// Requirements on fields, all of which must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FieldSelector {
    /// The requirements in the order given.
    pub requirements: Vec<FieldRequirement>,
}

/// One requirement on one field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldRequirement {
    /// The field's name, such as `spec.nodeName`.
    pub label: String,
    /// How to compare.
    pub operator: FieldOperator,
    /// What to compare with.
    pub value: String,
}

/// How a field is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldOperator {
    /// `=` and `==`.
    Equals,
    /// `!=`.
    NotEquals,
}

impl FieldSelector {
    /// Reads `a=b,c!=d`; backslash escapes `,`, `=` and itself in values.
    pub fn parse(text: &str) -> Result<Self, ApiError> {
        let mut requirements = Vec::new();
        for term in split_terms(text).into_iter().filter(|term| !term.is_empty()) {
            requirements.push(FieldRequirement::parse(term, text)?);
            refuse_many(requirements.len())?;
        }
        Ok(Self { requirements })
    }

    /// Whether every requirement holds; `field` gives the value under a label, `None` counts as empty.
    pub fn matches<'a>(&self, field: impl Fn(&str) -> Option<Cow<'a, str>>) -> bool {
        self.requirements.iter().all(|requirement| {
            let value = field(&requirement.label).unwrap_or_default();
            (value == requirement.value) == (requirement.operator == FieldOperator::Equals)
        })
    }

    /// Whether it selects every object.
    pub fn is_everything(&self) -> bool {
        self.requirements.is_empty()
    }

    /// The only value a field may have, where the selector demands one.
    pub fn exact(&self, label: &str) -> Option<&str> {
        self.requirements
            .iter()
            .find(|term| term.label == label && term.operator == FieldOperator::Equals)
            .map(|term| term.value.as_str())
    }
}

impl FieldRequirement {
    fn parse(term: &str, whole: &str) -> Result<Self, ApiError> {
        let invalid = || {
            ApiError::bad_request(format!("invalid selector: {whole:?}; can't understand {term:?}"))
        };
        let (position, symbol, operator) = find_operator(term).ok_or_else(invalid)?;
        let value = unescape(&term[position + symbol.len()..]).ok_or_else(invalid)?;
        Ok(Self { label: term[..position].to_owned(), operator, value })
    }
}

/// The terms between unescaped commas.
fn split_terms(text: &str) -> Vec<&str> {
    let mut terms = Vec::new();
    let (mut start, mut escaped) = (0, false);
    for (position, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b',' => {
                terms.push(&text[start..position]);
                start = position + 1;
            }
            _ => {}
        }
    }
    terms.push(&text[start..]);
    terms
}

fn find_operator(term: &str) -> Option<(usize, &'static str, FieldOperator)> {
    const OPERATORS: [(&str, FieldOperator); 3] = [
        ("!=", FieldOperator::NotEquals),
        ("==", FieldOperator::Equals),
        ("=", FieldOperator::Equals),
    ];
    let starts = |position: usize| {
        OPERATORS
            .iter()
            .find(|(symbol, _)| term.as_bytes()[position..].starts_with(symbol.as_bytes()))
            .map(|(symbol, operator)| (position, *symbol, *operator))
    };
    (0..term.len()).find_map(starts)
}

/// Undoes the backslashes; `None` for an unescaped special character or a stray backslash.
fn unescape(value: &str) -> Option<String> {
    let mut plain = String::with_capacity(value.len());
    let mut chars = value.chars();
    while let Some(char) = chars.next() {
        match char {
            '\\' => plain.push(chars.next().filter(|char| matches!(char, '\\' | ',' | '='))?),
            ',' | '=' => return None,
            char => plain.push(char),
        }
    }
    Some(plain)
}

impl fmt::Display for FieldSelector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, requirement) in self.requirements.iter().enumerate() {
            let comma = if position == 0 { "" } else { "," };
            write!(f, "{comma}{requirement}")?;
        }
        Ok(())
    }
}

impl fmt::Display for FieldRequirement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let symbol = match self.operator {
            FieldOperator::Equals => "=",
            FieldOperator::NotEquals => "!=",
        };
        let value = self.value.replace('\\', r"\\").replace(',', r"\,").replace('=', r"\=");
        write!(f, "{}{symbol}{value}", self.label)
    }
}

#[cfg(test)]
mod tests;
