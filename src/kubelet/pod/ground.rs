//! What a pod stands on: its volumes, its address, its sandbox.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use k8s_openapi::api::core::v1::{Pod, PodSpec};
use network::{Attachment, Egress, Interface};
use sandbox::{ContainerState, Sandbox, SandboxSpec};
use std::collections::BTreeMap;
use tokio::sync::watch;
use tokio::time::Instant;

use super::refresh::{self, Tokens};
use super::{Done, Owner};
use crate::images::chain;
use crate::lifecycle::{Input, Setback};
use crate::site::Site;
use crate::sources::Freshness;
use crate::usage::ContainerUsage;
use crate::volumes;

/// Grants a pod connections to the world outside the pod network when its value is `allow`.
const EGRESS: &str = "isopod.dev/egress";

/// The longest host name (RFC 1123).
const HOSTNAME_LENGTH: usize = 63;

/// A pod's address and sandbox.
pub(super) struct Ground {
    pub(super) address: IpAddr,
    pub(super) sandbox: Arc<dyn Sandbox>,
    pub(super) states: watch::Receiver<BTreeMap<String, ContainerState>>,
    /// The tokens its volumes were made with.
    tokens: Tokens,
}

impl Ground {
    /// What the running containers use.
    pub(super) fn usage(&self) -> Vec<ContainerUsage> {
        let states = self.states.borrow();
        let running = states.iter().filter_map(|(container, state)| match state {
            ContainerState::Running { since } => Some((container.clone(), *since)),
            ContainerState::Exited { .. } => None,
        });
        running
            .map(|(container, since)| {
                let usage = self.sandbox.usage(&container);
                ContainerUsage { container, since, usage }
            })
            .collect()
    }
}

impl Owner {
    pub(super) fn begin_ground(&mut self) {
        let (site, pod) = (Arc::clone(&self.site), Arc::clone(&self.pod));
        self.work.push(Box::pin(async move { Done::Prepared(make(&site, &pod).await) }));
    }

    pub(super) fn end_ground(&mut self, result: Result<Box<Ground>, Setback>) {
        let result = match result {
            Ok(mut ground) => {
                self.tokens = std::mem::take(&mut ground.tokens);
                if self.pod.spec.as_ref().is_some_and(|spec| spec.host_network == Some(true)) {
                    let text = format!(
                        "hostNetwork has no meaning for WebAssembly components: the pod is at {} on the pod network",
                        ground.address
                    );
                    self.warn(None, "HostNetworkIgnored", text);
                }
                if has_host_port(&self.pod) {
                    let text = format!(
                        "hostPort is not supported: the pod is reached at {} on the pod network, or by a Service of type NodePort",
                        ground.address
                    );
                    self.warn(None, "HostPortIgnored", text);
                }
                self.ground = Some(ground);
                if volumes::can_change(&self.pod) {
                    self.refresh_at = Some(Instant::now() + self.first_refresh());
                }
                Ok(())
            }
            Err(setback) => Err(setback),
        };
        self.feed(Input::Prepared(result));
    }

    /// Pods that started together do not refresh together.
    fn first_refresh(&self) -> Duration {
        let half = u64::try_from(refresh::PERIOD.as_millis() / 2).unwrap_or(1);
        refresh::PERIOD.saturating_sub(Duration::from_millis(self.site.random.below(half)))
    }

    /// Gives everything back, in the order that keeps the address from meaning two pods at once.
    pub(super) fn begin_tear_down(&mut self) {
        self.refresh_at = None;
        self.prepared.clear();
        let ground = self.ground.take();
        let (site, uid) = (Arc::clone(&self.site), self.uid().to_owned());
        self.work.push(Box::pin(async move {
            if let Some(ground) = ground {
                ground.sandbox.remove().await;
            }
            site.addresses().release(&uid);
            site.ledger().release(&uid);
            let volumes = site.volumes.clone();
            // A volume may hold any number of files.
            let removed = tokio::task::spawn_blocking(move || volumes.remove(&uid)).await;
            if let Ok(Err(error)) = removed {
                tracing::warn!(%error, "cannot remove a pod's volumes");
            }
            Done::Input(Input::TornDown)
        }));
    }
}

