//! `wasi:sockets/network`: the network as a resource, and its errors.

use wasmtime::component::Resource;
use wasmtime_wasi::p2::bindings::sockets::network::{ErrorCode, Host, HostNetwork, Network};
use wasmtime_wasi::p2::{IoError, SocketError};

use super::{SocketsView, error, retype, retype_owned};

/// The one network of an instance. It has no state: what it reaches is the interface's business.
pub(super) struct VirtualNetwork;

impl Host for SocketsView<'_> {
    fn convert_error_code(&mut self, error: SocketError) -> wasmtime::Result<ErrorCode> {
        error.downcast()
    }

    fn network_error_code(
        &mut self,
        failure: Resource<IoError>,
    ) -> wasmtime::Result<Option<ErrorCode>> {
        let failure = self.table.get(&retype::<_, IoError>(&failure))?;
        Ok(failure.downcast_ref::<::network::Error>().map(|failure| error::code(*failure)))
    }
}

impl HostNetwork for SocketsView<'_> {
    fn drop(&mut self, network: Resource<Network>) -> wasmtime::Result<()> {
        self.table.delete(retype_owned::<_, VirtualNetwork>(network))?;
        Ok(())
    }
}
