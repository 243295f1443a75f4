//! One container: what its instances share, and how one of them is made.

use std::sync::Arc;

use base::CancellationToken;
use network::Interface;
use wasmtime::component::ResourceTable;
use wasmtime::{PoolConcurrencyLimitError, Store};
use wasmtime_wasi::{FsPerms, WasiCtx, WasiCtxBuilder};
use wasmtime_wasi_http::WasiHttpCtx;

use crate::cpu::Meter;
use crate::error::StartError;
use crate::guest::Guest;
use crate::host::outgoing_handler::Outgoing;
use crate::host::{Listening, SocketsCtx};
use crate::limits::{self, Ledger, MemoryLimit};
use crate::runtime::Node;
use crate::spec::{ContainerSpec, Mount, Stdio};
use crate::stdio::Pipe;

/// The variable that names the sandbox.
const HOSTNAME: &str = "HOSTNAME";

/// What all instances of a container share.
pub(crate) struct Container {
    pub(crate) spec: ContainerSpec,
    pub(crate) node: Arc<Node>,
    pub(crate) interface: Interface,
    pub(crate) ledger: Arc<Ledger>,
    pub(crate) meter: Arc<Meter>,
    pub(crate) listening: Arc<Listening>,
    /// Drops every instance at once.
    pub(crate) kill: CancellationToken,
    /// Cancelled when nothing of the container is left.
    pub(crate) ended: CancellationToken,
}

impl Container {
    pub(crate) fn new(
        mut spec: ContainerSpec,
        node: &Arc<Node>,
        interface: &Interface,
        hostname: &str,
        kill: CancellationToken,
    ) -> Arc<Self> {
        if !spec.env.iter().any(|(name, _)| name == HOSTNAME) {
            spec.env.push((HOSTNAME.into(), hostname.into()));
        }
        Arc::new(Self {
            node: Arc::clone(node),
            interface: interface.clone(),
            ledger: Ledger::new(spec.memory_bytes),
            meter: Arc::new(Meter::new(spec.cpu_millis)),
            listening: Arc::default(),
            kill,
            ended: CancellationToken::new(),
            spec,
        })
    }

    /// A store for one more instance. The epoch's deadline is set before anything can run in it.
    pub(crate) fn store(&self) -> Result<Store<Guest>, StartError> {
        let mut table = ResourceTable::new();
        table.set_max_capacity(limits::MAX_HANDLES);
        let guest = Guest {
            table,
            wasi: self.wasi()?,
            http: WasiHttpCtx::new(),
            outgoing: Outgoing::new(self.interface.clone()),
            sockets: SocketsCtx::new(self.interface.clone(), Arc::clone(&self.listening)),
            memory: MemoryLimit::new(Arc::clone(&self.ledger)),
        };
        let mut store = Store::new(&self.node.engine.engine, guest);
        store.limiter(|guest| &mut guest.memory);
        store.set_hostcall_fuel(limits::MAX_CALL_BYTES);
        let meter = Arc::clone(&self.meter);
        store.epoch_deadline_callback(move |_| Ok(meter.at_tick()));
        store.set_epoch_deadline(1);
        Ok(store)
    }

    fn wasi(&self) -> Result<WasiCtx, StartError> {
        let mut wasi = WasiCtxBuilder::new();
        wasi.arg(&self.spec.name)
            .args(&self.spec.args)
            .envs(&self.spec.env)
            .stdout(Pipe::new(&self.spec.output, Stdio::Stdout))
            .stderr(Pipe::new(&self.spec.output, Stdio::Stderr))
            .max_random_size(limits::MAX_RANDOM_BYTES);
        for mount in &self.spec.mounts {
            open(&mut wasi, mount)?;
        }
        Ok(wasi.build())
    }
}

fn open(wasi: &mut WasiCtxBuilder, mount: &Mount) -> Result<(), StartError> {
    let perms = if mount.read_only { FsPerms::ReadOnly } else { FsPerms::ReadWrite };
    let opened = wasi.preopened_dir(&mount.host, &mount.guest, perms);
    opened.map(drop).map_err(|error| StartError::Mount {
        host: mount.host.clone(),
        guest: mount.guest.clone(),
        source: error.downcast().unwrap_or_else(std::io::Error::other),
    })
}

/// Why an instance could not be made.
pub(crate) fn not_made(error: &wasmtime::Error, node: &Node) -> StartError {
    let text = format!("{error:#}");
    let exhausted = error.is::<PoolConcurrencyLimitError>()
        // The kernel says the same for too many mappings as for too little memory.
        || text.contains("Cannot allocate memory");
    if exhausted {
        return StartError::Full(node.engine.capacity.bound.clone());
    }
    StartError::Instance(text)
}
