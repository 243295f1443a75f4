//! Runs a guest over the host's real sockets, for comparison only; no product code path uses it.
//!
//! Everything but the sockets is as in a container: the same engine settings and the same store. What differs in speed
//! is the network.

use std::net::IpAddr;
use std::sync::Arc;

use base::Random;
use network::{Attachment, Networks, Switch};
use wasmtime::component::{Component, Linker, ResourceTable};
use wasmtime::{Store, UpdateDeadline};
use wasmtime_wasi::WasiCtxBuilder;
use wasmtime_wasi::p2::bindings::{Command, CommandPre, sockets};
use wasmtime_wasi::sockets::{WasiSockets, WasiSocketsView};
use wasmtime_wasi_http::WasiHttpCtx;

use crate::engine::NodeEngine;
use crate::guest::Guest;
use crate::host::SocketsCtx;
use crate::host::outgoing_handler::Outgoing;
use crate::limits::{Ledger, MemoryLimit};
use crate::linker::linker;
use crate::spec::{Capacity, Output, Stdio};
use crate::stdio::Pipe;

/// Instances the rival has room for: a server and a client, and as many that are about to go.
const INSTANCES: u32 = 4;

/// An address on a switch that nobody else is on; the guest never hears of it.
const NOWHERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(10, 255, 0, 1));

/// A program and an engine, linked to wasmtime-wasi's own sockets.
pub struct Rival {
    engine: NodeEngine,
    program: CommandPre<Guest>,
}

impl Rival {
    /// Compiles a component that exports `wasi:cli/run`.
    pub fn new(component: &[u8]) -> Result<Self, String> {
        Self::make(component).map_err(|error| format!("{error:#}"))
    }

    fn make(component: &[u8]) -> wasmtime::Result<Self> {
        let engine = NodeEngine::new(Capacity::of_machine().at_most(INSTANCES))?;
        let mut linker = linker(&engine.engine)?;
        real_sockets(&mut linker)?;
        let component = Component::new(&engine.engine, component)?;
        let program = CommandPre::new(linker.instantiate_pre(&component)?)?;
        Ok(Self { engine, program })
    }

    /// Runs one instance until it ends, which it does when the future is dropped at the latest.
    pub async fn run(&self, args: &[&str], output: Arc<dyn Output>) -> Result<(), String> {
        let mut store = self.store(args, &output).map_err(|error| error.to_string())?;
        let command = self.program.instantiate_async(&mut store).await;
        let command: Command = command.map_err(|error| format!("{error:#}"))?;
        let outcome = command.wasi_cli_run().call_run(&mut store).await;
        match outcome {
            Ok(Ok(())) => Ok(()),
            Ok(Err(())) => Err("the program failed".into()),
            Err(error) => Err(format!("{error:#}")),
        }
    }

    fn store(
        &self,
        args: &[&str],
        output: &Arc<dyn Output>,
    ) -> Result<Store<Guest>, network::Error> {
        let mut wasi = WasiCtxBuilder::new();
        wasi.arg("rival")
            .args(args)
            .stdout(Pipe::new(output, Stdio::Stdout))
            .stderr(Pipe::new(output, Stdio::Stderr))
            .inherit_network()
            .allow_tcp(true);
        let networks = Networks { attached: vec![NOWHERE.into()], virtual_only: Vec::new() };
        let switch =
            Switch::new(network::Config { networks, uplink: None, random: Random::seeded(1) });
        let interface = switch.attach(Attachment::new(NOWHERE))?;
        let guest = Guest {
            table: ResourceTable::new(),
            wasi: wasi.build(),
            http: WasiHttpCtx::new(),
            outgoing: Outgoing::new(interface.clone()),
            sockets: SocketsCtx::new(interface, Arc::default()),
            memory: MemoryLimit::new(Ledger::new(None)),
        };
        let mut store = Store::new(&self.engine.engine, guest);
        store.limiter(|guest| &mut guest.memory);
        store.epoch_deadline_callback(|_| Ok(UpdateDeadline::Yield(1)));
        store.set_epoch_deadline(1);
        Ok(store)
    }
}

/// Replaces the virtual sockets by wasmtime-wasi's own.
fn real_sockets(linker: &mut Linker<Guest>) -> wasmtime::Result<()> {
    let view = <Guest as WasiSocketsView>::sockets;
    linker.allow_shadowing(true);
    sockets::tcp::add_to_linker::<_, WasiSockets>(linker, view)?;
    sockets::udp::add_to_linker::<_, WasiSockets>(linker, view)?;
    sockets::tcp_create_socket::add_to_linker::<_, WasiSockets>(linker, view)?;
    sockets::udp_create_socket::add_to_linker::<_, WasiSockets>(linker, view)?;
    sockets::instance_network::add_to_linker::<_, WasiSockets>(linker, view)?;
    sockets::network::add_to_linker::<_, WasiSockets>(
        linker,
        &sockets::network::LinkOptions::default(),
        view,
    )?;
    sockets::ip_name_lookup::add_to_linker::<_, WasiSockets>(linker, view)?;
    linker.allow_shadowing(false);
    Ok(())
}

impl std::fmt::Debug for Rival {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Rival").finish_non_exhaustive()
    }
}
