//! Getting a container's image, starting it and stopping it.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use base::CancellationToken;
use k8s_openapi::api::core::v1::{Container, Pod};
use sandbox::{ContainerSpec, Prepared, Sandbox};

use super::{Done, Owner, container};
use crate::amounts::limit;
use crate::env::{self, Fields};
use crate::images::{self, chain};
use crate::lifecycle::{Image, Input, Phase, PullFailure, Setback};
use crate::site::Site;
use crate::sources::Freshness;

/// How often a node looks whether a missing image has been imported. A look reads one file's time.
const LOOK_OUT: Duration = Duration::from_secs(1);

impl Owner {
    pub(super) fn begin_pull(&mut self, container: usize) {
        let site = Arc::clone(&self.site);
        let own = self.container(container);
        let (name, policy) = (own.image.clone().unwrap_or_default(), own.image_pull_policy.clone());
        self.work.push(Box::pin(async move {
            let result = images::pull(&site.images, &*site.runtime, &name, policy.as_deref()).await;
            Done::Pulled { container, result: result.map(Box::new) }
        }));
    }

    pub(super) fn end_pull(
        &mut self,
        container: usize,
        result: Result<Box<(Image, Prepared)>, PullFailure>,
    ) {
        let result = result.map(|pulled| {
            let (image, prepared) = *pulled;
            self.prepared.insert(container, prepared);
            image
        });
        let record = &self.state.containers[container];
        if result.is_ok() && record.phase == Phase::Pulling && !record.redefined {
            let name = &self.policy.containers[container].image;
            let text = format!("Container image \"{name}\" already present on machine");
            self.tell(Some(container), "Pulled", text);
        }
        self.feed(Input::Pulled { container, result });
    }

    /// Looks out for images that are waited for, so that an import is noticed before the wait is over.
    pub(super) fn await_images(&mut self) {
        for (index, record) in self.state.containers.iter().enumerate() {
            if !matches!(record.phase, Phase::NoImage { .. }) || !self.awaited.insert(index) {
                continue;
            }
            let name = self.policy.containers[index].image.clone();
            let site = Arc::clone(&self.site);
            self.work.push(Box::pin(async move {
                let digest = || site.images.resolve(&name).ok().flatten().map(|one| one.digest);
                let before = digest();
                loop {
                    tokio::time::sleep(LOOK_OUT).await;
                    let now = digest();
                    if now.is_some() && now != before {
                        return Done::Input(Input::ImageArrived { container: index });
                    }
                }
            }));
        }
    }

    pub(super) fn begin_start(&mut self, index: usize) {
        let (Some(ground), Some(prepared)) = (&self.ground, self.prepared.get(&index)) else {
            let setback = Setback::new("RunContainerError", "the pod's sandbox is gone");
            let input = Input::Started { container: index, result: Err(setback) };
            self.work.push(Box::pin(async { Done::Input(input) }));
            return;
        };
        let resources = self.container(index).resources.clone().unwrap_or_default();
        self.resources.insert(index, resources);
        let cut = CancellationToken::new();
        self.hooks.insert(index, cut.clone());
        let record = &self.state.containers[index];
        let launch = Launch {
            cut,
            site: Arc::clone(&self.site),
            pod: Arc::clone(&self.pod),
            index,
            address: ground.address,
            sandbox: Arc::clone(&ground.sandbox),
            prepared: prepared.clone(),
            incarnation: record.restarts + u32::from(record.ever_started),
        };
        self.work.push(Box::pin(async move {
            Done::Input(Input::Started { container: index, result: launch.run().await })
        }));
    }

    pub(super) fn cut_hook(&mut self, index: usize) {
        if let Some(hook) = self.hooks.remove(&index) {
            hook.cancel();
        }
    }

    pub(super) fn begin_stop(&mut self, index: usize, grace: Duration) {
        let Some(ground) = &self.ground else { return };
        let sandbox = Arc::clone(&ground.sandbox);
        let name = self.policy.containers[index].name.clone();
        self.work.push(Box::pin(async move {
            sandbox.stop(&name, grace).await;
            // The end itself is seen in the sandbox's states.
            Done::Input(Input::Tick)
        }));
    }
}

/// One start of one container.
struct Launch {
    site: Arc<Site>,
    pod: Arc<Pod>,
    index: usize,
    address: IpAddr,
    sandbox: Arc<dyn Sandbox>,
    prepared: Prepared,
    incarnation: u32,
    /// The hook is not to be waited for.
    cut: CancellationToken,
}

impl Launch {
    /// Starts the container and runs its postStart hook; the ID of the new incarnation.
    async fn run(self) -> Result<String, Setback> {
        let own = container(&self.pod, self.index);
        let spec = self.spec(own).await?;
        let output = Arc::clone(&spec.output);
        self.sandbox.start(spec).await.map_err(|error| {
            output.close();
            Setback::new("RunContainerError", chain(&error))
        })?;
        let hook = super::hooks::post_start(&self.site, self.address, own);
        if let Some(Err(why)) = self.cut.run_until_cancelled(hook).await {
            self.sandbox.stop(&own.name, Duration::ZERO).await;
            return Err(Setback::new("PostStartHookError", why));
        }
        Ok(self.id())
    }

    async fn spec(&self, own: &Container) -> Result<ContainerSpec, Setback> {
        let site = &self.site;
        let namespace = self.pod.metadata.namespace.as_deref().unwrap_or_default();
        let wanted: BTreeSet<_> = env::sources(own).into_iter().collect();
        let sources = site.library.fetch(namespace, wanted, Freshness::Now).await;
        let sources = sources.map_err(|error| config_error(chain(&error)))?;
        let mut services = site.services.in_namespace(namespace);
        if namespace != "default" {
            services.extend(site.services.get(&client::Key::new("default", "kubernetes")));
        }
        let fields = Fields {
            pod: &self.pod,
            pod_ips: &[self.address],
            host_ips: &site.node_addresses,
            allocatable: &site.allocatable,
        };
        let environment = env::compose(own, &fields, &sources, &services)?;
        let mounts = site.volumes.mounts(&self.pod, own, &environment)?;
        let args = env::arguments(own, &environment);
        let output = site.logs.create(&self.pod, &own.name, self.incarnation);
        let output =
            output.map_err(|error| config_error(format!("cannot write a log: {error}")))?;
        Ok(ContainerSpec {
            name: own.name.clone(),
            prepared: self.prepared.clone(),
            args,
            env: environment.into_pairs(),
            mounts,
            memory_bytes: limit(own, "memory").and_then(|milli| u64::try_from(milli / 1000).ok()),
            cpu_millis: limit(own, "cpu").and_then(|milli| u32::try_from(milli).ok()),
            http_port: http_port(own),
            output,
        })
    }

    fn id(&self) -> String {
        let mut bytes = [0; 32];
        self.site.random.fill(&mut bytes);
        bytes.iter().fold("wasm://".to_owned(), |mut id, byte| {
            let _ = write!(id, "{byte:02x}");
            id
        })
    }
}

fn config_error(message: String) -> Setback {
    Setback::new("CreateContainerConfigError", message)
}

/// The first TCP port that the container declares.
fn http_port(own: &Container) -> Option<u16> {
    let mut ports = own.ports.iter().flatten();
    let first = ports.find(|port| port.protocol.as_deref().is_none_or(|name| name == "TCP"))?;
    u16::try_from(first.container_port).ok()
}
