//! Paths of printer columns, in the dialect of `JSONPath` that kubectl speaks.
//!
//! `.spec.containers[*].image`, `.status.conditions[?(@.type=="Ready")].status`, `.metadata.labels.a\.b/c`,
//! `['a.b']`, `[0]`, `[-1]`, `[1:3]`, `[0,2]`, `..name`. What does not parse is an error when a definition is accepted.

use serde_json::Value;

/// The longest path; people write some dozens of characters.
const PATH_BYTES_MAX: usize = 1 << 10;
/// How many filters may be within each other; each is a level of recursion.
const FILTERS_MAX: usize = 8;
/// How many values a step may lead to: each further step is taken from every one of them.
const FOUND_MAX: usize = 1 << 10;

/// A path, parsed.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct PrinterPath(Vec<Step>);

#[derive(Debug, Clone, PartialEq)]
enum Step {
    Field(String),
    Every,
    /// Everything of this name, however deep.
    Deep(String),
    Slice(Option<i64>, Option<i64>),
    Places(Vec<i64>),
    Filter {
        left: Vec<Step>,
        operator: Operator,
        right: Option<Value>,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operator {
    Exists,
    Equal,
    Differs,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl PrinterPath {
    /// Parses a path; a leading dot may be missing.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        if text.len() > PATH_BYTES_MAX {
            return Err(format!("must not be longer than {PATH_BYTES_MAX} bytes"));
        }
        let mut parser = Parser { rest: text, filters: 0 };
        let steps = parser.steps(&[])?;
        if steps.is_empty() { Err("the path is empty".to_owned()) } else { Ok(Self(steps)) }
    }

    /// Everything the path leads to.
    pub(crate) fn find<'v>(&self, object: &'v Value) -> Vec<&'v Value> {
        follow(&self.0, object)
    }
}

fn follow<'v>(steps: &[Step], object: &'v Value) -> Vec<&'v Value> {
    steps.iter().fold(vec![object], |found, step| {
        found.into_iter().flat_map(|value| step.take(value)).take(FOUND_MAX).collect()
    })
}

impl Step {
    fn take<'v>(&self, value: &'v Value) -> Vec<&'v Value> {
        match (self, value) {
            (Self::Field(name), _) => value.get(name.as_str()).into_iter().collect(),
            (Self::Every, Value::Array(items)) => items.iter().collect(),
            (Self::Every, Value::Object(map)) => map.values().collect(),
            (Self::Deep(name), _) => {
                let mut found = Vec::new();
                deep(name, value, &mut found);
                found
            }
            (Self::Slice(from, to), Value::Array(items)) => {
                let from = from.map_or(0, |at| place(at, items.len()));
                let to = to.map_or(items.len(), |at| place(at, items.len()));
                items.get(from..to.min(items.len())).unwrap_or_default().iter().collect()
            }
            (Self::Places(places), Value::Array(items)) => {
                places.iter().filter_map(|at| items.get(place(*at, items.len()))).collect()
            }
            (Self::Filter { left, operator, right }, Value::Array(items)) => {
                items.iter().filter(|item| holds(item, left, *operator, right.as_ref())).collect()
            }
            _ => Vec::new(),
        }
    }
}

fn place(at: i64, count: usize) -> usize {
    let count = i64::try_from(count).unwrap_or(i64::MAX);
    usize::try_from(if at < 0 { count + at } else { at }).unwrap_or(usize::MAX)
}

fn deep<'v>(name: &str, value: &'v Value, found: &mut Vec<&'v Value>) {
    match value {
        Value::Object(map) => {
            found.extend(map.get(name));
            map.values().for_each(|value| deep(name, value, found));
        }
        Value::Array(items) => items.iter().for_each(|item| deep(name, item, found)),
        _ => {}
    }
}

fn holds(item: &Value, left: &[Step], operator: Operator, right: Option<&Value>) -> bool {
    let found = follow(left, item);
    let (Some(own), Some(right)) = (found.first(), right) else {
        return operator == Operator::Exists && !found.is_empty();
    };
    let order = match (*own, right) {
        (Value::Number(own), Value::Number(right)) => own.as_f64().partial_cmp(&right.as_f64()),
        (Value::String(own), Value::String(right)) => Some(own.cmp(right)),
        (own, right) => (*own == *right).then_some(std::cmp::Ordering::Equal),
    };
    match operator {
        Operator::Exists => true,
        Operator::Equal => order.is_some_and(std::cmp::Ordering::is_eq),
        Operator::Differs => !order.is_some_and(std::cmp::Ordering::is_eq),
        Operator::Less => order.is_some_and(std::cmp::Ordering::is_lt),
        Operator::LessOrEqual => order.is_some_and(std::cmp::Ordering::is_le),
        Operator::Greater => order.is_some_and(std::cmp::Ordering::is_gt),
        Operator::GreaterOrEqual => order.is_some_and(std::cmp::Ordering::is_ge),
    }
}

