//! `wasi:sockets/instance-network`: the default network.

use wasmtime::component::Resource;
use wasmtime_wasi::p2::bindings::sockets::instance_network::{Host, Network};

use super::network::VirtualNetwork;
use super::{SocketsView, retype_owned};

impl Host for SocketsView<'_> {
    fn instance_network(&mut self) -> wasmtime::Result<Resource<Network>> {
        Ok(retype_owned(self.table.push(VirtualNetwork)?))
    }
}
