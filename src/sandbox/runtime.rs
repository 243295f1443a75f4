//! The runtime of a node: one engine, its threads, its compiler, and the sandboxes made of them.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use base::Clock;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::cache::Cache;
use crate::compile::Compiler;
use crate::engine::NodeEngine;
use crate::error::{PrepareError, StartError};
use crate::lanes::Lanes;
use crate::linker::linker;
use crate::sandbox::GuestSandbox;
use crate::spec::{Capacity, ImageSource, Prepared, Runtime, Sandbox, SandboxSpec};

/// What a runtime needs.
#[derive(Debug)]
pub struct Config {
    /// Where compiled code is kept; made private to this user.
    pub cache_dir: PathBuf,
    /// Tells when containers start and end.
    pub clock: Clock,
    /// How many instances to hold room for, usually [`Capacity::of_machine`].
    pub capacity: Capacity,
    /// Threads for guests that answer, and as many for guests that compute; usually the number of cores.
    pub threads: usize,
}

/// Why a runtime cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum RuntimeError {
    /// The engine refuses its settings, or the machine has no room for the smallest pool.
    #[error("cannot set up the WebAssembly engine: {0}")]
    Engine(String),
    /// The folder for compiled code cannot be used.
    #[error("cannot use {} for compiled code", path.display())]
    Cache {
        /// The folder.
        path: PathBuf,
        /// What went wrong.
        #[source]
        source: std::io::Error,
    },
    /// The threads cannot be started.
    #[error("cannot start threads for guests")]
    Threads(#[source] std::io::Error),
}

/// Runs guests on wasmtime.
pub struct Wasmtime {
    node: Arc<Node>,
    compiler: Compiler,
}

/// What all sandboxes share.
pub(crate) struct Node {
    pub(crate) engine: NodeEngine,
    pub(crate) lanes: Arc<Lanes>,
    pub(crate) clock: Clock,
    slots: Arc<Semaphore>,
}

impl Node {
    /// Room for one instance, or word that the node is full.
    pub(crate) fn slot(&self) -> Result<OwnedSemaphorePermit, StartError> {
        let slot = Arc::clone(&self.slots).try_acquire_owned();
        slot.map_err(|_| StartError::Full(self.engine.capacity.bound.clone()))
    }
}

impl Wasmtime {
    /// Sets up the engine, its threads and its cache.
    pub fn new(config: Config) -> Result<Self, RuntimeError> {
        let engine_error = |error: wasmtime::Error| RuntimeError::Engine(format!("{error:#}"));
        let engine = NodeEngine::new(config.capacity).map_err(engine_error)?;
        let linker = linker(&engine.engine).map_err(engine_error)?;
        let cache = Cache::open(&config.cache_dir, &engine.engine)
            .map_err(|source| RuntimeError::Cache { path: config.cache_dir, source })?;
        let lanes = Lanes::new(config.threads, &engine.pulse).map_err(RuntimeError::Threads)?;
        let slots = usize::try_from(engine.capacity.containers).unwrap_or(usize::MAX);
        let compiler = Compiler::new(&engine.engine, linker, cache);
        let slots = Arc::new(Semaphore::new(slots.min(Semaphore::MAX_PERMITS)));
        Ok(Self { node: Arc::new(Node { engine, lanes, clock: config.clock, slots }), compiler })
    }

    /// How many images were compiled since the start; those found in the cache do not count.
    pub fn compilations(&self) -> u64 {
        self.compiler.compilations()
    }
}

#[async_trait]
impl Runtime for Wasmtime {
    async fn prepare(&self, image: ImageSource) -> Result<Prepared, PrepareError> {
        let digest = image.digest.as_str().into();
        let program = self.compiler.prepare(image).await?;
        Ok(Prepared { digest, entry: program.entry(), program })
    }

    fn create(&self, spec: SandboxSpec) -> Arc<dyn Sandbox> {
        GuestSandbox::new(spec, &self.node)
    }

    fn capacity(&self) -> Capacity {
        self.node.engine.capacity.clone()
    }
}

impl fmt::Debug for Wasmtime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wasmtime")
            .field("capacity", &self.node.engine.capacity)
            .finish_non_exhaustive()
    }
}
