//! Asks containers whether they have started, are alive and are ready.
//!
//! A probe that this node cannot make (`exec` and `grpc` need a process beside the container's own)
//! counts as an error and not as a failure, as Kubernetes treats a probe it cannot carry out: nothing
//! is killed for it, a container with such a readiness probe does not become ready, and an event says
//! what to use instead.

mod http;
mod tally;
mod tcp;

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use k8s_openapi::api::core::v1::{Container, HTTPGetAction, Probe as ProbeSpec};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use network::Interface;

pub(crate) use tally::Tally;

use crate::lifecycle::Probe;

/// What one probing has found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    Passed,
    Failed(String),
    /// It could not be made.
    Unknown(String),
}

impl Outcome {
    /// The same, said in other words.
    fn reworded(self, words: impl FnOnce(String) -> String) -> Self {
        match self {
            Self::Passed => Self::Passed,
            Self::Failed(why) => Self::Failed(words(why)),
            Self::Unknown(why) => Self::Unknown(words(why)),
        }
    }
}

/// A container's probe of this kind.
pub(crate) fn spec_of(container: &Container, probe: Probe) -> Option<&ProbeSpec> {
    match probe {
        Probe::Startup => container.startup_probe.as_ref(),
        Probe::Liveness => container.liveness_probe.as_ref(),
        Probe::Readiness => container.readiness_probe.as_ref(),
    }
}

/// Makes one probing of a container at this address.
pub(crate) async fn run(
    interface: &Interface,
    address: IpAddr,
    container: &Container,
    spec: &ProbeSpec,
) -> Outcome {
    let limit = Duration::from_secs(
        spec.timeout_seconds.and_then(|seconds| u64::try_from(seconds).ok()).unwrap_or(1).max(1),
    );
    if let Some(get) = &spec.http_get {
        match target(get.host.as_deref(), address, &get.port, container) {
            Ok(target) => http::probe(interface, target, get, limit).await,
            Err(outcome) => outcome,
        }
    } else if let Some(socket) = &spec.tcp_socket {
        match target(socket.host.as_deref(), address, &socket.port, container) {
            Ok(target) => tcp::probe(interface, target, limit).await,
            Err(outcome) => outcome,
        }
    } else {
        let kind = if spec.exec.is_some() { "exec" } else { "grpc" };
        Outcome::Unknown(format!(
            "{kind} probes are not supported for WebAssembly components; use httpGet or tcpSocket"
        ))
    }
}

/// Calls a hook's HTTP endpoint.
pub(crate) async fn call(
    interface: &Interface,
    address: IpAddr,
    container: &Container,
    get: &HTTPGetAction,
    limit: Duration,
) -> Outcome {
    match target(get.host.as_deref(), address, &get.port, container) {
        Ok(target) => http::probe(interface, target, get, limit).await,
        Err(outcome) => outcome,
    }
}

/// Where a probe goes: a port by number or by its name in the container's spec.
fn target(
    host: Option<&str>,
    address: IpAddr,
    port: &IntOrString,
    container: &Container,
) -> Result<SocketAddr, Outcome> {
    let number = match port {
        IntOrString::Int(number) => Some(*number),
        IntOrString::String(name) => name.parse().ok().or_else(|| {
            let mut ports = container.ports.iter().flatten();
            ports.find(|port| port.name.as_ref() == Some(name)).map(|port| port.container_port)
        }),
    };
    let number = number.and_then(|number| u16::try_from(number).ok()).filter(|port| *port > 0);
    let Some(number) = number else {
        return Err(Outcome::Unknown("couldn't find the port among the container's".to_owned()));
    };
    let address = match host.filter(|host| !host.is_empty()) {
        None => address,
        Some(host) => host
            .parse()
            .map_err(|_| Outcome::Unknown(format!("the host {host:?} is not an address")))?,
    };
    Ok(SocketAddr::new(address, number))
}

#[cfg(test)]
mod tests;
