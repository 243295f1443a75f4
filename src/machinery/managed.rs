//! Who owns which fields of an object, and server-side apply (KEP-555).
//!
//! A [`FieldSet`] is a set of places in a document; [`Shape`] says which places have owners. [`ManagedFields`] keeps a set
//! per manager: [`ManagedFields::update`] moves what a write changed to the writer, [`ManagedFields::draft`] and
//! [`Draft::settle`] apply. Nothing here knows a kind or writes anything.

mod apply;
mod cap;
mod check;
mod collect;
mod compare;
mod conflict;
mod element;
mod entry;
pub mod fields_v1;
mod last_applied;
mod merge;
mod reconcile;
mod remove;
mod set;
mod shape;
mod structural;
mod write;

#[cfg(test)]
mod tests;

pub use apply::Draft;
pub use check::check;
pub use collect::applied;
pub use compare::{Comparison, compare};
pub use conflict::Conflicts;
pub use element::Element;
pub use entry::{Entry, Malformed, ManagedFields, Operation, is_reset, same_but_times};
pub use last_applied::{LAST_APPLIED, refresh as refresh_last_applied};
pub use merge::merge;
pub use remove::remove;
pub use set::FieldSet;
pub use shape::Shape;
pub use write::{Reach, Versions, Write, track};
