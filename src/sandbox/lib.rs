//! Runs components on wasmtime: sandboxes of containers that see only a virtual network.
//!
//! The crate knows no Kubernetes word. A [`Runtime`] prepares images and makes sandboxes; a
//! [`Sandbox`] starts and stops containers on one [`network::Interface`].

mod error;
mod spec;
pub mod testing;

pub use error::{PrepareError, StartError};
pub use spec::{
    Capacity, ContainerSpec, ContainerState, Entry, Failure, ImageContent, ImageSource, Mount,
    Output, Prepared, Runtime, Sandbox, SandboxSpec, Stdio, Usage,
};
