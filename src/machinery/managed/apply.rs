//! Applying: laying a partial document over what is there, without taking what others own.

use serde_json::Value;

use super::conflict::Conflicts;
use super::entry::{Entry, ManagedFields, Operation};
use super::remove::{remove, with_objects};
use super::shape::Shape;
use super::write::{Change, Write, nothing};
use super::{FieldSet, collect, last_applied, merge, reconcile};

/// Who owns what was there before anybody applied.
const BEFORE_FIRST_APPLY: &str = "before-first-apply";

/// An object as it would be after an apply, before anybody was asked.
#[derive(Debug)]
pub struct Draft {
    /// The object. What was applied is in it as it was sent, nulls included.
    pub object: Value,
    managed: ManagedFields,
    /// The applier's entry before and now.
    before: Option<Entry>,
    now: Entry,
}

impl ManagedFields {
    /// Lays `applied` over `live` (an empty object when there is none yet), and removes what this manager applied before
    /// but left out now, as far as nobody else owns it.
    pub fn draft(mut self, write: &Write<'_>, live: &Value, applied: &Value) -> Draft {
        if self.is_empty() {
            let adopt = Write { manager: BEFORE_FIRST_APPLY, ..*write };
            self.update(&adopt, &nothing(), live);
        }
        reconcile::reconcile(&mut self, write);
        let wanted = collect::applied(write.shape, applied);
        let now = write.entry(Operation::Apply, write.ownable(wanted.clone()));
        let before = self.entries.iter().position(|entry| entry.is_same_manager(&now));
        let before = before.map(|at| self.entries.swap_remove(at));
        let mut draft = Draft {
            object: merge::merge(write.shape, live.clone(), applied),
            managed: self,
            before,
            now,
        };
        if let Some(pruned) = draft.pruned(write, wanted) {
            // An empty object that is wanted may have gone with what it held.
            draft.object = merge::merge(write.shape, pruned, applied);
        }
        draft
    }
}

impl Draft {
    /// Settles who owns what now that the object is `object`, unless that takes fields from others. Taking them needs
    /// `force`; fields that are not given another value are shared.
    pub fn settle(
        mut self,
        write: &Write<'_>,
        live: &Value,
        object: &Value,
        force: bool,
    ) -> Result<ManagedFields, Conflicts> {
        let mut change = Change::new(write, live, object);
        if !force {
            let mut conflicts = self.conflicts(&mut change);
            if !conflicts.is_empty() {
                conflicts = last_applied::without_allowed(conflicts, write, live);
            }
            if !conflicts.is_empty() {
                return Err(conflicts);
            }
        }
        self.managed.release(&mut change);
        if let Some(before) = self.before
            && change.own.is_same()
            && before.fields == self.now.fields
            && before.api_version == self.now.api_version
        {
            self.now.time = before.time;
        }
        if !self.now.fields.is_empty() {
            self.managed.entries.push(self.now);
        }
        Ok(self.managed)
    }

    fn conflicts(&self, change: &mut Change<'_>) -> Conflicts {
        let mut conflicts = Conflicts::default();
        // What is applied as null, or as what counts as absent, has gone from the object: that is a value, too.
        let emptied = change.own.removed.intersection(&self.now.fields);
        for entry in &self.managed.entries {
            let Some(comparison) = change.in_version(&entry.api_version) else { continue };
            let mut changed = comparison.changed();
            if entry.api_version == self.now.api_version && !emptied.is_empty() {
                changed = changed.union(&emptied);
            }
            conflicts.add(entry, entry.fields.intersection(&changed));
        }
        conflicts.sort();
        conflicts
    }

    /// The object without what only this manager applied, and only before. What it wants now stays, owned or
    /// ownerless.
    fn pruned(&self, write: &Write<'_>, wanted: FieldSet) -> Option<Value> {
        let Entry { api_version, fields: last, .. } = self.before.as_ref()?;
        if api_version == write.api_version && wanted.covers(last) {
            return None;
        }
        let (shape, merged) = between(write, &self.object, write.api_version, api_version)?;
        let mut pruned = remove(shape, merged.clone(), &with_objects(shape, last));
        for (version, owned) in self.owned_by_version(write, wanted, api_version) {
            pruned = add_back_owned(write, (&merged, pruned), api_version, (&version, &owned))?;
        }
        let pruned = add_back_strangers(shape, &merged, &pruned, last);
        between(write, &pruned, api_version, write.api_version).map(|(_, object)| object)
    }

    /// What must stay, by version, that of the pruning first.
    fn owned_by_version(
        &self,
        write: &Write<'_>,
        wanted: FieldSet,
        first: &str,
    ) -> Vec<(String, FieldSet)> {
        let mut all = vec![(first.to_owned(), Vec::new())];
        let others = self.managed.entries.iter().map(|entry| (&*entry.api_version, &entry.fields));
        for (version, fields) in others.chain([(write.api_version, &wanted)]) {
            match all.iter_mut().find(|(known, _)| known == version) {
                Some((_, sets)) => sets.push(fields.clone()),
                None => all.push((version.to_owned(), vec![fields.clone()])),
            }
        }
        all.into_iter().map(|(version, sets)| (version, FieldSet::union_of(sets))).collect()
    }
}

/// What somebody owns in a version stays.
fn add_back_owned(
    write: &Write<'_>,
    (merged, pruned): (&Value, Value),
    home: &str,
    (version, owned): (&str, &FieldSet),
) -> Option<Value> {
    // A version that is gone owns nothing any more.
    let Some((shape, merged)) = between(write, merged, home, version) else { return Some(pruned) };
    let (_, pruned) = between(write, &pruned, home, version)?;
    let kept = fields(shape, &pruned).union(&with_objects(shape, owned));
    let restored = remove(shape, merged.clone(), &fields(shape, &merged).difference(&kept));
    between(write, &restored, version, home).map(|(_, document)| document)
}

/// What went along with a pruned item but was never this manager's stays.
fn add_back_strangers(shape: Shape<'_>, merged: &Value, pruned: &Value, last: &FieldSet) -> Value {
    let gone = fields(shape, merged).difference(&fields(shape, pruned));
    remove(shape, merged.clone(), &gone.intersection(&with_objects(shape, last)))
}

fn fields(shape: Shape<'_>, document: &Value) -> FieldSet {
    with_objects(shape, &collect::applied(shape, document))
}

/// A document of one version in another, and what it means there.
fn between<'a>(
    write: &Write<'a>,
    document: &Value,
    from: &str,
    to: &str,
) -> Option<(Shape<'a>, Value)> {
    let own = to == write.api_version;
    let shape = if own { write.shape } else { write.versions.shape(to)? };
    let document =
        if from == to { document.clone() } else { write.versions.convert(document, to)? };
    Some((shape, document))
}

#[cfg(test)]
mod tests;
