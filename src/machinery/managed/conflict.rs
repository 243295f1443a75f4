//! What an apply would take from others.

use std::fmt;

use super::FieldSet;
use super::entry::{Entry, Operation};
use crate::{ApiError, Cause, Reason};

/// Conflicts of a manager that are told one by one; a document may have a hundred thousand.
const MOST_TOLD: usize = 1000;

/// Fields that an apply would change though others own them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Conflicts {
    /// By manager, as messages name it.
    managers: Vec<(String, FieldSet)>,
}

impl Conflicts {
    pub(super) fn add(&mut self, owner: &Entry, fields: FieldSet) {
        if !fields.is_empty() {
            self.managers.push((in_words(owner), fields));
        }
    }

    /// Puts them in the order in which they are told, once all are in.
    pub(super) fn sort(&mut self) {
        self.managers.sort_by(|(left, _), (right, _)| left.cmp(right));
    }

    /// Whether nothing is in dispute.
    pub fn is_empty(&self) -> bool {
        self.managers.is_empty()
    }

    /// The fields in dispute.
    pub fn fields(&self) -> FieldSet {
        FieldSet::union_of(self.managers.iter().map(|(_, fields)| fields.clone()).collect())
    }

    /// The conflicts that are left when nobody minds about these fields.
    pub(super) fn without(mut self, allowed: &FieldSet) -> Self {
        for (_, fields) in &mut self.managers {
            *fields = fields.difference(allowed);
        }
        self.managers.retain(|(_, fields)| !fields.is_empty());
        self
    }

    fn count(&self) -> usize {
        self.managers.iter().map(|(_, fields)| fields.count()).sum()
    }

    /// As many as are told.
    fn each(&self) -> impl Iterator<Item = (&str, String)> {
        let all = self.managers.iter().flat_map(|(manager, fields)| {
            fields.first_paths(MOST_TOLD).into_iter().map(move |path| (manager.as_str(), path))
        });
        all.take(MOST_TOLD)
    }
}

impl fmt::Display for Conflicts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.count();
        if let (1, Some((manager, path))) = (count, self.each().next()) {
            return write!(f, "Apply failed with 1 conflict: conflict with {manager}: {path}");
        }
        write!(f, "Apply failed with {count} conflicts: ")?;
        for (index, (manager, fields)) in self.managers.iter().enumerate() {
            let line = if index == 0 { "" } else { "\n" };
            write!(f, "{line}conflicts with {manager}:")?;
            fields
                .first_paths(MOST_TOLD)
                .into_iter()
                .try_for_each(|path| write!(f, "\n- {path}"))?;
        }
        Ok(())
    }
}

impl From<Conflicts> for ApiError {
    fn from(conflicts: Conflicts) -> Self {
        let cause = |(manager, field): (&str, String)| Cause {
            reason: "FieldManagerConflict".to_owned(),
            message: format!("conflict with {manager}"),
            field,
        };
        let causes = conflicts.each().map(cause).collect();
        Self::new(Reason::Conflict, conflicts.to_string())
            .with_details(|details| details.causes = causes)
    }
}

/// `"kubectl" with subresource "scale" using apps/v1`
fn in_words(owner: &Entry) -> String {
    let Entry { manager, subresource, api_version, .. } = owner;
    let through = match subresource.as_str() {
        "" => String::new(),
        subresource => format!(" with subresource {subresource:?}"),
    };
    match owner.operation {
        Operation::Apply => format!("{manager:?}{through}"),
        Operation::Update => format!("{manager:?}{through} using {api_version}"),
    }
}

#[cfg(test)]
mod tests;
