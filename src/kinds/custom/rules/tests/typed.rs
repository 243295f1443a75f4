//! What is accepted with types that are known never fails for a type.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{of_spec, problems};
use crate::custom::Rule;

/// What an expression is to be of.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Sort {
    Bool,
    Int,
    Double,
    Text,
    Ints,
    Texts,
    Map,
    Moment,
    Span,
}

use Sort::{Bool, Double, Int, Ints, Map, Moment, Span, Text, Texts};

const SORTS: [Sort; 9] = [Bool, Int, Double, Text, Ints, Texts, Map, Moment, Span];

/// What expressions of each sort are made of; a letter stands for another expression, `I` for one that is a number.
/// None makes what is no number (NaN), which the interpreter compares with nothing.
fn shapes(sort: Sort) -> &'static [&'static str] {
    match sort {
        Bool => &[
            "self.on",
            "true",
            "(I == I)",
            "(S != S)",
            "(D < I)",
            "(I >= I)",
            "(B && B)",
            "(B || B)",
            "!B",
            "(S in Ts)",
            "(I in Is)",
            "S.startsWith(S)",
            "S.contains(S)",
            "Is.all(x, x > I)",
            "Ts.exists(x, x == S)",
            "Ts.exists_one(x, x.size() > I)",
            "(W > W)",
            "(P <= P)",
            "has(self.text)",
            "M.all(k, M[k] == S)",
            "(S in M)",
            "(Is == Is)",
            "(M == M)",
            "Ts.isSorted()",
            "sets.intersects(Ts, Ts)",
            "(B ? B : B)",
            "Is.all(i, v, i < v)",
            "quantity('1').isLessThan(quantity('2'))",
            "(type(I) == int)",
            "self.?text.hasValue()",
            "S.matches('a')",
            "M.exists(k, v, k == v)",
        ],
        Int => &[
            "self.number",
            "1",
            "(I + I)",
            "(I - I)",
            "(I * I)",
            "(I / I)",
            "(I % I)",
            "-I",
            "S.size()",
            "size(Is)",
            "M.size()",
            "Is.sum()",
            "Is.max()",
            "Is[0]",
            "int(D)",
            "int(S)",
            "S.indexOf(S)",
            "(B ? I : I)",
            "W.getFullYear()",
            "P.getSeconds()",
            "cel.bind(n, I, n + n)",
            "Is.first().orValue(I)",
            "self.?number.orValue(I)",
            "Is.indexOf(I)",
            "math.abs(I)",
            "Ts.map(x, x.size()).sum()",
        ],
        Double => &[
            "self.share",
            "1.5",
            "(D + D)",
            "(D - D)",
            "(D * D)",
            "-D",
            "double(I)",
            "double(S)",
            "(B ? D : D)",
            "math.ceil(D)",
            "self.?share.orValue(D)",
        ],
        Text => &[
            "self.text",
            "'a'",
            "(S + S)",
            "S.lowerAscii()",
            "S.replace(S, S)",
            "S.trim()",
            "string(I)",
            "string(D)",
            "string(B)",
            "Ts.join(S)",
            "Ts[0]",
            "(B ? S : S)",
            "M['a']",
            "'%s %d'.format([S, I])",
            "S.substring(I)",
            "M[?'a'].orValue(S)",
            "S.reverse()",
            "string(P)",
            "string(W)",
            "strings.quote(S)",
            "S.charAt(I)",
        ],
        Ints => &[
            "self.numbers",
            "[]",
            "[I]",
            "(Is + Is)",
            "Is.map(x, x + I)",
            "Is.filter(x, x > I)",
            "Is.sort()",
            "Is.distinct()",
            "Is.reverse()",
            "(B ? Is : Is)",
            "lists.range(3)",
            "Ts.map(x, x.size())",
            "Is.sortBy(x, -x)",
            "Is.transformList(i, v, i + v)",
        ],
        Texts => &[
            "self.texts",
            "[S]",
            "(Ts + Ts)",
            "Ts.map(x, x + S)",
            "Ts.filter(x, x != S)",
            "S.split(S)",
            "M.map(k, k)",
            "(B ? Ts : Ts)",
            "S.findAll('a')",
            "Ts.slice(0, 1)",
            "Is.map(x, string(x))",
        ],
        Map => {
            &["self.map", "{}", "{'a': S}", "(B ? M : M)", "{S: S}", "M.transformMap(k, v, v + k)"]
        }
        Moment => &[
            "self.since",
            "timestamp('2024-01-01T00:00:00Z')",
            "(W + P)",
            "(W - P)",
            "(B ? W : W)",
        ],
        Span => &["self.every", "duration('1h')", "(P + P)", "(P - P)", "(W - W)", "(B ? P : P)"],
    }
}

