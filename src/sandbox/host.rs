//! WASI's sockets over the virtual network: a file for each interface.
//!
//! The interfaces' bindings are wasmtime-wasi's own, so their resources have upstream's types, which we can neither
//! build nor need: a `Resource<T>` is a typed index into the table. We put our types into the table and retype the
//! index; the table checks the real type at each access.

mod address;
mod error;
mod instance_network;
mod ip_name_lookup;
mod network;
pub(crate) mod outgoing_handler;
mod tcp;
mod tcp_create_socket;
mod udp;
mod udp_create_socket;

use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use ::network::Interface;
use base::CancellationToken;
use wasmtime::component::{HasData, Linker, Resource, ResourceTable};
use wasmtime_wasi::p2::bindings::sockets as bindings;
use wasmtime_wasi::p2::bindings::sockets::network::ErrorCode;

use crate::guest::Guest;

/// Sockets one instance may have open. With two streams and a pollable each they fit below
/// [`crate::limits::MAX_HANDLES`], so that a guest meets this error before that trap.
const MAX_SOCKETS: usize = 4096;

/// The virtual network as one instance sees it.
#[derive(Debug)]
pub(crate) struct SocketsCtx {
    pub(crate) interface: Interface,
    pub(crate) listening: Arc<Listening>,
    open: Arc<AtomicUsize>,
}

impl SocketsCtx {
    pub(crate) fn new(interface: Interface, listening: Arc<Listening>) -> Self {
        Self { interface, listening, open: Arc::default() }
    }

    /// Counts one more socket, unless there are too many.
    fn open(&self) -> Result<Open, ErrorCode> {
        let more = |open: usize| (open < MAX_SOCKETS).then_some(open + 1);
        self.open
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, more)
            .map_err(|_| ErrorCode::NewSocketLimit)?;
        Ok(Open(Arc::clone(&self.open)))
    }
}

/// A socket that is counted until it is dropped.
#[derive(Debug)]
struct Open(Arc<AtomicUsize>);

impl Drop for Open {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// How a container hears that it should end: WASI has no signals, but its listeners can be closed.
#[derive(Debug, Default)]
pub(crate) struct Listening {
    count: AtomicUsize,
    closed: CancellationToken,
}

impl Listening {
    /// Counts one more listener until the answer is dropped.
    pub(crate) fn enter(self: &Arc<Self>) -> Entered {
        self.count.fetch_add(1, Ordering::Relaxed);
        Entered(Arc::clone(self))
    }

    /// Waits until listeners are to close.
    pub(crate) async fn closed(&self) {
        self.closed.cancelled().await;
    }

    fn is_closed(&self) -> bool {
        self.closed.is_cancelled()
    }

    /// Closes all listeners, present and future; false when there is none, so that nobody would notice.
    pub(crate) fn close(&self) -> bool {
        // Before they hear of it: whoever does may be gone by the next line.
        let is_heard = self.count.load(Ordering::Relaxed) > 0;
        self.closed.cancel();
        is_heard
    }
}

/// A listener that is counted.
#[derive(Debug)]
pub(crate) struct Entered(Arc<Listening>);

impl Deref for Entered {
    type Target = Listening;

    fn deref(&self) -> &Listening {
        &self.0
    }
}

impl Drop for Entered {
    fn drop(&mut self) {
        self.0.count.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A borrow of everything the socket interfaces need.
pub(crate) struct SocketsView<'a> {
    pub(crate) sockets: &'a mut SocketsCtx,
    pub(crate) table: &'a mut ResourceTable,
}

/// Connects the views to the linker.
struct Sockets;

impl HasData for Sockets {
    type Data<'a> = SocketsView<'a>;
}

/// Adds every interface of `wasi:sockets`.
pub(crate) fn add_to_linker(l: &mut Linker<Guest>) -> wasmtime::Result<()> {
    let options = bindings::network::LinkOptions::default();
    bindings::network::add_to_linker::<_, Sockets>(l, &options, Guest::sockets)?;
    bindings::instance_network::add_to_linker::<_, Sockets>(l, Guest::sockets)?;
    bindings::ip_name_lookup::add_to_linker::<_, Sockets>(l, Guest::sockets)?;
    bindings::tcp::add_to_linker::<_, Sockets>(l, Guest::sockets)?;
    bindings::tcp_create_socket::add_to_linker::<_, Sockets>(l, Guest::sockets)?;
    bindings::udp::add_to_linker::<_, Sockets>(l, Guest::sockets)?;
    bindings::udp_create_socket::add_to_linker::<_, Sockets>(l, Guest::sockets)?;
    Ok(())
}

/// The same handle under the type that the table really holds.
fn retype<Theirs: 'static, Ours: 'static>(resource: &Resource<Theirs>) -> Resource<Ours> {
    Resource::new_borrow(resource.rep())
}

/// The same handle, owned, under another type.
fn retype_owned<A: 'static, B: 'static>(resource: Resource<A>) -> Resource<B> {
    Resource::new_own(resource.rep())
}

#[cfg(test)]
mod tests;
