//! Waits until what was applied is ready, and says where it answers.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::{Pod, Service};
use kube::api::ListParams;
use kube::{Api, Client};
use tokio::time::Instant;

use crate::Platform;
use crate::apply::Manifest;

/// How often the objects are read again: fast enough for an eye, idle enough for a small board.
const POLL: Duration = Duration::from_millis(50);

/// Waits until every Deployment and Pod among the manifests is ready; tells `progress` each change.
pub async fn wait(
    client: &Client,
    manifests: &[Manifest],
    timeout: Duration,
    progress: &dyn Fn(&str),
) -> Result<()> {
    let start = Instant::now();
    let mut shown = BTreeMap::new();
    loop {
        let mut waiting = Vec::new();
        for manifest in manifests {
            let Some(state) = state(client, manifest).await? else { continue };
            let name = manifest.name();
            if !state.ready {
                waiting.push(name.clone());
            }
            if shown.get(&name) != Some(&state.text) {
                let seconds = start.elapsed().as_secs_f32();
                progress(&format!("[{seconds:6.2}s] {name}: {}", state.text));
                shown.insert(name, state.text);
            }
        }
        if waiting.is_empty() {
            return Ok(());
        }
        if start.elapsed() > timeout {
            bail!("not ready after {} s: {}", timeout.as_secs(), waiting.join(", "));
        }
        tokio::time::sleep(POLL).await;
    }
}

struct State {
    ready: bool,
    text: String,
}

/// None for kinds that are ready by existing.
async fn state(client: &Client, manifest: &Manifest) -> Result<Option<State>> {
    let name = manifest.object.pointer("/metadata/name").and_then(|name| name.as_str());
    let name = name.unwrap_or_default();
    let namespace = manifest.namespace();
    if manifest.is("Deployment") {
        let api: Api<Deployment> = Api::namespaced(client.clone(), namespace);
        let deployment = api.get(name).await.with_context(|| manifest.name())?;
        let problem = match deployment.spec.as_ref().map(|spec| &spec.selector) {
            Some(selector) => problem(client, namespace, selector.match_labels.as_ref()).await?,
            None => None,
        };
        return Ok(Some(deployment_state(&deployment, problem)));
    }
    if manifest.is("Pod") {
        let api: Api<Pod> = Api::namespaced(client.clone(), namespace);
        let pod = api.get(name).await.with_context(|| manifest.name())?;
        return Ok(Some(pod_state(&pod)));
    }
    Ok(None)
}

fn deployment_state(deployment: &Deployment, problem: Option<String>) -> State {
    let wanted = deployment.spec.as_ref().and_then(|spec| spec.replicas).unwrap_or(1);
    let status = deployment.status.clone().unwrap_or_default();
    let observed = status.observed_generation.unwrap_or(0);
    let ready = observed >= deployment.metadata.generation.unwrap_or(0)
        && status.updated_replicas.unwrap_or(0) == wanted
        && status.available_replicas.unwrap_or(0) == wanted
        && status.replicas.unwrap_or(0) == wanted;
    let mut text = format!("{}/{wanted} pods ready", status.ready_replicas.unwrap_or(0));
    if let Some(problem) = problem.filter(|_| !ready) {
        let _ = write!(text, " ({problem})");
    }
    State { ready, text }
}

fn pod_state(pod: &Pod) -> State {
    let status = pod.status.clone().unwrap_or_default();
    let ready = status
        .conditions
        .iter()
        .flatten()
        .any(|condition| condition.type_ == "Ready" && condition.status == "True");
    let phase = status.phase.unwrap_or_else(|| "Pending".to_owned());
    State { ready: ready || phase == "Succeeded", text: phase }
}

/// What keeps one of the pods, in the words `kubectl get pods` would show.
async fn problem(
    client: &Client,
    namespace: &str,
    labels: Option<&BTreeMap<String, String>>,
) -> Result<Option<String>> {
    let Some(labels) = labels else { return Ok(None) };
    let selector: Vec<String> =
        labels.iter().map(|(key, value)| format!("{key}={value}")).collect();
    let params = ListParams::default().labels(&selector.join(","));
    let pods = Api::<Pod>::namespaced(client.clone(), namespace).list(&params).await?;
    let waiting = pods.items.iter().find_map(|pod| {
        let statuses = pod.status.as_ref()?.container_statuses.as_ref()?;
        statuses.iter().find_map(|status| {
            let waiting = status.state.as_ref()?.waiting.as_ref()?;
            waiting.reason.clone()
        })
    });
    Ok(waiting)
}

/// One line for each port of a Service that this machine answers on.
pub async fn urls(platform: &Platform) -> Result<Vec<String>> {
    let services = Api::<Service>::all(platform.client()).list(&ListParams::default()).await?;
    let mut lines = Vec::new();
    for service in services.items {
        let spec = service.spec.unwrap_or_default();
        for port in spec.ports.unwrap_or_default() {
            let Some(node_port) = port.node_port else { continue };
            let scheme = if port.protocol.as_deref() == Some("UDP") { "udp" } else { "http" };
            lines.push(format!("{scheme}://{}:{node_port}/", platform.node_address()));
        }
    }
    Ok(lines)
}
