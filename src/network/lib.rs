//! The pod network: a switch in user space.
//!
//! An [`Interface`] is the presence of one sandbox: an address, its own loopback, its ports. A stream between two
//! interfaces is memory: a queue of byte chunks for each direction, no packets and no system calls. What an address
//! means (a virtual one with many backends, a neighbour, the outside) is decided by [`Tables`], which are immutable and
//! swapped whole. Nothing here reaches the host's own sockets but [`Uplink`], which dials out for those allowed to, and
//! [`NodePorts`], which lets the outside in.

mod affinity;
mod binding;
mod connect;
mod connection;
mod error;
mod flows;
mod interface;
mod listener;
mod listeners;
mod names;
mod networks;
mod node_ports;
mod pipe;
mod plug;
mod ports;
mod splice;
mod stream;
mod switch;
mod tables;
mod udp;
mod uplink;
mod wakers;

pub use binding::Binding;
pub use connect::Connecting;
pub use error::{Error, Limit};
pub use interface::{Attachment, Egress, Interface};
pub use listener::Listener;
pub use listeners::Listeners;
pub use names::Resolving;
pub use networks::{Networks, Place};
pub use node_ports::{BindFailure, NodePorts};
pub use stream::{Closed, ReadOutcome, Reader, Stream, Writer};
pub use switch::{Config, Switch};
pub use tables::{Backend, Endpoint, Flow, Protocol, Service, Tables, Verdict};
pub use udp::UdpSocket;
pub use uplink::Uplink;

#[cfg(test)]
mod tests;
