//! A node with a switch, and containers whose output is collected.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use base::{Clock, Random};
use bytes::Bytes;
use network::{Attachment, Interface, Networks, Switch};
use sha2::{Digest, Sha256};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::{
    Capacity, Config, ContainerSpec, ContainerState, Failure, ImageContent, ImageSource, Output,
    Prepared, Runtime, Sandbox, SandboxSpec, Stdio, Wasmtime,
};

/// Nothing in these tests takes so long but on a machine that is on its knees.
pub(super) const PATIENCE: Duration = Duration::from_mins(5);

/// A runtime and its network.
pub(super) struct TestNode {
    pub(super) runtime: Wasmtime,
    pub(super) switch: Switch,
    next: AtomicU8,
}

impl TestNode {
    /// A node whose compiled code is kept beside the guests, so that only the first test compiles them.
    pub(super) fn new() -> Self {
        let (_, guest) = guests::TEST_GUESTS[0];
        let folder = Path::new(guest).parent().unwrap().join("compiled");
        Self::with_cache(&folder)
    }

    pub(super) fn with_cache(folder: &Path) -> Self {
        let runtime = Wasmtime::new(Config {
            cache_dir: folder.to_owned(),
            clock: Clock::system(),
            capacity: Capacity::of_machine().at_most(64),
            threads: 2,
        });
        let networks = Networks {
            attached: vec!["10.1.0.0/16".parse().unwrap()],
            virtual_only: vec!["10.96.0.0/16".parse().unwrap()],
        };
        let config = network::Config { networks, uplink: None, random: Random::seeded(7) };
        Self { runtime: runtime.unwrap(), switch: Switch::new(config), next: AtomicU8::new(2) }
    }

    /// An interface at the next address.
    pub(super) fn interface(&self) -> Interface {
        let last = self.next.fetch_add(1, Ordering::Relaxed);
        let address = IpAddr::V4(Ipv4Addr::new(10, 1, 0, last));
        let search = vec!["test.svc.cluster.local".to_owned()];
        self.switch.attach(Attachment { search, ..Attachment::new(address) }).unwrap()
    }

    pub(super) fn sandbox(&self) -> (Arc<dyn Sandbox>, IpAddr) {
        let interface = self.interface();
        let address = interface.address();
        let spec = SandboxSpec { name: address.to_string(), interface, hostname: "box".into() };
        (self.runtime.create(spec), address)
    }

    pub(super) async fn prepare(&self, guest: &str) -> Prepared {
        self.runtime.prepare(image(&guests::bytes(guest))).await.unwrap()
    }

    /// A container of a guest, to be adjusted and started.
    pub(super) async fn container(&self, guest: &str, args: &[&str]) -> (ContainerSpec, Arc<Log>) {
        let log = Arc::new(Log::default());
        let output: Arc<dyn Output> = Arc::<Log>::clone(&log);
        let spec = ContainerSpec {
            name: guest.into(),
            prepared: self.prepare(guest).await,
            args: args.iter().map(|arg| (*arg).to_owned()).collect(),
            env: Vec::new(),
            mounts: Vec::new(),
            memory_bytes: None,
            cpu_millis: None,
            http_port: None,
            output,
        };
        (spec, log)
    }

    /// Runs a guest in a sandbox of its own until it ends.
    pub(super) async fn run(&self, guest: &str, args: &[&str]) -> (Failure, String) {
        self.run_with(guest, args, |_| {}).await
    }

    pub(super) async fn run_with(
        &self,
        guest: &str,
        args: &[&str],
        adjust: impl FnOnce(&mut ContainerSpec),
    ) -> (Failure, String) {
        let (sandbox, _) = self.sandbox();
        let (mut spec, log) = self.container(guest, args).await;
        adjust(&mut spec);
        sandbox.start(spec).await.unwrap();
        let failure = end(&sandbox, guest).await;
        (failure, log.text())
    }

    /// Sends a GET from an interface of its own and returns the whole answer.
    pub(super) async fn get(&self, to: SocketAddr, path: &str) -> String {
        let interface = self.interface();
        let mut stream = interface.connect(None, to).await.unwrap();
        let request = format!("GET {path} HTTP/1.1\r\nhost: test\r\nconnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    }
}

/// An image of these bytes.
pub(super) fn image(bytes: &[u8]) -> ImageSource {
    let digest = format!("sha256:{:x}", Sha256::digest(bytes));
    ImageSource { digest, content: ImageContent::Bytes(bytes.into()) }
}

/// Waits until a container has ended.
pub(super) async fn end(sandbox: &Arc<dyn Sandbox>, container: &str) -> Failure {
    let mut states = sandbox.states();
    let ended =
        states.wait_for(|states| states.get(container).is_some_and(ContainerState::has_exited));
    let states = tokio::time::timeout(PATIENCE, ended).await.expect("it ends in time").unwrap();
    match &states[container] {
        ContainerState::Exited { failure, .. } => failure.clone(),
        ContainerState::Running { .. } => unreachable!("it was waited for"),
    }
}

/// Collects what a container writes, up to a limit after which it must wait.
pub(super) struct Log {
    text: Mutex<Vec<u8>>,
    limit: AtomicUsize,
    wakers: Mutex<Vec<Waker>>,
}

impl Default for Log {
    fn default() -> Self {
        Self {
            text: Mutex::default(),
            limit: AtomicUsize::new(usize::MAX),
            wakers: Mutex::default(),
        }
    }
}

impl Log {
    pub(super) fn limit(&self, bytes: usize) {
        self.limit.store(bytes, Ordering::SeqCst);
        self.wake();
    }

    pub(super) fn text(&self) -> String {
        String::from_utf8(self.text.lock().unwrap().clone()).unwrap()
    }

    pub(super) fn len(&self) -> usize {
        self.text.lock().unwrap().len()
    }

    /// Waits until the guest has written `text`.
    pub(super) async fn wait_for(&self, text: &str) {
        let written = std::future::poll_fn(|context| {
            self.wakers.lock().unwrap().push(context.waker().clone());
            if self.text().contains(text) { Poll::Ready(()) } else { Poll::Pending }
        });
        let written = tokio::time::timeout(PATIENCE, written).await;
        written.unwrap_or_else(|_| panic!("no {text:?} in {:?}", self.text()));
    }

    fn wake(&self) {
        for waker in self.wakers.lock().unwrap().drain(..) {
            waker.wake();
        }
    }
}

impl Output for Log {
    fn permit(&self) -> usize {
        self.limit.load(Ordering::SeqCst).saturating_sub(self.len())
    }

    fn write(&self, _stdio: Stdio, bytes: Bytes) {
        self.text.lock().unwrap().extend_from_slice(&bytes);
        self.wake();
    }

    fn poll_ready(&self, context: &mut Context<'_>) -> Poll<()> {
        self.wakers.lock().unwrap().push(context.waker().clone());
        if self.permit() > 0 { Poll::Ready(()) } else { Poll::Pending }
    }

    fn close(&self) {}
}
