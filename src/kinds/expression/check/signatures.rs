//! What can be called, as `signatures.txt` tells it.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::types::Type;

static TEXT: &str = include_str!("signatures.txt");

static SIGNATURES: LazyLock<HashMap<&str, Vec<Signature>>> = LazyLock::new(|| {
    let mut all: HashMap<&str, Vec<Signature>> = HashMap::new();
    for line in TEXT.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let (names, types) = line.split_once(": ").expect("names end in a colon");
        let signature = Signature::read(types);
        for name in names.split(' ') {
            all.entry(name).or_default().push(signature.clone());
        }
    }
    all
});

/// One way to call something.
#[derive(Debug, Clone)]
pub(super) struct Signature {
    /// Whether it is called on the first of its arguments.
    pub(super) is_method: bool,
    pub(super) arguments: Vec<Type<'static>>,
    pub(super) result: Type<'static>,
    /// How many of the types are open.
    pub(super) open: usize,
}

/// The ways to call something; none, if nothing is called so.
pub(super) fn of(name: &str) -> &'static [Signature] {
    SIGNATURES.get(name).map_or(&[], Vec::as_slice)
}

impl Signature {
    /// Reads `string.(int) -> string` or `(A, A) -> bool`.
    fn read(text: &'static str) -> Self {
        let (given, result) = text.split_once(" -> ").expect("an arrow is before the result");
        let (target, arguments) = match given.split_once(".(") {
            Some((target, arguments)) => (Some(target), arguments),
            None => (None, &given[1..]),
        };
        let arguments = arguments.strip_suffix(')').expect("arguments are in brackets");
        let mut types: Vec<Type<'static>> = target.map(read).into_iter().collect();
        types.extend(split(arguments).into_iter().map(read));
        let result = read(result);
        let open = types.iter().chain([&result]).map(opened).max().unwrap_or_default();
        Self { is_method: target.is_some(), arguments: types, result, open }
    }
}

/// How many types are open in one that names them in order.
fn opened(of: &Type<'_>) -> usize {
    match of {
        Type::Open(open) => open + 1,
        Type::List(inner) | Type::Optional(inner) => opened(inner),
        Type::Map(inner) => opened(&inner.0).max(opened(&inner.1)),
        _ => 0,
    }
}

fn read(text: &'static str) -> Type<'static> {
    let (name, inner) = match text.split_once('(') {
        Some((name, inner)) => (name, inner.strip_suffix(')').expect("brackets are closed")),
        None => (text, ""),
    };
    let mut inner = split(inner).into_iter().map(read);
    let mut next = || inner.next().expect("a list, a map and an optional value are of something");
    match name {
        "A" => Type::Open(0),
        "B" => Type::Open(1),
        "dyn" => Type::Dyn,
        "null" => Type::Null,
        "bool" => Type::Bool,
        "int" => Type::Int,
        "uint" => Type::Uint,
        "double" => Type::Double,
        "string" => Type::String,
        "bytes" => Type::Bytes,
        "timestamp" => Type::Timestamp,
        "duration" => Type::Duration,
        "type" => Type::Type,
        "list" => Type::list(next()),
        "map" => Type::map(next(), next()),
        "optional" => Type::optional(next()),
        name => Type::opaque(name),
    }
}

/// The parts between commas that are in no brackets.
fn split(text: &'static str) -> Vec<&'static str> {
    let (mut parts, mut start, mut depth) = (Vec::new(), 0, 0_usize);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'(' => depth += 1,
            b')' => depth = depth.saturating_sub(1),
            b',' if depth == 0 => {
                parts.push(text[start..at].trim());
                start = at + 1;
            }
            _ => {}
        }
    }
    if !text[start..].trim().is_empty() {
        parts.push(text[start..].trim());
    }
    parts
}
