//! What the rest of the node says to a runtime: images, sandboxes, containers, and what became of them.

use std::any::Any;
use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use jiff::Timestamp;
use tokio::sync::watch;

use crate::error::{PrepareError, StartError};

/// Runs sandboxes: wasmtime in earnest, a script in tests.
#[async_trait]
pub trait Runtime: fmt::Debug + Send + Sync {
    /// Checks and compiles an image, once; later calls for the same digest are answered from the cache.
    async fn prepare(&self, image: ImageSource) -> Result<Prepared, PrepareError>;

    /// Makes an empty sandbox around a network presence.
    fn create(&self, spec: SandboxSpec) -> Arc<dyn Sandbox>;

    /// How many containers this machine can hold, and why not more.
    fn capacity(&self) -> Capacity;
}

/// Several containers that share one network presence.
#[async_trait]
pub trait Sandbox: fmt::Debug + Send + Sync {
    /// Starts a container; a container of the same name that has ended is replaced.
    async fn start(&self, container: ContainerSpec) -> Result<(), StartError>;

    /// Asks a container to end, waits at most `grace`, then kills it. Returns when it has ended.
    async fn stop(&self, container: &str, grace: Duration);

    /// The states of all containers that were started, by name; changes are sent at once.
    fn states(&self) -> watch::Receiver<BTreeMap<String, ContainerState>>;

    /// What a container has used since it started; nothing for one that is unknown.
    fn usage(&self, container: &str) -> Usage;

    /// Kills every container and gives back address and ports. Nothing can be started afterwards.
    async fn remove(&self);
}

/// The bytes of an image and the digest that names them.
#[derive(Debug, Clone)]
pub struct ImageSource {
    /// The digest, such as `sha256:…`: the key of every cache.
    pub digest: String,
    /// Where the bytes are.
    pub content: ImageContent,
}

/// Where the bytes of an image are.
#[derive(Clone)]
pub enum ImageContent {
    /// In memory.
    Bytes(Arc<[u8]>),
    /// In a file, read only when the image is not in the cache.
    File(PathBuf),
}

impl fmt::Debug for ImageContent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bytes(bytes) => write!(f, "Bytes({} bytes)", bytes.len()),
            Self::File(path) => write!(f, "File({})", path.display()),
        }
    }
}

/// An image ready to start containers from. Cheap to clone; all clones share the compiled code.
#[derive(Clone)]
pub struct Prepared {
    pub(crate) digest: Arc<str>,
    pub(crate) entry: Entry,
    pub(crate) program: Arc<dyn Any + Send + Sync>,
}

impl Prepared {
    /// The digest of the image.
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// How its containers run.
    pub fn entry(&self) -> Entry {
        self.entry
    }
}

impl fmt::Debug for Prepared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Prepared")
            .field("digest", &self.digest)
            .field("entry", &self.entry)
            .finish_non_exhaustive()
    }
}

/// How a program runs, which follows from what it exports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entry {
    /// `wasi:cli/run`: a process that ends by itself.
    Process,
    /// `wasi:http/incoming-handler`: a server, one fresh instance for each request.
    Http,
}

/// A sandbox to make.
#[derive(Debug)]
pub struct SandboxSpec {
    /// A name for logs, unique on the node.
    pub name: String,
    /// The sandbox's presence on the network; the sandbox detaches it when removed.
    pub interface: network::Interface,
    /// What the containers see as `HOSTNAME`.
    pub hostname: String,
}

/// A container to start.
#[derive(Clone)]
pub struct ContainerSpec {
    /// Its name, unique in the sandbox.
    pub name: String,
    /// What it runs.
    pub prepared: Prepared,
    /// The arguments after the program's name.
    pub args: Vec<String>,
    /// The environment; `HOSTNAME` is added when missing.
    pub env: Vec<(String, String)>,
    /// Folders and files of the host it may see.
    pub mounts: Vec<Mount>,
    /// The most memory all its linear memories and tables may take together; none means the engine's own limit.
    pub memory_bytes: Option<u64>,
    /// The most processor time per second, in thousandths of a core; none means no limit.
    pub cpu_millis: Option<u32>,
    /// Where an HTTP server listens; none means 8080.
    pub http_port: Option<u16>,
    /// Where its standard output and error go.
    pub output: Arc<dyn Output>,
}

impl fmt::Debug for ContainerSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ContainerSpec")
            .field("name", &self.name)
            .field("prepared", &self.prepared)
            .field("args", &self.args)
            .finish_non_exhaustive()
    }
}

/// A folder of the host (or one file in a folder of its own) that a container sees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mount {
    /// The folder on the host.
    pub host: PathBuf,
    /// The absolute path in the container.
    pub guest: String,
    /// Whether writing is refused.
    pub read_only: bool,
}

/// Which of a container's two outputs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Stdio {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
}

/// Takes what a container writes, and can make it wait.
///
/// `permit() == 0` exactly as long as `poll_ready` is pending: a reader that says ready while it
/// permits nothing would make the container spin. Several instances of one container may write and
/// wait at once, so `poll_ready` wakes every task that polled it, not only the last.
pub trait Output: Send + Sync {
    /// How many bytes may be written now.
    fn permit(&self) -> usize;

    /// Takes bytes, never more than were permitted.
    fn write(&self, stdio: Stdio, bytes: Bytes);

    /// Ready as soon as something may be written.
    fn poll_ready(&self, context: &mut Context<'_>) -> Poll<()>;

    /// The container has ended; nothing more comes.
    fn close(&self);
}

/// What a container is doing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ContainerState {
    /// It runs.
    Running {
        /// When it was started.
        since: Timestamp,
    },
    /// It has ended.
    Exited {
        /// When it was started.
        since: Timestamp,
        /// When it ended.
        until: Timestamp,
        /// How it ended.
        failure: Failure,
    },
}

impl ContainerState {
    /// Whether the container has ended.
    pub fn has_exited(&self) -> bool {
        matches!(self, Self::Exited { .. })
    }
}

/// How a container ended. `Exit(0)` is the one good way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// It ended by itself with this code.
    Exit(i32),
    /// It did what WebAssembly forbids, such as dividing by zero; the text says what and where.
    Trap(String),
    /// It wanted more memory than its limit.
    OutOfMemory,
    /// It was stopped and did not end by itself in time.
    Killed,
}

impl Failure {
    /// The code a shell would see: 128 + SIGKILL for kills, 128 + SIGABRT for traps.
    pub fn exit_code(&self) -> i32 {
        match self {
            Self::Exit(code) => *code,
            Self::Trap(_) => 134,
            Self::OutOfMemory | Self::Killed => 137,
        }
    }
}

/// What a container has used.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usage {
    /// Processor time since the start, host calls included.
    pub cpu: Duration,
    /// Linear memories and tables now.
    pub memory_bytes: u64,
}

/// How many containers a machine can hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Capacity {
    /// Containers that can run at once.
    pub containers: u32,
    /// What binds, in plain words, such as `vm.max_map_count is 65530`.
    pub bound: String,
}
