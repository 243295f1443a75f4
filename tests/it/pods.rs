//! Pods for real: what runs in them, what they may do to each other, and what they may not.

mod configuration;
mod endings;
mod hello;
mod images;
mod misbehaving;
mod network;
mod probes;
