//! A runtime and a switch in this process, without a cluster around them.

use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context as TaskContext, Poll};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use base::{Clock, Random};
use bytes::Bytes;
use ipnet::IpNet;
use network::{Attachment, Interface, Networks, Switch};
use sandbox::{
    Capacity, Config, ContainerSpec, ImageContent, ImageSource, Output, Prepared, Runtime, Sandbox,
    SandboxSpec, Stdio, Wasmtime,
};
use tokio::sync::watch;

/// Where the pods of this node live.
const NETWORK: Ipv4Addr = Ipv4Addr::new(10, 42, 0, 0);
/// Nothing that is waited for here takes so long on a machine of use.
const PATIENCE: Duration = Duration::from_secs(30);
/// The one container of a sandbox.
pub(super) const CONTAINER: &str = "main";
/// The guest that measures.
pub(super) const BENCH: &str = "bench";

/// A node without a cluster.
#[derive(Debug)]
pub(super) struct Node {
    runtime: Wasmtime,
    switch: Switch,
    next: AtomicU32,
}

impl Node {
    /// A node that keeps compiled code in this folder.
    pub(super) fn new(cache: &Path) -> Result<Self> {
        let runtime = Wasmtime::new(Config {
            cache_dir: cache.to_owned(),
            clock: Clock::system(),
            capacity: Capacity::of_machine(),
            threads: std::thread::available_parallelism().map_or(1, usize::from),
        });
        let attached = IpNet::new_assert(NETWORK.into(), 16);
        let networks = Networks { attached: vec![attached], virtual_only: Vec::new() };
        let config = network::Config { networks, uplink: None, random: Random::system() };
        let runtime = runtime.context("start the Wasm runtime")?;
        Ok(Self { runtime, switch: Switch::new(config), next: AtomicU32::new(2) })
    }

    /// Compiles a guest of ours, or loads its compiled code.
    pub(super) async fn prepare(&self, guest: &str) -> Result<Prepared> {
        let mut known = guests::EXAMPLES.iter().chain([&guests::BENCH]);
        let known = known.find(|known| known.name == guest).with_context(|| guest.to_owned())?;
        let digest = format!("bench-{guest}-{}", known.bytes.len());
        let content = ImageContent::Bytes(known.bytes.into());
        self.runtime.prepare(ImageSource { digest, content }).await.context("prepare a guest")
    }

    /// An interface at the next address.
    pub(super) fn interface(&self) -> Result<Interface> {
        let offset = self.next.fetch_add(1, Ordering::Relaxed);
        let address = IpAddr::from(Ipv4Addr::from(u32::from(NETWORK) + offset));
        self.switch.attach(Attachment::new(address)).context("join the pod network")
    }

    /// A sandbox at the next address.
    pub(super) fn sandbox(&self) -> Result<(Arc<dyn Sandbox>, IpAddr)> {
        let interface = self.interface()?;
        let address = interface.address();
        let spec = SandboxSpec { name: address.to_string(), interface, hostname: BENCH.to_owned() };
        Ok((self.runtime.create(spec), address))
    }
}

/// A container of this program.
pub(super) fn container(prepared: &Prepared, args: &[&str], output: &Arc<Lines>) -> ContainerSpec {
    ContainerSpec {
        name: CONTAINER.to_owned(),
        prepared: prepared.clone(),
        args: args.iter().map(|arg| (*arg).to_owned()).collect(),
        env: Vec::new(),
        mounts: Vec::new(),
        memory_bytes: None,
        cpu_millis: None,
        http_port: None,
        output: Arc::clone(output) as Arc<dyn Output>,
    }
}

/// Collects what a guest writes; guests here write a line or two.
#[derive(Debug)]
pub(super) struct Lines {
    text: Mutex<Vec<u8>>,
    /// How much there is; closed when the guest has ended.
    written: Mutex<Option<watch::Sender<usize>>>,
    seen: watch::Receiver<usize>,
}

impl Lines {
    pub(super) fn new() -> Arc<Self> {
        let (written, seen) = watch::channel(0);
        Arc::new(Self { text: Mutex::default(), written: Mutex::new(Some(written)), seen })
    }

    pub(super) fn text(&self) -> String {
        let text = self.text.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&text).into_owned()
    }

    /// Waits until the guest has written a line that begins so, and returns it.
    pub(super) async fn line(&self, beginning: &str) -> Result<String> {
        let mut seen = self.seen.clone();
        let wait = async {
            loop {
                let text = self.text();
                let mut whole = text.split_inclusive('\n').filter(|line| line.ends_with('\n'));
                if let Some(line) = whole.find(|line| line.starts_with(beginning)) {
                    return Ok(line.trim_end().to_owned());
                }
                if seen.changed().await.is_err() {
                    bail!("the guest ended without {beginning:?}: {}", self.text().trim_end());
                }
            }
        };
        let waited = tokio::time::timeout(PATIENCE, wait).await;
        waited.unwrap_or_else(|_| bail!("the guest did not write {beginning:?} in time"))
    }
}

impl Output for Lines {
    fn permit(&self) -> usize {
        usize::MAX
    }

    fn write(&self, _: Stdio, bytes: Bytes) {
        let mut text = self.text.lock().unwrap_or_else(PoisonError::into_inner);
        text.extend_from_slice(&bytes);
        let length = text.len();
        drop(text);
        if let Some(written) = &*self.written.lock().unwrap_or_else(PoisonError::into_inner) {
            written.send_replace(length);
        }
    }

    fn poll_ready(&self, _: &mut TaskContext<'_>) -> Poll<()> {
        Poll::Ready(())
    }

    fn close(&self) {
        self.written.lock().unwrap_or_else(PoisonError::into_inner).take();
    }
}
