//! A set of places in a document, as a tree, and its algebra.

use std::cmp::Ordering;
use std::fmt::Write;

use super::Element;
use crate::short::short;

/// A set of paths. A path may be in it without the paths below it, and the other way round.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FieldSet {
    /// Sorted by element, each once; none is empty.
    nodes: Vec<Node>,
}

/// One element with what the set holds there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Node {
    pub(super) element: Element,
    /// Whether the path up to here is in the set.
    pub(super) member: bool,
    /// The paths that go on from here.
    pub(super) below: FieldSet,
}

impl Node {
    pub(super) fn is_empty(&self) -> bool {
        !self.member && self.below.is_empty()
    }
}

impl FieldSet {
    /// Puts nodes in order and leaves out the empty ones; of two with one element the union is kept.
    pub(super) fn from_nodes(mut nodes: Vec<Node>) -> Self {
        nodes.retain(|node| !node.is_empty());
        if !nodes.is_sorted_by(|left, right| left.element < right.element) {
            nodes.sort_by(|left, right| left.element.cmp(&right.element));
            nodes = join(nodes);
        }
        Self { nodes }
    }

    /// The set of one path.
    pub fn of(path: &[Element]) -> Self {
        let Some((first, rest)) = path.split_first() else { return Self::default() };
        let node = Node { element: first.clone(), member: rest.is_empty(), below: Self::of(rest) };
        Self { nodes: vec![node] }
    }

    /// Whether it holds no path.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// Whether it holds this very path.
    pub fn contains(&self, path: &[Element]) -> bool {
        let Some((first, rest)) = path.split_first() else { return false };
        self.get(first).is_some_and(|node| {
            if rest.is_empty() { node.member } else { node.below.contains(rest) }
        })
    }

    /// Whether it holds every path of another set.
    pub fn covers(&self, other: &Self) -> bool {
        other.difference(self).is_empty()
    }

    /// The paths in either.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        self.combine(other, Keep { left: true, right: true }, |left, right| Node {
            element: left.element.clone(),
            member: left.member || right.member,
            below: left.below.union(&right.below),
        })
    }

    /// The union of many, two by two, so that none is copied more often than it has to be.
    pub(super) fn union_of(mut sets: Vec<Self>) -> Self {
        while sets.len() > 1 {
            sets = sets
                .chunks(2)
                .map(|pair| match pair {
                    [one, other] => one.union(other),
                    rest => rest.first().cloned().unwrap_or_default(),
                })
                .collect();
        }
        sets.pop().unwrap_or_default()
    }

    /// The paths in both.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        self.combine(other, Keep { left: false, right: false }, |left, right| Node {
            element: left.element.clone(),
            member: left.member && right.member,
            below: left.below.intersection(&right.below),
        })
    }

    /// The paths that the other set does not hold.
    #[must_use]
    pub fn difference(&self, other: &Self) -> Self {
        self.combine(other, Keep { left: true, right: false }, |left, right| Node {
            element: left.element.clone(),
            member: left.member && !right.member,
            below: left.below.difference(&right.below),
        })
    }

    /// The paths that have no longer path of the set below them.
    #[must_use]
    pub fn leaves(&self) -> Self {
        let leaf = |node: &Node| Node {
            element: node.element.clone(),
            member: node.member && node.below.is_empty(),
            below: node.below.leaves(),
        };
        Self { nodes: self.nodes.iter().map(leaf).collect() }
    }

    /// How many paths it holds.
    pub fn count(&self) -> usize {
        self.nodes.iter().map(|node| usize::from(node.member) + node.below.count()).sum()
    }

    /// Every path in words, in order: `.spec.replicas`.
    pub fn paths(&self) -> Vec<String> {
        self.first_paths(usize::MAX)
    }

    /// The first of the paths in words; long ones are cut short.
    pub fn first_paths(&self, most: usize) -> Vec<String> {
        let mut paths = Vec::new();
        self.write_paths(&mut String::new(), most, &mut paths);
        paths
    }

    pub(super) fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    pub(super) fn get(&self, element: &Element) -> Option<&Node> {
        let found = self.nodes.binary_search_by(|node| node.element.cmp(element)).ok()?;
        Some(&self.nodes[found])
    }

    /// The node of a field, looked up without an element of its own.
    pub(super) fn field(&self, name: &str) -> Option<&Node> {
        let by_name = |node: &Node| match &node.element {
            Element::Field(own) => own.as_ref().cmp(name),
            _ => Ordering::Greater,
        };
        let found = self.nodes.binary_search_by(by_name).ok()?;
        Some(&self.nodes[found])
    }

    /// Changes or drops nodes; those left empty go.
    pub(super) fn edit(&mut self, mut keep: impl FnMut(&mut Node) -> bool) {
        self.nodes.retain_mut(|node| keep(node) && !node.is_empty());
    }

    /// Walks two sorted sets side by side.
    fn combine(&self, other: &Self, keep: Keep, join: impl Fn(&Node, &Node) -> Node) -> Self {
        let (mut left, mut right) = (self.nodes.as_slice(), other.nodes.as_slice());
        let mut nodes = Vec::new();
        while let ([first, left_rest @ ..], [second, right_rest @ ..]) = (left, right) {
            match first.element.cmp(&second.element) {
                Ordering::Less => {
                    nodes.extend(keep.left.then(|| first.clone()));
                    left = left_rest;
                }
                Ordering::Greater => {
                    nodes.extend(keep.right.then(|| second.clone()));
                    right = right_rest;
                }
                Ordering::Equal => {
                    nodes.extend(Some(join(first, second)).filter(|node| !node.is_empty()));
                    (left, right) = (left_rest, right_rest);
                }
            }
        }
        if keep.left {
            nodes.extend_from_slice(left);
        }
        if keep.right {
            nodes.extend_from_slice(right);
        }
        Self { nodes }
    }

    fn write_paths(&self, path: &mut String, most: usize, paths: &mut Vec<String>) {
        for node in &self.nodes {
            if paths.len() >= most {
                return;
            }
            let length = path.len();
            let _ = write!(path, "{}", node.element);
            if node.member {
                paths.push(short(&*path));
            }
            node.below.write_paths(path, most, paths);
            path.truncate(length);
        }
    }
}

/// Makes one of neighbours with the same element, however many: documents spell one key in many ways.
fn join(sorted: Vec<Node>) -> Vec<Node> {
    let mut joined: Vec<Node> = Vec::with_capacity(sorted.len());
    let mut rest = sorted.into_iter().peekable();
    while let Some(mut node) = rest.next() {
        let mut below = std::mem::take(&mut node.below.nodes);
        let alone = below.len();
        while let Some(same) = rest.next_if(|next| next.element == node.element) {
            node.member |= same.member;
            below.extend(same.below.nodes);
        }
        let is_joined = below.len() > alone;
        node.below =
            if is_joined { FieldSet::from_nodes(below) } else { FieldSet { nodes: below } };
        joined.push(node);
    }
    joined
}

/// Which nodes that only one side has go into a combination.
#[derive(Clone, Copy)]
struct Keep {
    left: bool,
    right: bool,
}

#[cfg(test)]
mod tests;
