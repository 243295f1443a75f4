//! A runtime that follows a script instead of running WebAssembly, for tests of whoever drives one.

use std::collections::BTreeMap;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use async_trait::async_trait;
use base::{CancellationToken, Clock, Tasks};
use bytes::Bytes;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::watch;

use crate::error::{PrepareError, StartError};
use crate::spec::{
    Capacity, ContainerSpec, ContainerState, Entry, Failure, ImageSource, Prepared, Runtime,
    Sandbox, SandboxSpec, Stdio, Usage,
};

/// What the containers of an image do.
#[derive(Debug, Clone, Default)]
pub struct Script {
    /// Lines they write to standard output when they start.
    pub lines: Vec<String>,
    /// Ports they answer HTTP on: 200 while `healthy`, 503 otherwise.
    pub ports: Vec<u16>,
    /// What the ports answer; shared, so that a test can change it.
    pub healthy: Arc<AtomicBool>,
    /// When and how they end by themselves; none means never.
    pub end: Option<(Duration, Failure)>,
    /// Whether they run on until they are killed when asked to stop.
    pub ignores_stop: bool,
}

type Refusal = Box<dyn Fn() -> PrepareError + Send + Sync>;

/// A runtime whose containers follow scripts; an image without a script runs until it is stopped.
pub struct Scripted {
    clock: Clock,
    tasks: Tasks,
    shared: Mutex<Shared>,
    panics: AtomicBool,
}

#[derive(Default)]
struct Shared {
    scripts: BTreeMap<String, Script>,
    refusals: BTreeMap<String, Refusal>,
    sandboxes: BTreeMap<String, Arc<ScriptedSandbox>>,
    started: Vec<(String, String)>,
}

impl fmt::Debug for Scripted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scripted").finish_non_exhaustive()
    }
}

impl Scripted {
    /// A runtime without scripts.
    pub fn new(clock: Clock, tasks: Tasks) -> Arc<Self> {
        Arc::new(Self { clock, tasks, shared: Mutex::default(), panics: AtomicBool::new(false) })
    }

    /// Makes containers of the image with this digest follow `script` from now on.
    pub fn script(&self, digest: &str, script: Script) {
        self.shared().scripts.insert(digest.into(), script);
    }

    /// Makes `prepare` fail for the image with this digest.
    pub fn refuse(&self, digest: &str, why: impl Fn() -> PrepareError + Send + Sync + 'static) {
        self.shared().refusals.insert(digest.into(), Box::new(why));
    }

    /// Makes whoever creates the next sandbox panic.
    pub fn panic_once(&self) {
        self.panics.store(true, Ordering::Relaxed);
    }

    /// The names of the sandboxes that exist.
    pub fn sandboxes(&self) -> Vec<String> {
        let shared = self.shared();
        shared
            .sandboxes
            .iter()
            .filter(|(_, sandbox)| !sandbox.inner().removed)
            .map(|(name, _)| name.clone())
            .collect()
    }

    /// Every container ever started, as (sandbox, container), in order.
    pub fn started(&self) -> Vec<(String, String)> {
        let shared = self.shared();
        let mut started = shared.started.clone();
        for (name, sandbox) in &shared.sandboxes {
            for container in &sandbox.inner().started {
                started.push((name.clone(), container.clone()));
            }
        }
        started
    }

    /// Ends a running container; false when there is none.
    pub fn end(&self, sandbox: &str, container: &str, failure: Failure) -> bool {
        let sandbox = self.shared().sandboxes.get(sandbox).cloned();
        sandbox.is_some_and(|sandbox| sandbox.end(container, failure))
    }

    /// The arguments and environment a container was last started with.
    pub fn spec(&self, sandbox: &str, container: &str) -> Option<ContainerSpec> {
        let sandbox = self.shared().sandboxes.get(sandbox).cloned()?;
        sandbox.inner().running.get(container).map(|running| running.spec.clone())
    }

    fn shared(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().expect("nothing panics while it is held")
    }
}

#[async_trait]
impl Runtime for Scripted {
    async fn prepare(&self, image: ImageSource) -> Result<Prepared, PrepareError> {
        let shared = self.shared();
        if let Some(refusal) = shared.refusals.get(&image.digest) {
            return Err(refusal());
        }
        let script = shared.scripts.get(&image.digest).cloned().unwrap_or_default();
        let digest = image.digest.as_str().into();
        Ok(Prepared { digest, entry: Entry::Process, program: Arc::new(script) })
    }

    fn create(&self, spec: SandboxSpec) -> Arc<dyn Sandbox> {
        assert!(!self.panics.swap(false, Ordering::Relaxed), "a panic as the test wants it");
        let name = spec.name.clone();
        let sandbox = Arc::new(ScriptedSandbox {
            spec,
            clock: self.clock.clone(),
            tasks: self.tasks.child(),
            states: watch::Sender::new(BTreeMap::new()),
            inner: Mutex::default(),
        });
        let mut shared = self.shared();
        if let Some(before) = shared.sandboxes.insert(name.clone(), Arc::clone(&sandbox)) {
            let containers = before.inner().started.clone();
            shared
                .started
                .extend(containers.into_iter().map(|container| (name.clone(), container)));
        }
        sandbox
    }

    fn capacity(&self) -> Capacity {
        Capacity { containers: 1000, bound: "a script".into() }
    }
}

