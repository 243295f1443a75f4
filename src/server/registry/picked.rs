//! What a list takes of the objects there are, where they have to be converted before that can be said.

use std::sync::Arc;

use machinery::ApiError;

use crate::cache::{Cached, Listed, Selection};
use crate::catalog::Served;
use crate::conversion::BATCH_OBJECTS_MAX;

/// The objects a list has picked so far.
pub(super) struct Picked<'a> {
    served: &'a Served,
    /// By what they are picked once they are converted.
    converted: Option<&'a Selection>,
    limit: usize,
    items: Vec<Arc<Cached>>,
    /// Whether there is one beyond the limit.
    pub(super) more: bool,
}

impl<'a> Picked<'a> {
    pub(super) fn new(served: &'a Served, converted: Option<&'a Selection>, limit: usize) -> Self {
        Self { served, converted, limit, items: Vec::new(), more: false }
    }

    /// Takes of these what is wanted, and has no more of them converted than are needed for that.
    pub(super) async fn add(&mut self, objects: &[Arc<Cached>]) -> Result<(), ApiError> {
        for batch in objects.chunks(BATCH_OBJECTS_MAX) {
            if self.converted.is_some() {
                self.served.prepare(batch).await?;
            }
            for object in batch {
                let unwanted = |selection| !self.served.selects(selection, object);
                if self.converted.is_some_and(unwanted) {
                    continue;
                }
                if self.limit > 0 && self.items.len() == self.limit {
                    self.more = true;
                    return Ok(());
                }
                self.items.push(Arc::clone(object));
            }
        }
        Ok(())
    }

    pub(super) fn listed(self, revision: u64) -> Listed {
        Listed { revision, items: self.items, more: self.more, remaining: None }
    }
}