/// An expression that bytes decide about. One in sixteen parts is of another sort than is wanted.
fn expression(bytes: &mut impl Iterator<Item = u8>, sort: Sort, depth: usize) -> String {
    let mut next = || bytes.next().unwrap_or_default() as usize;
    let sort = if next() % 16 == 15 { SORTS[next() % SORTS.len()] } else { sort };
    let shapes = shapes(sort);
    let chosen = if depth == 0 { next() % 2 } else { next() % shapes.len() };
    let (mut made, mut rest) = (String::new(), shapes[chosen]);
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(rest.len()).max(1);
        let (word, after) = rest.split_at(end);
        match sort_of(word) {
            Some(sort) => made.push_str(&expression(bytes, sort, depth.saturating_sub(1))),
            None => made.push_str(word),
        }
        rest = after;
    }
    made
}

fn sort_of(word: &str) -> Option<Sort> {
    Some(match word {
        "B" => Bool,
        "I" => Int,
        "D" => Double,
        "S" => Text,
        "Is" => Ints,
        "Ts" => Texts,
        "M" => Map,
        "W" => Moment,
        "P" => Span,
        _ => return None,
    })
}

fn schema(rule: &str) -> Value {
    let mut schema = of_spec(json!([{ "rule": rule }]));
    let text = json!({ "type": "string" });
    schema["properties"]["spec"]["properties"] = json!({
        "on": { "type": "boolean" }, "number": { "type": "integer" }, "share": { "type": "number" }, "text": text,
        "numbers": { "type": "array", "items": { "type": "integer" } }, "texts": { "type": "array", "items": text },
        "map": { "type": "object", "additionalProperties": text },
        "since": { "type": "string", "format": "date-time" }, "every": { "type": "string", "format": "duration" },
    });
    schema
}

fn object(bytes: &mut impl Iterator<Item = u8>) -> Value {
    let mut next = || bytes.next().unwrap_or_default();
    let text = ["", "a", "1", "é"][next() as usize % 4];
    let numbers = vec![next() % 4; next() as usize % 3];
    let texts = &["a", "b", "2"][..next() as usize % 4];
    let mut spec = json!({
        "on": next() % 2 == 0, "number": next() % 4, "share": f64::from(next()) / 2.0, "text": text,
        "numbers": numbers, "texts": texts, "map": { "a": "b", "c": "c" },
        "since": "2024-06-01T00:00:00Z", "every": "30m",
    });
    let missing = ["number", "text", "texts", "map", "since", "none"][next() as usize % 6];
    spec.as_object_mut().unwrap().remove(missing);
    json!({ "spec": spec })
}

/// What the interpreter says of a value that is of the wrong type.
const OF_TYPES: [&str; 6] =
    ["overload", "Unsupported", "type", "not supported", "cannot convert", "expected"];

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

    #[test]
    fn a_rule_that_is_accepted_never_fails_for_a_type(
        bytes in prop::collection::vec(any::<u8>(), 256),
        values in prop::collection::vec(any::<u8>(), 12),
    ) {
        let rule = expression(&mut bytes.into_iter(), Bool, 4);
        let schema = schema(&rule);
        let written = json!({ "rule": &rule });
        let accepted = Rule::check(&written, &schema["properties"]["spec"], false, |_| false);
        prop_assume!(accepted.is_ok());
        let problems = problems(&schema, object(&mut values.into_iter()), None);
        let said = problems.replace(&rule, "").replace("Invalid value: \"object\"", "");
        // Text that cannot be converted has the right type.
        let said = said.replace("type conversion error from 'string' to", "");
        prop_assert!(OF_TYPES.iter().all(|words| !said.contains(words)), "{rule}: {said}");
    }
}
