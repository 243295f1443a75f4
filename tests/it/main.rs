//! The real binary, driven as a user drives it: with every `kubectl` there is, Helm, Python, the kube
//! client, over HTTP.

#![expect(clippy::needless_raw_string_hashes, reason = "UPDATE_EXPECT writes snapshots with them")]

mod support;

mod admission;
mod api;
mod custom;
mod helm;
mod hostile;
mod kubectl;
mod operators;
mod oracle;
mod platform;
mod pods;
mod python;
mod streaming;