/// A sandbox whose containers follow scripts.
struct ScriptedSandbox {
    spec: SandboxSpec,
    clock: Clock,
    tasks: Tasks,
    states: watch::Sender<BTreeMap<String, ContainerState>>,
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    removed: bool,
    started: Vec<String>,
    running: BTreeMap<String, Running>,
}

struct Running {
    spec: ContainerSpec,
    script: Script,
    ended: CancellationToken,
}

impl fmt::Debug for ScriptedSandbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScriptedSandbox").field("spec", &self.spec).finish_non_exhaustive()
    }
}

impl ScriptedSandbox {
    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().expect("nothing panics while it is held")
    }

    fn end(&self, container: &str, failure: Failure) -> bool {
        let until = self.clock.now();
        let ended = self.states.send_if_modified(|states| match states.get_mut(container) {
            Some(state) => match *state {
                ContainerState::Running { since } => {
                    *state = ContainerState::Exited { since, until, failure };
                    true
                }
                ContainerState::Exited { .. } => false,
            },
            None => false,
        });
        if ended && let Some(running) = self.inner().running.get(container) {
            running.ended.cancel();
            running.spec.output.close();
        }
        ended
    }

    /// Serves the script's ports until the container ends.
    fn serve(&self, script: &Script, ended: &CancellationToken) -> Result<(), StartError> {
        for &port in &script.ports {
            let address = SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), port);
            let listener = self
                .spec
                .interface
                .listen(address, 16)
                .map_err(|source| StartError::Listen { port, source })?;
            let healthy = Arc::clone(&script.healthy);
            let ended = ended.clone();
            self.tasks.spawn("scripted port", move |stop| async move {
                let serve = async {
                    while let Ok(stream) = listener.accept().await {
                        answer(stream, healthy.load(Ordering::Relaxed)).await;
                    }
                };
                tokio::select! { biased;
                    () = stop.cancelled() => {}
                    () = ended.cancelled() => {}
                    () = serve => {}
                }
            });
        }
        Ok(())
    }
}

/// Reads one request and answers it; a broken connection is the client's loss.
async fn answer(mut stream: network::Stream, healthy: bool) {
    let mut request = Vec::new();
    let mut chunk = [0; 1024];
    while !request.ends_with(b"\r\n\r\n") {
        match stream.read(&mut chunk).await {
            Ok(0) | Err(_) => return,
            Ok(count) => request.extend_from_slice(&chunk[..count]),
        }
    }
    let status = if healthy { "200 OK" } else { "503 Service Unavailable" };
    let response = format!("HTTP/1.1 {status}\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok");
    if stream.write_all(response.as_bytes()).await.is_ok() {
        let _ = stream.shutdown().await;
    }
}

#[async_trait]
impl Sandbox for ScriptedSandbox {
    async fn start(&self, container: ContainerSpec) -> Result<(), StartError> {
        let program = Arc::clone(&container.prepared.program);
        let script = program.downcast::<Script>().map_err(|_| StartError::Foreign)?;
        let script = Script::clone(&script);
        let name = container.name.clone();
        let ended = CancellationToken::new();
        {
            let mut inner = self.inner();
            if inner.removed {
                return Err(StartError::Removed);
            }
            if self.states.borrow().get(&name).is_some_and(|state| !state.has_exited()) {
                return Err(StartError::AlreadyRunning(name));
            }
            self.serve(&script, &ended)?;
            for line in &script.lines {
                container.output.write(Stdio::Stdout, Bytes::from(format!("{line}\n")));
            }
            inner.started.push(name.clone());
            let running = Running { spec: container, script: script.clone(), ended: ended.clone() };
            inner.running.insert(name.clone(), running);
        }
        let since = self.clock.now();
        self.states.send_modify(|states| {
            states.insert(name.clone(), ContainerState::Running { since });
        });
        if let Some((after, failure)) = script.end {
            self.end_later(name, after, failure, ended);
        }
        Ok(())
    }

    async fn stop(&self, container: &str, grace: Duration) {
        let patient = match self.inner().running.get(container) {
            Some(running) if !running.ended.is_cancelled() => running.script.ignores_stop,
            _ => return,
        };
        if patient {
            tokio::time::sleep(grace).await;
        }
        self.end(container, if patient { Failure::Killed } else { Failure::Exit(0) });
    }

    fn states(&self) -> watch::Receiver<BTreeMap<String, ContainerState>> {
        self.states.subscribe()
    }

    fn usage(&self, _container: &str) -> Usage {
        Usage::default()
    }

    async fn remove(&self) {
        let names: Vec<_> = self.states.borrow().keys().cloned().collect();
        for name in names {
            self.end(&name, Failure::Killed);
        }
        self.inner().removed = true;
        self.spec.interface.detach();
        self.tasks.stop_token().cancel();
    }
}

impl ScriptedSandbox {
    fn end_later(&self, name: String, after: Duration, failure: Failure, ended: CancellationToken) {
        let (states, clock) = (self.states.clone(), self.clock.clone());
        let output = self.inner().running.get(&name).map(|r| Arc::clone(&r.spec.output));
        self.tasks.spawn("scripted end", move |stop| async move {
            tokio::select! { biased;
                () = stop.cancelled() => return,
                () = ended.cancelled() => return,
                () = tokio::time::sleep(after) => {}
            }
            ended.cancel();
            let until = clock.now();
            states.send_modify(|states| {
                if let Some(state) = states.get_mut(&name)
                    && let ContainerState::Running { since } = *state
                {
                    *state = ContainerState::Exited { since, until, failure };
                }
            });
            if let Some(output) = output {
                output.close();
            }
        });
    }
}
