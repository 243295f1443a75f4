//! The forms in which objects are shown, besides their own.

mod list;
pub(crate) mod metadata;
pub(crate) mod table;

pub(crate) use list::ListBody;
