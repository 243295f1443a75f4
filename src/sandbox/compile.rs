//! From the bytes of an image to a program that starts in microseconds: compiled once, kept on disk, mapped, shared.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use tokio::sync::Semaphore;
use tracing::{info, warn};
use wasi_preview1_component_adapter_provider::{
    WASI_SNAPSHOT_PREVIEW1_ADAPTER_NAME, WASI_SNAPSHOT_PREVIEW1_COMMAND_ADAPTER,
};
use wasmtime::Engine;
use wasmtime::component::{Component, Linker};
use wasmtime_wasi::p2::bindings::CommandPre;
use wasmtime_wasi_http::p2::bindings::ProxyPre;
use wit_component::ComponentEncoder;

use crate::cache::Cache;
use crate::detect::{self, Form};
use crate::error::PrepareError;
use crate::guest::Guest;
use crate::imports;
use crate::spec::{Entry, ImageContent, ImageSource};

/// The largest image. Compiling takes about ten times its size in memory, so this is what a small node can stand; the
/// largest honest components (language runtimes with their libraries) have some 50 MiB.
const MAX_IMAGE_BYTES: u64 = 256 << 20;

/// Images compiled at once. The compiler uses all cores for one, so more would only add memory.
const COMPILERS: usize = 1;

/// Images remembered in memory before those that nobody uses are forgotten.
const REMEMBERED: usize = 1024;

/// A program ready to be instantiated, shared by all containers of its image.
pub(crate) enum Program {
    /// Runs `wasi:cli/run`.
    Process(CommandPre<Guest>),
    /// Serves `wasi:http/incoming-handler`.
    Http(ProxyPre<Guest>),
}

impl Program {
    pub(crate) fn entry(&self) -> Entry {
        match self {
            Self::Process(_) => Entry::Process,
            Self::Http(_) => Entry::Http,
        }
    }
}

/// One image's program while somebody uses it; the lock is held by whoever prepares it.
type Slot = Arc<tokio::sync::Mutex<Weak<Program>>>;

/// Prepares programs.
pub(crate) struct Compiler {
    workshop: Arc<Workshop>,
    slots: Mutex<HashMap<String, Slot>>,
    compilers: Arc<Semaphore>,
}

impl Compiler {
    pub(crate) fn new(engine: &Engine, linker: Linker<Guest>, cache: Cache) -> Self {
        let (engine, compilations) = (engine.clone(), AtomicU64::new(0));
        Self {
            workshop: Arc::new(Workshop { engine, linker, cache, compilations }),
            slots: Mutex::default(),
            compilers: Arc::new(Semaphore::new(COMPILERS)),
        }
    }

    /// How often the compiler itself has run.
    pub(crate) fn compilations(&self) -> u64 {
        self.workshop.compilations.load(Ordering::Relaxed)
    }

    /// The program of an image: from memory, else from disk, else compiled.
    pub(crate) async fn prepare(&self, image: ImageSource) -> Result<Arc<Program>, PrepareError> {
        let slot = self.slot(&image.digest);
        let mut slot = slot.lock().await;
        if let Some(program) = slot.upgrade() {
            return Ok(program);
        }
        let digest = image.digest.clone();
        let kept = self.workshop.blocking(move |workshop| workshop.load(&digest)).await;
        let program = match kept {
            Some(program) => Arc::new(program),
            None => Arc::new(self.make(image).await?),
        };
        *slot = Arc::downgrade(&program);
        Ok(program)
    }

    /// The compiler's turn ends with the compilation, also when nobody waits for it any more.
    async fn make(&self, image: ImageSource) -> Result<Program, PrepareError> {
        let turn = Arc::clone(&self.compilers).acquire_owned().await;
        let turn = turn.expect("the semaphore is never closed");
        let work = move |workshop: &Workshop| {
            let _turn = turn;
            workshop.make(&image)
        };
        self.workshop.blocking(work).await
    }

    fn slot(&self, digest: &str) -> Slot {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        if slots.len() >= REMEMBERED {
            slots.retain(|_, slot| {
                let unused = slot.try_lock().is_ok_and(|program| program.strong_count() == 0);
                !(unused && Arc::strong_count(slot) == 1)
            });
        }
        Arc::clone(slots.entry(digest.to_owned()).or_default())
    }
}

/// The part that blocks: reading, compiling, mapping.
struct Workshop {
    engine: Engine,
    linker: Linker<Guest>,
    cache: Cache,
    compilations: AtomicU64,
}

