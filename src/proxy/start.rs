//! Keeps the switch and the ports of the host as the Services say.

use std::net::IpAddr;
use std::time::Duration;

use base::{CancellationToken, Tasks};
use client::{Cache, Caches, Changes};
use k8s_openapi::api::core::v1::Service;
use k8s_openapi::api::discovery::v1::EndpointSlice;
use network::{NodePorts, Switch};
use tokio::time::{sleep, timeout};
use tracing::{debug, warn};

use crate::health_ports::HealthPorts;
use crate::{Objects, health_checks, node_ports, tables};

/// Changes within this time become one exchange of tables: a rollout touches many objects at once, and a rebuild of a
/// thousand Services takes about as long.
const COALESCE: Duration = Duration::from_millis(5);

/// A port of the host that another program holds is tried again this often: soon enough for a user who frees it, seldom
/// enough not to fill the log.
const RETRY_PORTS: Duration = Duration::from_secs(30);

/// What the proxy of a node needs.
#[derive(Debug)]
pub struct Config {
    /// The process's caches.
    pub caches: Caches,
    /// The switch whose tables it builds.
    pub switch: Switch,
    /// The ports of the host it opens and closes.
    pub node_ports: NodePorts,
    /// The address of the host at which it tells load balancers how Services are.
    pub listen: IpAddr,
    /// The node it runs on.
    pub node_name: String,
    /// The domain under which the names of the cluster stand.
    pub cluster_domain: String,
    /// What it runs as.
    pub tasks: Tasks,
}

/// Starts the proxy; it runs until its tasks stop.
pub fn start(config: Config) {
    let proxy = Proxy {
        services: config.caches.of(),
        slices: config.caches.of(),
        switch: config.switch,
        node_ports: config.node_ports,
        health_ports: HealthPorts::new(config.listen, config.tasks.clone()),
        node_name: config.node_name,
        cluster_domain: config.cluster_domain,
    };
    config.tasks.spawn("proxy", |stop| async move {
        stop.clone().run_until_cancelled_owned(proxy.run(stop)).await;
    });
}

struct Proxy {
    services: Cache<Service>,
    slices: Cache<EndpointSlice>,
    switch: Switch,
    node_ports: NodePorts,
    health_ports: HealthPorts,
    node_name: String,
    cluster_domain: String,
}

impl Proxy {
    async fn run(mut self, stop: CancellationToken) {
        let ready = async {
            self.services.ready().await?;
            self.slices.ready().await
        };
        if ready.await.is_err() {
            debug!(stopping = stop.is_cancelled(), "caches ended before their first list");
            return;
        }
        let (services, slices) = (self.services.changes(), self.slices.changes());
        loop {
            let all_open = self.apply().await;
            let changed = changed(&services, &slices);
            if all_open {
                changed.await;
            } else if timeout(RETRY_PORTS, changed).await.is_err() {
                continue;
            }
            sleep(COALESCE).await;
            services.take();
            slices.take();
        }
    }

    /// Brings tables and ports up to date; false when a port of the host could not be had.
    async fn apply(&mut self) -> bool {
        let (services, slices) = (self.services.list(), self.slices.list());
        let (tables, ports, checks) = {
            let objects = Objects {
                services: &services,
                slices: &slices,
                networks: self.switch.networks(),
                node_name: &self.node_name,
                cluster_domain: &self.cluster_domain,
            };
            (tables(&objects), node_ports(&objects), health_checks(&objects))
        };
        self.switch.install(tables);
        let failures = self.node_ports.set(ports).await;
        for failure in &failures {
            let (port, protocol, error) = (failure.port, failure.protocol, &failure.error);
            warn!(port, ?protocol, %error, "node port not available");
        }
        let unheard = self.health_ports.set(checks).await;
        for (port, error) in &unheard {
            warn!(port, %error, "port for health checks not available");
        }
        failures.is_empty() && unheard.is_empty()
    }
}

/// Waits until a Service or a slice changes.
async fn changed(services: &Changes, slices: &Changes) {
    tokio::select! {
        biased;
        _ = services.next() => (),
        _ = slices.next() => (),
    }
}

#[cfg(test)]
mod tests;
