//! Signs in a row, such as `!!x` or `--x`, of which the parser keeps one, however many there are.

use std::collections::BTreeSet;

use kube_cel::cel::common::ast::{Expr, IdedExpr, operators};

use super::check::places;
use super::depth::children;

/// The calls of a sign that is undone by the signs after it.
pub(super) fn undone(source: &str, tree: &IdedExpr, nested: u16) -> BTreeSet<u64> {
    let mut found = BTreeSet::new();
    if has_signs_in_a_row(source)
        && let Some(places) = places(source, nested)
    {
        collect(
            source,
            tree,
            &|id| places.offset_for(id + 1).map(|(start, _)| start as usize - 1),
            &mut found,
        );
    }
    found
}

fn has_signs_in_a_row(source: &str) -> bool {
    let mut letters = source.bytes().filter(|byte| !byte.is_ascii_whitespace());
    let mut before = letters.next();
    letters.any(|byte| {
        let same = before.replace(byte) == Some(byte);
        same && matches!(byte, b'!' | b'-')
    })
}

fn collect(
    source: &str,
    tree: &IdedExpr,
    place: &dyn Fn(u64) -> Option<usize>,
    found: &mut BTreeSet<u64>,
) {
    if let Expr::Call(call) = &tree.expr
        && let Some(sign) = sign(&call.func_name)
        && let Some(start) = place(tree.id)
        && let [of] = call.args.as_slice()
    {
        let (count, end) = signs(&source[start..], sign);
        // A negative number has its sign itself.
        let own =
            matches!(of.expr, Expr::Literal(_)) && place(of.id).is_some_and(|at| at < start + end);
        if (count - usize::from(own)).is_multiple_of(2) {
            found.insert(tree.id);
        }
    }
    for child in children(tree) {
        collect(source, child, place, found);
    }
}

fn sign(function: &str) -> Option<char> {
    match function {
        operators::LOGICAL_NOT => Some('!'),
        operators::NEGATE => Some('-'),
        _ => None,
    }
}

/// How many signs a text begins with, and where the last of them ends.
fn signs(text: &str, sign: char) -> (usize, usize) {
    let letters = text.char_indices().filter(|(_, letter)| !letter.is_whitespace());
    let places = letters.take_while(|(_, letter)| *letter == sign).map(|(at, _)| at + 1);
    places.fold((0, 0), |(count, _), end| (count + 1, end))
}