impl Workshop {
    async fn blocking<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&Self) -> T + Send + 'static,
    ) -> T {
        let workshop = Arc::clone(self);
        let done = tokio::task::spawn_blocking(move || work(&workshop)).await;
        done.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()))
    }

    /// The program from the cache; nothing when it is not there or does not fit.
    fn load(&self, digest: &str) -> Option<Program> {
        let path = self.cache.find(digest)?;
        let loaded = self.map(&path).map_err(|error| error.to_string());
        match loaded.and_then(|code| self.link(&code).map_err(|error| error.to_string())) {
            Ok(program) => Some(program),
            Err(error) => {
                warn!(digest, error, "compiled code is unusable and will be compiled again");
                None
            }
        }
    }

    /// The program from the image itself.
    fn make(&self, image: &ImageSource) -> Result<Program, PrepareError> {
        let component = componentize(&read(&image.content)?)?;
        self.compilations.fetch_add(1, Ordering::Relaxed);
        let code = self.engine.precompile_component(&component);
        let code = code.map_err(|error| PrepareError::Compile(format!("{error:#}")))?;
        let code = match self.cache.keep(&image.digest, &code) {
            Ok(path) => self.map(&path),
            Err(error) => {
                warn!(digest = image.digest, %error, "cannot keep compiled code");
                self.take(&code)
            }
        };
        let program =
            self.link(&code.map_err(|error| PrepareError::Compile(error.to_string()))?)?;
        info!(digest = image.digest, bytes = component.len(), "image compiled");
        Ok(program)
    }

    #[expect(unsafe_code, reason = "compiled code can only be mapped on trust")]
    fn map(&self, path: &PathBuf) -> wasmtime::Result<Component> {
        // SAFETY: the cache's folder is writable by this user only, its files are replaced whole and never changed, and
        // the checksum of this one was just compared (or it was just written).
        unsafe { Component::deserialize_file(&self.engine, path) }
    }

    #[expect(unsafe_code, reason = "compiled code can only be taken on trust")]
    fn take(&self, code: &[u8]) -> wasmtime::Result<Component> {
        // SAFETY: the bytes come straight from this process's compiler.
        unsafe { Component::deserialize(&self.engine, code) }
    }

    /// Resolves the imports and finds the entry. A program with both entries is a server: toolchains that build
    /// servers as binaries add a `run` that only complains.
    fn link(&self, component: &Component) -> Result<Program, PrepareError> {
        let instance = self
            .linker
            .instantiate_pre(component)
            .map_err(|error| PrepareError::UnsatisfiedImport { import: culprit(&error) })?;
        if let Ok(server) = ProxyPre::new(instance.clone()) {
            return Ok(Program::Http(server));
        }
        CommandPre::new(instance).map(Program::Process).map_err(|_| PrepareError::NoEntry)
    }
}

/// The import that the linker complains about: what it puts in backticks, from the interface to the function.
fn culprit(error: &wasmtime::Error) -> String {
    let text = format!("{error:#}");
    let names: Vec<&str> = text.split('`').skip(1).step_by(2).collect();
    if names.is_empty() { text } else { names.join(" ") }
}

fn read(content: &ImageContent) -> Result<Arc<[u8]>, PrepareError> {
    let bytes = match content {
        ImageContent::Bytes(bytes) => bytes.len() as u64,
        ImageContent::File(path) => size(path)?,
    };
    if bytes > MAX_IMAGE_BYTES {
        return Err(PrepareError::TooLarge { bytes, limit: MAX_IMAGE_BYTES });
    }
    match content {
        ImageContent::Bytes(bytes) => Ok(Arc::clone(bytes)),
        ImageContent::File(path) => std::fs::read(path).map(Into::into).map_err(PrepareError::Read),
    }
}

fn size(path: &Path) -> Result<u64, PrepareError> {
    std::fs::metadata(path).map(|metadata| metadata.len()).map_err(PrepareError::Read)
}

/// A component whose imports this node offers; core modules get the preview 1 adapter.
fn componentize(bytes: &Arc<[u8]>) -> Result<Arc<[u8]>, PrepareError> {
    match detect::form(bytes).map_err(|what| PrepareError::NotWasm { what })? {
        Form::Component => {
            imports::check_component(bytes)?;
            Ok(Arc::clone(bytes))
        }
        Form::Module => {
            imports::check_module(bytes)?;
            let component =
                adapt(bytes).map_err(|error| PrepareError::Invalid(error.to_string()))?;
            imports::check_component(&component)?;
            Ok(component.into())
        }
    }
}

fn adapt(module: &[u8]) -> Result<Vec<u8>, Box<dyn std::error::Error + Send + Sync>> {
    let mut encoder = ComponentEncoder::default()
        .module(module)?
        .adapter(WASI_SNAPSHOT_PREVIEW1_ADAPTER_NAME, WASI_SNAPSHOT_PREVIEW1_COMMAND_ADAPTER)?;
    Ok(encoder.encode()?)
}

#[cfg(test)]
mod tests;
