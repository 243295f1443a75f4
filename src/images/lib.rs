//! Keeps component images: import, list, resolve, remove.
