//! `wasi:sockets/udp-create-socket`.

use wasmtime::component::Resource;
use wasmtime_wasi::p2::SocketResult;
use wasmtime_wasi::p2::bindings::sockets::network::IpAddressFamily;
use wasmtime_wasi::p2::bindings::sockets::udp::UdpSocket;
use wasmtime_wasi::p2::bindings::sockets::udp_create_socket::Host;

use super::udp::Udp;
use super::{SocketsView, retype_owned};

impl Host for SocketsView<'_> {
    async fn create_udp_socket(
        &mut self,
        family: IpAddressFamily,
    ) -> SocketResult<Resource<UdpSocket>> {
        let socket = Udp::new(family, self.sockets.open()?);
        Ok(retype_owned(self.table.push(socket)?))
    }
}
