//! The query form of label selectors.

use std::collections::BTreeSet;

use super::{LabelSelector, Operator, Requirement};

/// The symbols that end a word.
const SPECIAL: &[u8] = b"=!(),><";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Token<'a> {
    Word(&'a str),
    Symbol(&'a str),
    End,
}

pub(super) fn parse(text: &str) -> Result<LabelSelector, String> {
    let mut parser = Parser { text, position: 0 };
    let mut requirements = Vec::new();
    if parser.peek() == Token::End {
        return Ok(LabelSelector::default());
    }
    loop {
        requirements.push(parser.requirement()?);
        match parser.next() {
            Token::End => return Ok(LabelSelector::of(requirements)),
            Token::Symbol(",") => {}
            found => {
                return Err(format!("found '{}', expected: ',' or 'end of string'", found.text()));
            }
        }
        if let found @ (Token::End | Token::Symbol(",")) = parser.peek() {
            return Err(format!("found '{}', expected: identifier after ','", found.text()));
        }
    }
}

struct Parser<'a> {
    text: &'a str,
    position: usize,
}

impl<'a> Parser<'a> {
    fn requirement(&mut self) -> Result<Requirement, String> {
        if self.peek() == Token::Symbol("!") {
            self.next();
            let key = self.key()?;
            return Requirement::new(key, Operator::DoesNotExist, []);
        }
        let key = self.key()?;
        let operator = match self.peek() {
            Token::End | Token::Symbol(",") => return Requirement::new(key, Operator::Exists, []),
            Token::Symbol("=" | "==") => Operator::Equals,
            Token::Symbol("!=") => Operator::NotEquals,
            Token::Symbol(">") => Operator::GreaterThan,
            Token::Symbol("<") => Operator::LessThan,
            Token::Word("in") => Operator::In,
            Token::Word("notin") => Operator::NotIn,
            found => {
                return Err(format!(
                    "found '{}', expected: in, notin, =, ==, !=, gt, lt",
                    found.text()
                ));
            }
        };
        self.next();
        let values = match operator {
            Operator::In | Operator::NotIn => self.values()?,
            _ => BTreeSet::from([self.value()?]),
        };
        Requirement::new(key, operator, values)
    }

    fn key(&mut self) -> Result<&'a str, String> {
        match self.next() {
            Token::Word(word) => Ok(word),
            found => Err(format!(
                "found '{}', expected: !, identifier, or 'end of string'",
                found.text()
            )),
        }
    }

    /// One word; nothing before a comma or the end is the empty value.
    fn value(&mut self) -> Result<String, String> {
        match self.peek() {
            Token::Word(word) => {
                self.next();
                Ok(word.to_owned())
            }
            Token::End | Token::Symbol(",") => Ok(String::new()),
            Token::Symbol(found) => Err(format!("found '{found}', expected: identifier")),
        }
    }

    fn values(&mut self) -> Result<BTreeSet<String>, String> {
        let mut values = BTreeSet::new();
        match self.next() {
            Token::Symbol("(") => {}
            found => return Err(format!("found '{}' expected: '('", found.text())),
        }
        loop {
            let value = match self.peek() {
                Token::Symbol(")") => String::new(),
                _ => self.value()?,
            };
            values.insert(value);
            match self.next() {
                Token::Symbol(")") => return Ok(values),
                Token::Symbol(",") => {}
                found => return Err(format!("found '{}', expected: ',' or ')'", found.text())),
            }
        }
    }

    fn peek(&self) -> Token<'a> {
        Parser { text: self.text, position: self.position }.next()
    }

    fn next(&mut self) -> Token<'a> {
        let rest = &self.text[self.position..];
        let trimmed = rest.trim_start_matches([' ', '\t', '\r', '\n']);
        let start = self.position + (rest.len() - trimmed.len());
        let length = match trimmed.as_bytes() {
            [] => 0,
            [b'=' | b'!', b'=', ..] => 2,
            [first, ..] if SPECIAL.contains(first) => 1,
            bytes => {
                let ends = |byte: &u8| SPECIAL.contains(byte) || b" \t\r\n".contains(byte);
                bytes.iter().position(ends).unwrap_or(bytes.len())
            }
        };
        self.position = start + length;
        let token = &self.text[start..self.position];
        match token.as_bytes().first() {
            None => Token::End,
            Some(first) if SPECIAL.contains(first) => Token::Symbol(token),
            Some(_) => Token::Word(token),
        }
    }
}

impl<'a> Token<'a> {
    fn text(self) -> &'a str {
        match self {
            Self::Word(text) | Self::Symbol(text) => text,
            Self::End => "",
        }
    }
}
