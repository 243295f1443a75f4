//! Managers that update are folded into one when there are many.

use std::collections::HashMap;

use super::FieldSet;
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
    // How many of each version are folded into its oldest: of the version that comes first as many as need be.
    let mut folds: HashMap<String, usize> = HashMap::new();
    for (version, updaters) in versions(managed) {
        let folded = (updaters - 1).min(excess);
        folds.insert(version, folded);
        excess -= folded;
    }
    let mut kept: Vec<Entry> = Vec::with_capacity(managed.entries.len());
    let mut oldest: HashMap<String, Folding> = HashMap::new();
    for entry in std::mem::take(&mut managed.entries) {
        if entry.operation != Operation::Update {
            kept.push(entry);
            continue;
        }
        let left = folds.entry(entry.api_version.clone()).or_default();
        match oldest.get_mut(&entry.api_version) {
            Some(folding) if *left > 0 => {
                *left -= 1;
                folding.youngest = entry.time;
                folding.fields.push(entry.fields);
            }
            Some(_) => kept.push(entry),
            None => {
                let youngest = entry.time.clone();
                let folding = Folding { at: kept.len(), youngest, fields: Vec::new() };
                oldest.insert(entry.api_version.clone(), folding);
                kept.push(entry);
            }
        }
    }
    for folding in oldest.into_values().filter(|folding| !folding.fields.is_empty()) {
        folding.end(&mut kept);
    }
    managed.entries = kept;
}

/// What becomes of the oldest updater of a version.
struct Folding {
    at: usize,
    youngest: Option<String>,
    fields: Vec<FieldSet>,
}

impl Folding {
    /// The oldest and those folded into it become one that is as young as the youngest.
    fn end(mut self, kept: &mut [Entry]) {
        let oldest = &mut kept[self.at];
        self.fields.push(std::mem::take(&mut oldest.fields));
        oldest.fields = FieldSet::union_of(self.fields);
        oldest.time = self.youngest;
        ANCIENT.clone_into(&mut oldest.manager);
        oldest.subresource.clear();
    }
}

/// The versions of updaters in their order, and how many each has.
fn versions(managed: &ManagedFields) -> Vec<(String, usize)> {
    let mut versions: Vec<(String, usize)> = Vec::new();
    let mut places: HashMap<&str, usize> = HashMap::new();
    for entry in managed.entries.iter().filter(|entry| entry.operation == Operation::Update) {
        let place = *places.entry(&entry.api_version).or_insert_with(|| {
            versions.push((entry.api_version.clone(), 0));
            versions.len() - 1
        });
        versions[place].1 += 1;
    }
    versions
}

fn updaters(managed: &ManagedFields) -> usize {
    managed.entries.iter().filter(|entry| entry.operation == Operation::Update).count()
}

#[cfg(test)]
mod tests;
