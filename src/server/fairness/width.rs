//! How many seats a request takes: a list of thousands of objects is more work than a get.

use crate::catalog::Catalog;
use crate::query::Query;
use crate::request::{Target, Verb};

/// Objects of a list per seat, as in Kubernetes.
const OBJECTS_PER_SEAT: usize = 100;
/// Seats of the largest list, as in Kubernetes.
const SEATS_MAX: usize = 10;
/// Of all objects of a kind, the part that one namespace is thought to have.
const NAMESPACE_PART: usize = 10;

/// Estimates the seats of a request.
pub(crate) fn width(catalog: &Catalog, target: &Target<'_>, query: &Query<'_>) -> u32 {
    if target.verb != Verb::List {
        return 1;
    }
    let served = catalog.find(target.group, target.version, target.resource);
    let all = served.and_then(|served| served.shelf().map(|shelf| shelf.len())).unwrap_or(0);
    let mine = if target.namespace.is_some() { all / NAMESPACE_PART } else { all };
    let limit = query.text("limit").and_then(|limit| limit.parse().ok()).filter(|limit| *limit > 0);
    seats(mine, limit)
}

fn seats(objects: usize, limit: Option<usize>) -> u32 {
    let objects = limit.map_or(objects, |limit| objects.min(limit));
    let seats = objects.div_ceil(OBJECTS_PER_SEAT).clamp(1, SEATS_MAX);
    u32::try_from(seats).unwrap_or(1)
}

#[cfg(test)]
mod tests;
