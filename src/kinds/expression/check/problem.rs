//! What is wrong with an expression, and where.

use std::fmt::Write as _;
use std::sync::Arc;

use kube_cel::cel::common::ast::SourceInfo;
use kube_cel::cel::parser::Parser;

/// Something wrong with an expression.
#[derive(Debug)]
pub(super) struct Problem {
    /// What the parser calls the place.
    pub(super) place: u64,
    pub(super) what: String,
}

/// The problems beyond these are not told.
const TOLD_MAX: usize = 16;

/// Tells what is wrong with an expression, as cel-go tells it.
pub(super) fn tell(source: &str, problems: &[Problem], nested: u16) -> String {
    let places = places(source, nested);
    let mut found: Vec<(usize, &str)> = problems
        .iter()
        .map(|problem| {
            let places = places.as_ref().and_then(|places| places.offset_for(problem.place + 1));
            (places.map_or(0, |(start, _)| (start as usize).saturating_sub(1)), &*problem.what)
        })
        .collect();
    found.sort_by_key(|(offset, _)| *offset);
    found.dedup();
    let told = found.iter().take(TOLD_MAX).map(|(offset, what)| at(source, *offset, what));
    told.collect::<Vec<_>>().join("\n")
}

/// Where the parts of an expression begin. The parser tells that only of what it refuses, so here is what it reads
/// to the end before it does. A bracket before the expression moves places and offsets by one.
pub(in super::super) fn places(source: &str, nested: u16) -> Option<Arc<SourceInfo>> {
    let parser = Parser::new().max_recursion_depth(nested + 1).enable_optional_syntax(true);
    let refused = parser.parse(&format!("[{source}\n,has(0)]")).err()?;
    refused.errors.into_iter().find_map(|error| error.source_info)
}

/// One problem, with the line it is in and a mark below the place.
fn at(source: &str, offset: usize, what: &str) -> String {
    let offset = source.floor_char_boundary(offset);
    let start = source[..offset].rfind('\n').map_or(0, |end| end + 1);
    let line = source[start..].split('\n').next().unwrap_or_default();
    let (number, column) =
        (source[..offset].matches('\n').count() + 1, source[start..offset].chars());
    let mut told = format!("ERROR: <input>:{number}:{}: {what}", column.clone().count() + 1);
    let _ = write!(told, "\n | {}\n | ", line.replace('\t', " "));
    // Wide letters get wide dots, as cel-go has it.
    told.extend(column.map(|letter| if letter.is_ascii() { '.' } else { '．' }));
    let is_wide = source[offset..].chars().next().is_some_and(|letter| !letter.is_ascii());
    told.push(if is_wide { '＾' } else { '^' });
    told
}
