//! Places pods on nodes.
//!
//! [`place`] is the whole decision and a pure function: filters say where a pod can go, scores where it should.
//! Around it, a cluster model counts what every node has promised, a queue says whose turn it is, and a shell
//! feeds both from the API's watches and writes bindings, conditions and events.

mod attempts;
mod cluster;
mod demand;
mod diagnosis;
mod filters;
mod node;
mod place;
mod queue;
mod resources;
mod scheduler;
mod scores;
mod selection;
mod state;
#[cfg(test)]
mod testing;
mod tolerance;
mod work;

pub use cluster::Cluster;
pub use demand::Demand;
pub use diagnosis::{Diagnosis, Refusal};
pub use node::{HostPort, NodeState};
pub use place::{Placement, place};
pub use resources::Resources;
pub use scheduler::{Config, SCHEDULER_NAME, start};
