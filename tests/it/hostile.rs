//! Tenants who mean harm: whatever they send ends in a clear error, takes a bounded share of memory, and keeps nobody
//! else waiting.

mod bodies;
mod frames;
mod memory;
mod readers;
mod siege;
mod silence;
mod streams;
pub(crate) mod tenant;
mod watches;
