//! What the host keeps for one instance: a field for each capability.

use wasmtime::component::ResourceTable;
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};
use wasmtime_wasi_http::{WasiHttpCtx, WasiHttpCtxView, WasiHttpView};
use wasmtime_wasi_io::IoView;

use crate::host::outgoing_handler::Outgoing;
use crate::host::{SocketsCtx, SocketsView};
use crate::limits::MemoryLimit;

/// The data of a store.
pub(crate) struct Guest {
    /// Everything the guest holds a handle to.
    pub(crate) table: ResourceTable,
    /// Arguments, environment, files, clocks, randomness and output; its sockets are never linked.
    pub(crate) wasi: WasiCtx,
    /// Limits of HTTP fields.
    pub(crate) http: WasiHttpCtx,
    /// HTTP requests to others.
    pub(crate) outgoing: Outgoing,
    /// The virtual network.
    pub(crate) sockets: SocketsCtx,
    /// Linear memories and tables.
    pub(crate) memory: MemoryLimit,
}

impl Guest {
    /// The view of the virtual network.
    pub(crate) fn sockets(&mut self) -> SocketsView<'_> {
        SocketsView { sockets: &mut self.sockets, table: &mut self.table }
    }
}

impl IoView for Guest {
    fn table(&mut self) -> &mut ResourceTable {
        &mut self.table
    }
}

impl WasiView for Guest {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.table }
    }
}

impl WasiHttpView for Guest {
    fn http(&mut self) -> WasiHttpCtxView<'_> {
        WasiHttpCtxView { hooks: &mut self.outgoing, table: &mut self.table, ctx: &mut self.http }
    }
}
