//! The three patch languages: JSON patch, merge patch, strategic merge patch.

pub mod json;
pub mod merge;
pub mod strategic;
