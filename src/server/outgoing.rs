//! Whatever the server itself calls: webhooks, the servers behind Services, the endpoints of pods.
//!
//! [`Outgoing`] opens streams: to hosts, and to Services, whose backends may be pods that only their node reaches.
//! [`Remote`] is one thing that is called, with its trust, its credentials and its connections; [`Settings`]
//! say what that is, made from a `clientConfig`, a reference to a Service, or a kubeconfig file.

mod backend;
mod client_config;
mod configured;
mod connect;
mod destination;
mod failure;
mod kubeconfig;
mod remote;
pub(crate) mod tls;

use std::sync::Arc;

use base::{Random, Tasks};
use tokio::net::TcpStream;

pub(crate) use backend::{Backend, PodName, backends, endpoints, slices};
pub(crate) use client_config::client_config;
pub(crate) use configured::Configured;
pub(crate) use destination::{Address, Destination};
pub(crate) use failure::Failure;
pub(crate) use remote::{Remote, Settings};
pub(crate) use tls::{ClientCertificate, Trust};

use crate::NodeTransport;
use crate::catalog::Catalog;
use crate::nodes::NodeStream;

/// How many backends of a Service are tried before a call fails. More would only delay the answer.
const BACKENDS_TRIED_MAX: usize = 3;

/// Opens streams to whatever the server calls.
#[derive(Debug)]
pub(crate) struct Outgoing {
    catalog: Arc<Catalog>,
    nodes: Arc<dyn NodeTransport>,
    tasks: Tasks,
    random: Random,
}

impl Outgoing {
    pub(crate) fn new(
        catalog: Arc<Catalog>,
        nodes: Arc<dyn NodeTransport>,
        tasks: Tasks,
        random: Random,
    ) -> Self {
        Self { catalog, nodes, tasks, random }
    }

    /// The same, whose connections live on other tasks.
    pub(crate) fn on(&self, tasks: Tasks) -> Arc<Self> {
        Arc::new(Self {
            catalog: Arc::clone(&self.catalog),
            nodes: Arc::clone(&self.nodes),
            tasks,
            random: self.random.clone(),
        })
    }

    /// Connects to an address.
    pub(crate) async fn open(&self, address: &Address) -> Result<NodeStream, Failure> {
        match address {
            Address::Host { host, port } => tcp(host, *port).await,
            Address::Service { namespace, name, port } => {
                let mut found = backends(&self.catalog, namespace, name, &port.to_string())
                    .map_err(|error| Failure::new(error.message))?;
                let first = usize::try_from(self.random.below(found.len() as u64));
                found.rotate_left(first.unwrap_or_default());
                self.open_first(&found).await
            }
        }
    }

    /// Connects to the first backend that answers.
    async fn open_first(&self, backends: &[Backend]) -> Result<NodeStream, Failure> {
        let mut failure = Failure::new("no endpoints available");
        for backend in backends.iter().take(BACKENDS_TRIED_MAX) {
            match self.open_backend(backend).await {
                Ok(stream) => return Ok(stream),
                Err(refused) => failure = refused,
            }
        }
        Err(failure)
    }

    /// Connects to one backend of a Service.
    pub(crate) async fn open_backend(&self, backend: &Backend) -> Result<NodeStream, Failure> {
        match backend {
            Backend::Pod { pod, port } => {
                pod.target(&self.nodes).dial(*port).await.map_err(Failure::new)
            }
            Backend::Host { host, port } => tcp(host, *port).await,
        }
    }

    fn tasks(&self) -> Tasks {
        self.tasks.clone()
    }
}

async fn tcp(host: &str, port: u16) -> Result<NodeStream, Failure> {
    let stream = TcpStream::connect((host, port)).await;
    let stream = stream.map_err(|error| Failure::of_dial(host, port, &error))?;
    // Small questions wait for small answers.
    let _ = stream.set_nodelay(true);
    Ok(Box::new(stream))
}

#[cfg(test)]
mod tests;
