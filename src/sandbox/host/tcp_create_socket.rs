//! `wasi:sockets/tcp-create-socket`.

use wasmtime::component::Resource;
use wasmtime_wasi::p2::SocketResult;
use wasmtime_wasi::p2::bindings::sockets::network::IpAddressFamily;
use wasmtime_wasi::p2::bindings::sockets::tcp::TcpSocket;
use wasmtime_wasi::p2::bindings::sockets::tcp_create_socket::Host;

use super::tcp::Tcp;
use super::{SocketsView, retype_owned};

impl Host for SocketsView<'_> {
    fn create_tcp_socket(&mut self, family: IpAddressFamily) -> SocketResult<Resource<TcpSocket>> {
        let socket = Tcp::new(family, self.sockets.open()?);
        Ok(retype_owned(self.table.push(socket)?))
    }
}