fn has_host_port(pod: &Pod) -> bool {
    let containers = pod
        .spec
        .iter()
        .flat_map(|spec| spec.init_containers.iter().flatten().chain(&spec.containers));
    let mut ports = containers.flat_map(|container| container.ports.iter().flatten());
    ports.any(|port| port.host_port.is_some_and(|port| port != 0))
}

async fn make(site: &Site, pod: &Pod) -> Result<Box<Ground>, Setback> {
    let uid = pod.metadata.uid.as_deref().unwrap_or_default();
    let address = site
        .addresses()
        .allocate(uid)
        .ok_or_else(|| sandbox_error("no address of the node's pod range is free".to_owned()))?;
    let mut tokens = Tokens::default();
    refresh::write(site, pod, address, &mut tokens, Freshness::Now).await?;
    let interface = attach(site, pod, address)?;
    let namespace = pod.metadata.namespace.as_deref().unwrap_or_default();
    let name = pod.metadata.name.as_deref().unwrap_or_default();
    let sandbox = site.runtime.create(SandboxSpec {
        name: format!("{namespace}/{name}/{uid}"),
        interface,
        hostname: hostname(pod),
    });
    let states = sandbox.states();
    Ok(Box::new(Ground { address, sandbox, states, tokens }))
}

fn attach(site: &Site, pod: &Pod, address: IpAddr) -> Result<Interface, Setback> {
    let spec = pod.spec.clone().unwrap_or_default();
    let granted = pod.metadata.annotations.as_ref().and_then(|all| all.get(EGRESS));
    let egress = match granted.map(String::as_str) {
        Some("allow") => Egress::Allowed,
        _ => Egress::Denied,
    };
    let namespace = pod.metadata.namespace.as_deref().unwrap_or_default();
    let mut attachment = Attachment::new(address);
    attachment.search = search(&spec, namespace, &site.cluster_domain);
    if let Some(dots) = ndots(&spec) {
        attachment.ndots = dots;
    }
    attachment.hosts = hosts(&spec, pod, address, &site.cluster_domain);
    attachment.egress = egress;
    site.switch.attach(attachment).map_err(|error| sandbox_error(chain(&error)))
}

fn sandbox_error(why: String) -> Setback {
    Setback::new("FailedCreatePodSandBox", format!("Failed to create pod sandbox: {why}"))
}

/// Where a relative name is looked up.
fn search(spec: &PodSpec, namespace: &str, domain: &str) -> Vec<String> {
    let own = match spec.dns_policy.as_deref() {
        Some("None" | "Default") => Vec::new(),
        _ => vec![format!("{namespace}.svc.{domain}"), format!("svc.{domain}"), domain.to_owned()],
    };
    let more = spec.dns_config.iter().filter_map(|config| config.searches.clone()).flatten();
    own.into_iter().chain(more).collect()
}

fn ndots(spec: &PodSpec) -> Option<usize> {
    let options = spec.dns_config.as_ref()?.options.as_ref()?;
    let option = options.iter().find(|option| option.name.as_deref() == Some("ndots"))?;
    option.value.as_deref()?.parse().ok()
}

/// What `/etc/hosts` would hold: the pod's own names and those it asks for.
fn hosts(spec: &PodSpec, pod: &Pod, address: IpAddr, domain: &str) -> Vec<(String, IpAddr)> {
    let hostname = hostname(pod);
    let mut hosts = Vec::new();
    if let Some(subdomain) = spec.subdomain.as_deref().filter(|one| !one.is_empty()) {
        let namespace = pod.metadata.namespace.as_deref().unwrap_or_default();
        hosts.push((format!("{hostname}.{subdomain}.{namespace}.svc.{domain}"), address));
    }
    hosts.push((hostname, address));
    for alias in spec.host_aliases.iter().flatten() {
        if let Ok(address) = alias.ip.parse() {
            hosts.extend(alias.hostnames.iter().flatten().map(|name| (name.clone(), address)));
        }
    }
    hosts
}

/// What the pod calls itself.
fn hostname(pod: &Pod) -> String {
    let own = pod.spec.as_ref().and_then(|spec| spec.hostname.as_deref());
    let name = own.filter(|name| !name.is_empty()).or(pod.metadata.name.as_deref());
    let mut name = name.unwrap_or_default().to_owned();
    name.truncate(HOSTNAME_LENGTH);
    name.trim_end_matches(['-', '.']).to_owned()
}
