//! How every part speaks to the API server: `kube::Client`, shared caches, the shell controllers run in.
//!
//! A component gets a [`kube::Client`] from [`in_process`] or [`from_kubeconfig`], reads through [`Caches`] and, when it
//! is a controller, hands a [`Controller`] to a [`Shell`]: the shell watches, queues, observes, reconciles and executes.

mod cache;
mod caches;
mod connect;
mod controller;
mod error;
mod events;
mod execute;
mod key;
mod lean;
mod plan;
mod queue;
mod queue_counts;
mod resource;

pub use cache::{Cache, Cached, Change, Changes};
pub use caches::Caches;
pub use connect::{from_kubeconfig, in_process};
pub use controller::{Controller, Shell, Watches};
pub use error::Error;
pub use events::{EventRecorder, Occurrence, Severity, reference};
pub use key::Key;
pub use plan::{Action, Creation, Deletion, Patch, Plan, Propagation, Requirement};
pub use queue::Queue;
pub use resource::{Resource, Target};
