//! A sandbox: containers that share one interface.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use async_trait::async_trait;
use base::CancellationToken;
use network::Interface;
use tokio::sync::watch;
use tracing::{debug, info};

use crate::compile::Program;
use crate::container::Container;
use crate::error::StartError;
use crate::runtime::Node;
use crate::spec::{ContainerSpec, ContainerState, Failure, Sandbox, SandboxSpec, Usage};
use crate::{http, process};

/// A sandbox of real guests.
pub(crate) struct GuestSandbox {
    name: Arc<str>,
    hostname: String,
    interface: Interface,
    node: Arc<Node>,
    states: watch::Sender<BTreeMap<String, ContainerState>>,
    /// Ends every container, also when the sandbox is dropped without having been removed.
    kill: CancellationToken,
    containers: Mutex<BTreeMap<String, Arc<Container>>>,
}

impl GuestSandbox {
    pub(crate) fn new(spec: SandboxSpec, node: &Arc<Node>) -> Arc<Self> {
        Arc::new(Self {
            name: spec.name.into(),
            hostname: spec.hostname,
            interface: spec.interface,
            node: Arc::clone(node),
            states: watch::Sender::new(BTreeMap::new()),
            kill: CancellationToken::new(),
            containers: Mutex::default(),
        })
    }

    fn containers(&self) -> MutexGuard<'_, BTreeMap<String, Arc<Container>>> {
        self.containers.lock().expect("nothing panics while it is held")
    }

    fn container(&self, name: &str) -> Option<Arc<Container>> {
        self.containers().get(name).cloned()
    }

    /// Enters a container under its name, which must be free or that of one that has ended.
    fn enter(&self, spec: ContainerSpec) -> Result<Arc<Container>, StartError> {
        let mut containers = self.containers();
        if self.kill.is_cancelled() {
            return Err(StartError::Removed);
        }
        let name = spec.name.clone();
        if containers.get(&name).is_some_and(|before| !before.ended.is_cancelled()) {
            return Err(StartError::AlreadyRunning(name));
        }
        let kill = self.kill.child_token();
        let container = Container::new(spec, &self.node, &self.interface, &self.hostname, kill);
        containers.insert(name, Arc::clone(&container));
        Ok(container)
    }

    async fn run(&self, container: &Arc<Container>) -> Result<(), StartError> {
        let program = Arc::clone(&container.spec.prepared.program);
        let program = program.downcast::<Program>().map_err(|_| StartError::Foreign)?;
        let (running, ended) = self.reports(container);
        match &*program {
            Program::Process(program) => {
                let slot = self.node.slot()?;
                process::start(container, program.clone(), slot, running, ended).await
            }
            Program::Http(program) => http::start(container, program.clone(), running, ended),
        }
    }

    /// Two functions that tell the world when the container runs and when it has ended.
    fn reports(
        &self,
        container: &Arc<Container>,
    ) -> (impl FnOnce() + Send + 'static, impl FnOnce(Failure) + Send + 'static) {
        let name = container.spec.name.clone();
        let running = {
            let (states, node, name) = (self.states.clone(), Arc::clone(&self.node), name.clone());
            move || {
                let since = node.clock.now();
                states.send_modify(|states| {
                    states.insert(name, ContainerState::Running { since });
                });
            }
        };
        let states = self.states.clone();
        let (sandbox, container) = (Arc::clone(&self.name), Arc::clone(container));
        let ended = move |failure: Failure| {
            info!(%sandbox, container = name, ?failure, "container ended");
            container.spec.output.close();
            let until = container.node.clock.now();
            states.send_modify(|states| {
                if let Some(state) = states.get_mut(&name)
                    && let ContainerState::Running { since } = *state
                {
                    *state = ContainerState::Exited { since, until, failure };
                }
                // Whoever sees that it has ended may start it again at once, and its name must be free by then.
                container.ended.cancel();
            });
        };
        (running, ended)
    }
}

#[async_trait]
impl Sandbox for GuestSandbox {
    async fn start(&self, spec: ContainerSpec) -> Result<(), StartError> {
        let container = self.enter(spec)?;
        debug!(sandbox = %self.name, container = container.spec.name, "container starts");
        let started = self.run(&container).await;
        if started.is_err() {
            container.ended.cancel();
        }
        started
    }

    async fn stop(&self, container: &str, grace: Duration) {
        let Some(container) = self.container(container) else { return };
        // Whoever listens notices that it is to end; nobody else can, so waiting would be in vain.
        if container.listening.close() {
            let _ = tokio::time::timeout(grace, container.ended.cancelled()).await;
        }
        container.kill.cancel();
        container.ended.cancelled().await;
    }

    fn states(&self) -> watch::Receiver<BTreeMap<String, ContainerState>> {
        self.states.subscribe()
    }

    fn usage(&self, container: &str) -> Usage {
        self.container(container).map_or_else(Usage::default, |container| Usage {
            cpu: container.meter.used(),
            memory_bytes: container.ledger.used(),
        })
    }

    async fn remove(&self) {
        self.kill.cancel();
        let containers: Vec<_> = self.containers().values().cloned().collect();
        for container in containers {
            container.ended.cancelled().await;
        }
        self.interface.detach();
    }
}

impl Drop for GuestSandbox {
    fn drop(&mut self) {
        self.kill.cancel();
    }
}

impl fmt::Debug for GuestSandbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GuestSandbox")
            .field("name", &self.name)
            .field("interface", &self.interface)
            .finish_non_exhaustive()
    }
}
