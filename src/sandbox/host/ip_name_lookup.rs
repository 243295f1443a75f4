//! `wasi:sockets/ip-name-lookup`: names, as the pod network knows them.

use std::future::{Future, poll_fn};
use std::net::IpAddr;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use ::network::Resolving;
use async_trait::async_trait;
use wasmtime::component::Resource;
use wasmtime_wasi::p2::bindings::sockets::ip_name_lookup::{
    Host, HostResolveAddressStream, ResolveAddressStream,
};
use wasmtime_wasi::p2::bindings::sockets::network::{ErrorCode, IpAddress, Network};
use wasmtime_wasi::p2::{DynPollable, Pollable, SocketResult, subscribe};

use super::{SocketsView, address, error, retype, retype_owned};

/// No name is longer (RFC 1035).
const MAX_NAME: usize = 253;

/// A lookup and its answer.
enum Lookup {
    Waiting(Resolving),
    Answered(std::vec::IntoIter<IpAddr>),
    Failed(ErrorCode),
}

impl Lookup {
    /// Becomes answered or failed, or remains waiting.
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let Self::Waiting(resolving) = self else { return Poll::Ready(()) };
        match Pin::new(resolving).poll(context) {
            Poll::Pending => return Poll::Pending,
            Poll::Ready(Ok(addresses)) => *self = Self::Answered(addresses.into_iter()),
            Poll::Ready(Err(failure)) => *self = Self::Failed(error::code(failure)),
        }
        Poll::Ready(())
    }
}

#[async_trait]
impl Pollable for Lookup {
    async fn ready(&mut self) {
        poll_fn(|context| self.poll(context)).await;
    }
}

impl Host for SocketsView<'_> {
    fn resolve_addresses(
        &mut self,
        _network: Resource<Network>,
        name: String,
    ) -> SocketResult<Resource<ResolveAddressStream>> {
        if name.is_empty() || name.len() > MAX_NAME + 1 {
            return Err(ErrorCode::InvalidArgument.into());
        }
        let lookup = Lookup::Waiting(self.sockets.interface.resolve(&name));
        Ok(retype_owned(self.table.push(lookup)?))
    }
}

impl HostResolveAddressStream for SocketsView<'_> {
    fn resolve_next_address(
        &mut self,
        stream: Resource<ResolveAddressStream>,
    ) -> SocketResult<Option<IpAddress>> {
        let lookup = self.table.get_mut(&retype::<_, Lookup>(&stream))?;
        let _ = lookup.poll(&mut Context::from_waker(Waker::noop()));
        match lookup {
            Lookup::Waiting(_) => Err(ErrorCode::WouldBlock.into()),
            Lookup::Answered(addresses) => Ok(addresses.next().map(address::from_ip)),
            Lookup::Failed(code) => Err((*code).into()),
        }
    }

    fn subscribe(
        &mut self,
        stream: Resource<ResolveAddressStream>,
    ) -> wasmtime::Result<Resource<DynPollable>> {
        subscribe(self.table, retype::<_, Lookup>(&stream))
    }

    fn drop(&mut self, stream: Resource<ResolveAddressStream>) -> wasmtime::Result<()> {
        self.table.delete(retype_owned::<_, Lookup>(stream))?;
        Ok(())
    }
}