struct Parser<'a> {
    rest: &'a str,
    /// How many filters are open.
    filters: usize,
}

impl Parser<'_> {
    /// Steps up to the end or to one of these characters.
    fn steps(&mut self, ends: &[char]) -> Result<Vec<Step>, String> {
        let mut steps = Vec::new();
        while let Some(next) = self.rest.chars().next() {
            if ends.contains(&next) {
                break;
            }
            if self.take("..") {
                steps.push(Step::Deep(self.name(ends)?));
            } else if self.take("[") {
                steps.push(self.bracket()?);
            } else if self.take(".") {
                if self.take("*") {
                    steps.push(Step::Every);
                } else if !self.rest.starts_with('[') && !self.rest.is_empty() {
                    steps.push(Step::Field(self.name(ends)?));
                }
            } else if steps.is_empty() {
                steps.push(Step::Field(self.name(ends)?));
            } else {
                return Err(format!("unexpected {:?}", self.rest));
            }
        }
        Ok(steps)
    }

    fn take(&mut self, token: &str) -> bool {
        let rest = self.rest.strip_prefix(token);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    /// A name, in which a backslash takes the meaning from the next character.
    fn name(&mut self, ends: &[char]) -> Result<String, String> {
        let mut name = String::new();
        let mut chars = self.rest.char_indices();
        let mut end = self.rest.len();
        while let Some((at, char)) = chars.next() {
            match char {
                '\\' => name.extend(chars.next().map(|(_, char)| char)),
                '.' | '[' => {
                    end = at;
                    break;
                }
                char if ends.contains(&char) => {
                    end = at;
                    break;
                }
                char if char.is_whitespace() || "{}()]|".contains(char) => {
                    return Err(format!("unexpected {char:?} in {:?}", self.rest));
                }
                char => name.push(char),
            }
        }
        self.rest = &self.rest[end..];
        if name.is_empty() { Err("a name is empty".to_owned()) } else { Ok(name) }
    }

    fn bracket(&mut self) -> Result<Step, String> {
        if self.take("?(") {
            return self.filter();
        }
        let end = self.closing()?;
        let inside = self.rest[..end].trim();
        self.rest = &self.rest[end + 1..];
        if inside == "*" {
            return Ok(Step::Every);
        }
        for quote in ['\'', '"'] {
            if let Some(name) =
                inside.strip_prefix(quote).and_then(|inside| inside.strip_suffix(quote))
            {
                return Ok(Step::Field(name.replace('\\', "")));
            }
        }
        let number = |text: &str| {
            text.trim().parse::<i64>().map_err(|_| format!("invalid array index {text}"))
        };
        if let Some((from, to)) = inside.split_once(':') {
            let bound = |text: &str| (!text.trim().is_empty()).then(|| number(text)).transpose();
            return Ok(Step::Slice(bound(from)?, bound(to)?));
        }
        let places = inside.split(',').map(number).collect::<Result<_, _>>()?;
        Ok(Step::Places(places))
    }

    /// Where the bracket ends, quotes aside.
    fn closing(&self) -> Result<usize, String> {
        let mut quote = None;
        for (at, char) in self.rest.char_indices() {
            match (quote, char) {
                (None, '\'' | '"') => quote = Some(char),
                (Some(open), char) if open == char => quote = None,
                (None, ']') => return Ok(at),
                _ => {}
            }
        }
        Err("unterminated array".to_owned())
    }

    fn filter(&mut self) -> Result<Step, String> {
        if !self.take("@") {
            return Err("a filter starts with @".to_owned());
        }
        if self.filters == FILTERS_MAX {
            return Err("filters nest too deep".to_owned());
        }
        self.filters += 1;
        let left = self.steps(&['=', '!', '<', '>', ')', ' '])?;
        self.filters -= 1;
        self.rest = self.rest.trim_start();
        let operators = [
            ("==", Operator::Equal),
            ("!=", Operator::Differs),
            ("<=", Operator::LessOrEqual),
            (">=", Operator::GreaterOrEqual),
            ("<", Operator::Less),
            (">", Operator::Greater),
        ];
        let found = operators.into_iter().find(|(token, _)| self.take(token));
        let Some((_, operator)) = found else {
            return if self.take(")]") {
                Ok(Step::Filter { left, operator: Operator::Exists, right: None })
            } else {
                Err("unterminated filter".to_owned())
            };
        };
        let end = self.rest.find(")]").ok_or("unterminated filter")?;
        let literal = literal(self.rest[..end].trim())?;
        self.rest = &self.rest[end + 2..];
        Ok(Step::Filter { left, operator, right: Some(literal) })
    }
}

fn literal(text: &str) -> Result<Value, String> {
    for quote in ['\'', '"'] {
        if let Some(inside) = text.strip_prefix(quote).and_then(|text| text.strip_suffix(quote)) {
            return Ok(inside.into());
        }
    }
    serde_json::from_str(text).map_err(|_| format!("{text} is no value"))
}

#[cfg(test)]
mod tests;
