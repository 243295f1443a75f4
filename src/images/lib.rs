//! Keeps component images: import, list, resolve, remove.
//!
//! An image is a name for one file of WebAssembly. The files lie under their own SHA-256, the names in one index
//! that is replaced as a whole, so that a node can read while a command imports. Everything here blocks on the
//! disk; only an import takes long.

mod blobs;
mod content;
mod error;
mod images;
mod index;
mod reference;

pub use content::{Content, detect};
pub use error::Error;
pub use images::{IMAGE_BYTES_MAX, Image, Images};
pub use reference::{InvalidReference, Reference, normalize};
