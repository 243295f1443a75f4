//! Ownership that was written down under an earlier schema of a custom resource.

use super::shape::Shape;
use super::write::Write;
use super::{FieldSet, ManagedFields};

/// Whoever owned a part of what is owned as a whole today owns the whole. What was owned as a whole and has parts today
/// is left alone, as in Kubernetes: its parts are nobody's until somebody writes them.
pub(super) fn reconcile(managed: &mut ManagedFields, write: &Write<'_>) {
    if !write.shape.may_change() {
        return;
    }
    for entry in &mut managed.entries {
        let own = entry.api_version == write.api_version;
        let shape = if own { Some(write.shape) } else { write.versions.shape(&entry.api_version) };
        if let Some(shape) = shape {
            join_parts(shape, &mut entry.fields);
        }
    }
}

fn join_parts(shape: Shape<'_>, fields: &mut FieldSet) {
    fields.edit(|node| {
        let Some(part) = node.below.nodes().first() else { return true };
        let shape = shape.child(&node.element).shape;
        if shape.has_parts_like(&part.element) {
            join_parts(shape, &mut node.below);
        } else {
            node.member = true;
            node.below = FieldSet::default();
        }
        true
    });
}

#[cfg(test)]
mod tests;
