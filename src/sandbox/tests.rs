//! Real guests on a real runtime: what each may do, and what it is kept from.

mod fixture;
mod images;
mod misbehaving;
mod processes;
mod servers;
mod sockets;
