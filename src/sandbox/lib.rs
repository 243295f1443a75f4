//! Runs components on wasmtime: sandboxes of containers that see only a virtual network.
//!
//! The crate knows no Kubernetes word. A [`Runtime`] prepares images and makes sandboxes; a
//! [`Sandbox`] starts and stops containers on one [`network::Interface`].

mod cache;
mod capacity;
mod compile;
mod container;
mod cpu;
mod detect;
mod engine;
mod error;
mod failure;
mod guest;
mod host;
mod http;
mod imports;
mod lanes;
mod limits;
mod linker;
mod priority;
mod process;
mod pulse;
pub mod rival;
mod runtime;
mod sandbox;
mod spec;
mod stdio;
pub mod testing;

pub use error::{PrepareError, StartError};
pub use runtime::{Config, RuntimeError, Wasmtime};
pub use spec::{
    Capacity, ContainerSpec, ContainerState, Entry, Failure, ImageContent, ImageSource, Mount,
    Output, Prepared, Runtime, Sandbox, SandboxSpec, Stdio, Usage,
};

#[cfg(test)]
mod tests;
