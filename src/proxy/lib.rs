//! Turns every Service and EndpointSlice into the switch's tables.
//!
//! [`tables`], [`node_ports`] and [`health_checks`] say what the objects mean and know no I/O; [`start`] keeps a switch
//! and the ports of its host as they say.

mod backends;
mod health_checks;
mod health_ports;
mod names;
mod node_ports;
mod objects;
mod start;
mod tables;

pub use health_checks::{Health, health_checks};
pub use node_ports::node_ports;
pub use objects::Objects;
pub use start::{Config, start};
pub use tables::tables;
