//! Which objects of a kind a list or a watch is about.

use std::ops::{Bound, RangeBounds};
use std::sync::Arc;

use super::super::{Cached, Selection};

/// Which part of a kind's keys is meant.
#[derive(Debug, Clone, Default)]
pub(crate) struct Scope {
    /// Only this namespace.
    pub(crate) namespace: Option<String>,
}

/// What a list asks for.
#[derive(Debug, Default)]
pub(crate) struct ListQuery {
    pub(crate) scope: Scope,
    pub(crate) selection: Selection,
    /// At most so many objects; zero is no limit.
    pub(crate) limit: usize,
    /// Only objects after this key.
    pub(crate) after: Option<String>,
    /// The state at exactly this revision.
    pub(crate) at: Option<u64>,
}

/// The answer to a [`ListQuery`].
#[derive(Debug)]
pub(crate) struct Listed {
    /// The revision the items show.
    pub(crate) revision: u64,
    pub(crate) items: Vec<Arc<Cached>>,
    /// Whether the limit cut it short.
    pub(crate) more: bool,
    /// How many objects follow, where that is known.
    pub(crate) remaining: Option<usize>,
}

impl Scope {
    pub(crate) fn contains(&self, object: &Cached) -> bool {
        self.namespace.is_none() || self.namespace.as_deref() == object.namespace()
    }
}

/// The keys a query may return.
pub(super) struct Keys {
    lower: Bound<String>,
    upper: Bound<String>,
}

impl Keys {
    pub(super) fn of(query: &ListQuery) -> Self {
        let namespace = query.scope.namespace.as_deref();
        if let (Some(name), Some(namespace)) = (query.selection.only_name(), namespace) {
            let key = format!("{namespace}/{name}");
            return Self { lower: Bound::Included(key.clone()), upper: Bound::Included(key) };
        }
        let start = namespace.map(|namespace| format!("{namespace}/"));
        // A client may make up the key to go on after: it leads to no other namespace.
        let lower = match (query.after.clone(), start) {
            (Some(after), start) if start.as_ref().is_none_or(|start| after >= *start) => {
                Bound::Excluded(after)
            }
            (_, Some(start)) => Bound::Included(start),
            (_, None) => Bound::Unbounded,
        };
        Self {
            lower,
            // The character after the slash.
            upper: namespace.map_or(Bound::Unbounded, |own| Bound::Excluded(format!("{own}0"))),
        }
    }

    pub(super) fn contain(&self, key: &str) -> bool {
        RangeBounds::<str>::contains(&self.bounds(), key)
    }

    /// As a map's range takes them; empty when the client's continue token is from another range.
    pub(super) fn bounds(&self) -> (Bound<&str>, Bound<&str>) {
        let (lower, upper) = (self.lower.as_ref(), self.upper.as_ref());
        match (&lower, &upper) {
            (Bound::Excluded(low) | Bound::Included(low), Bound::Excluded(high)) if low >= high => {
                (Bound::Included(high.as_str()), Bound::Excluded(high.as_str()))
            }
            _ => (lower.map(String::as_str), upper.map(String::as_str)),
        }
    }
}

/// Both in the order of their keys, as each is by itself.
pub(super) fn in_order<'a>(
    left: impl Iterator<Item = &'a Arc<Cached>>,
    right: impl Iterator<Item = &'a Arc<Cached>>,
) -> impl Iterator<Item = &'a Arc<Cached>> {
    let (mut left, mut right) = (left.peekable(), right.peekable());
    std::iter::from_fn(move || match (left.peek(), right.peek()) {
        (Some(one), Some(other)) if other.key < one.key => right.next(),
        (None, _) => right.next(),
        _ => left.next(),
    })
}

/// Picks the objects a query wants from those of its range.
pub(super) fn select<'a>(
    query: &ListQuery,
    revision: u64,
    objects: impl Iterator<Item = &'a Arc<Cached>>,
) -> Listed {
    // The range holds no other namespace; that nobody sees one is not left to it alone.
    let wanted =
        |object: &&'a Arc<Cached>| query.scope.contains(object) && query.selection.matches(object);
    let mut candidates = objects.filter(wanted);
    let limit = if query.limit == 0 { usize::MAX } else { query.limit };
    let items: Vec<Arc<Cached>> = candidates.by_ref().take(limit).cloned().collect();
    let cut = query.limit != 0 && items.len() == limit;
    let rest = if !cut {
        0
    } else if query.selection.is_everything() {
        candidates.count()
    } else {
        usize::from(candidates.next().is_some())
    };
    let remaining = (rest > 0 && query.selection.is_everything()).then_some(rest);
    Listed { revision, items, more: rest > 0, remaining }
}
