//! What a write does to the owners of fields.

use serde_json::Value;

use super::compare::{Comparison, compare};
use super::entry::{Entry, Malformed, ManagedFields, Operation};
use super::shape::Shape;
use super::{FieldSet, cap, reconcile};

/// Metadata that belongs to the server, and what every object has: nobody owns it.
const OWNERLESS: &[&str] = &[
    "name",
    "namespace",
    "creationTimestamp",
    "selfLink",
    "uid",
    "generation",
    "managedFields",
    "resourceVersion",
];

/// Which part of an object a write may touch; what else it says is ignored and owned by nobody through it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// All of it.
    Everything,
    /// All but the status, which has a path of its own.
    AllButStatus,
    /// The status, and the metadata that may go with it.
    Status,
    /// The status of a kind whose metadata does not go with it.
    StatusAlone,
}

/// The same object in other versions of its kind.
pub trait Versions {
    /// What fields mean in a version; `None` when it is not served.
    fn shape(&self, api_version: &str) -> Option<Shape<'_>>;

    /// A document in another version.
    fn convert(&self, document: &Value, api_version: &str) -> Option<Value>;
}

/// Who writes what through where.
#[derive(Clone, Copy)]
pub struct Write<'a> {
    /// The name the fields are owned under.
    pub manager: &'a str,
    /// The version written in.
    pub api_version: &'a str,
    /// The subresource written through; empty for the object itself.
    pub subresource: &'a str,
    /// The time, in whole seconds.
    pub now: &'a str,
    /// What the write may touch.
    pub reach: Reach,
    /// What the fields mean.
    pub shape: Shape<'a>,
    /// The other versions of the kind.
    pub versions: &'a dyn Versions,
}

impl std::fmt::Debug for Write<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { manager, api_version, subresource, reach, .. } = self;
        f.debug_struct("Write")
            .field("manager", manager)
            .field("api_version", api_version)
            .field("subresource", subresource)
            .field("reach", reach)
            .finish_non_exhaustive()
    }
}

impl Write<'_> {
    /// An entry of this writer.
    pub(super) fn entry(&self, operation: Operation, fields: FieldSet) -> Entry {
        Entry {
            manager: self.manager.to_owned(),
            operation,
            api_version: self.api_version.to_owned(),
            subresource: self.subresource.to_owned(),
            time: Some(self.now.to_owned()),
            fields,
        }
    }

    /// What of a set can be owned through this write.
    pub(super) fn ownable(&self, mut set: FieldSet) -> FieldSet {
        set.edit(|node| match node.element.as_field() {
            Some("apiVersion" | "kind") => false,
            Some("metadata") if self.reach == Reach::StatusAlone => false,
            Some("metadata") => {
                node.member = false;
                node.below.edit(|node| {
                    !node.element.as_field().is_some_and(|name| OWNERLESS.contains(&name))
                });
                true
            }
            Some("status") => self.reach != Reach::AllButStatus,
            _ => !matches!(self.reach, Reach::Status | Reach::StatusAlone),
        });
        set
    }

    pub(super) fn compare(&self, old: &Value, new: &Value) -> Comparison {
        let Comparison { added, modified, removed } = compare(self.shape, old, new);
        Comparison {
            added: self.ownable(added),
            modified: self.ownable(modified),
            removed: self.ownable(removed),
        }
    }
}

/// A change of an object as each of its versions shows it.
pub(super) struct Change<'a> {
    write: &'a Write<'a>,
    old: &'a Value,
    new: &'a Value,
    /// The comparison in the version of the write.
    pub(super) own: Comparison,
    others: Vec<(String, Option<Comparison>)>,
}

impl<'a> Change<'a> {
    pub(super) fn new(write: &'a Write<'a>, old: &'a Value, new: &'a Value) -> Self {
        Self { write, old, new, own: write.compare(old, new), others: Vec::new() }
    }

    /// The change in a version; `None` when the version is gone.
    pub(super) fn in_version(&mut self, api_version: &str) -> Option<&Comparison> {
        if api_version == self.write.api_version {
            return Some(&self.own);
        }
        let known = self.others.iter().position(|(version, _)| version == api_version);
        let at = known.unwrap_or_else(|| {
            self.others.push((api_version.to_owned(), self.convert(api_version)));
            self.others.len() - 1
        });
        self.others[at].1.as_ref()
    }

    fn convert(&self, api_version: &str) -> Option<Comparison> {
        let versions = self.write.versions;
        let write = Write { shape: versions.shape(api_version)?, ..*self.write };
        let old = versions.convert(self.old, api_version)?;
        let new = versions.convert(self.new, api_version)?;
        Some(write.compare(&old, &new))
    }
}

/// The list of owners after a write, given the list before; read and written anew only when fields change hands.
pub fn track(
    write: &Write<'_>,
    before: &Value,
    old: &Value,
    new: &Value,
) -> Result<Value, Malformed> {
    let mut change = Change::new(write, old, new);
    if change.own.is_same() && old["metadata"].get("managedFields") == Some(before) {
        return Ok(before.clone());
    }
    let mut managed = ManagedFields::decode(before)?;
    managed.take(write, &mut change);
    Ok(managed.encode())
}

impl ManagedFields {
    /// The owner of a new object.
    pub fn created(write: &Write<'_>, object: &Value) -> Self {
        let mut managed = Self::default();
        managed.claim(write, compare(write.shape, &nothing(), object).added);
        managed
    }

    /// Gives what a write changes to the writer, and takes it from everybody else.
    pub fn update(&mut self, write: &Write<'_>, old: &Value, new: &Value) {
        self.take(write, &mut Change::new(write, old, new));
    }

    fn take(&mut self, write: &Write<'_>, change: &mut Change<'_>) {
        if change.own.is_same() {
            return;
        }
        reconcile::reconcile(self, write);
        self.release(change);
        self.claim(write, change.own.changed());
        cap::fold_old_updates(self);
    }

    /// Adds fields to the writer's entry.
    fn claim(&mut self, write: &Write<'_>, fields: FieldSet) {
        let entry = write.entry(Operation::Update, write.ownable(fields));
        if entry.fields.is_empty() {
            return;
        }
        match self.entries.iter_mut().find(|own| own.is_same_manager(&entry)) {
            Some(own) => {
                own.fields = own.fields.union(&entry.fields);
                own.time = entry.time;
            }
            None => self.entries.push(entry),
        }
    }

    /// Takes what changed from everybody.
    pub(super) fn release(&mut self, change: &mut Change<'_>) {
        self.entries.retain_mut(|entry| {
            let Some(comparison) = change.in_version(&entry.api_version) else { return false };
            for lost in [&comparison.added, &comparison.modified, &comparison.removed] {
                if !lost.is_empty() {
                    entry.fields = entry.fields.difference(lost);
                }
            }
            !entry.fields.is_empty()
        });
    }
}

/// The document of an object that is not there.
pub(super) fn nothing() -> Value {
    Value::Object(serde_json::Map::new())
}

#[cfg(test)]
mod tests;
