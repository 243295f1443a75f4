//! The real binary, driven as a user drives it: with every `kubectl` there is, with the kube client, over HTTP.

mod support;

mod api;
mod kubectl;
mod platform;
mod pods;
