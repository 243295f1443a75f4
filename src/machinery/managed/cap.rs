//! Managers that update are folded into one when there are many.

use super::entry::{Entry, ManagedFields, Operation};

/// How many updating managers an object keeps apart, as in Kubernetes. Each costs its set of fields in every copy of the
/// object, and clients choose their names.
const UPDATERS_MAX: usize = 10;
/// Who owns what the folded ones did.
const ANCIENT: &str = "ancient-changes";

/// Folds the oldest updaters of each version into `ancient-changes` until few enough are left.
pub(super) fn fold_old_updates(managed: &mut ManagedFields) {
    let mut excess = updaters(managed).saturating_sub(UPDATERS_MAX);
    if excess == 0 {
        return;
    }
    managed.entries.sort_by_cached_key(|entry| {
        let Entry { operation, time, manager, .. } = entry.clone();
        // Times are whole seconds; of one second, what was folded before comes first.
        (operation, time, manager != ANCIENT, manager)
    });
    let mut at = 0;
    while excess > 0 && at < managed.entries.len() {
        let entry = &managed.entries[at];
        let next = managed.entries[at + 1..].iter().position(|other| {
            other.operation == Operation::Update && other.api_version == entry.api_version
        });
        match next {
            // Two of one version, oldest first, become one that is as young as the younger.
            Some(next) if entry.operation == Operation::Update => {
                let younger = managed.entries.remove(at + 1 + next);
                let older = &mut managed.entries[at];
                older.fields = older.fields.union(&younger.fields);
                older.time = younger.time;
                ANCIENT.clone_into(&mut older.manager);
                older.subresource.clear();
                excess -= 1;
            }
            _ => at += 1,
        }
    }
}

fn updaters(managed: &ManagedFields) -> usize {
    managed.entries.iter().filter(|entry| entry.operation == Operation::Update).count()
}

#[cfg(test)]
mod tests;
