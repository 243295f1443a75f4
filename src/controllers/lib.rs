//! One file per controller, each a pure reconcile.
//!
//! [`start`] runs them all in `client`'s shell. Read `replica_set.rs` first: what it observes, what it decides, and that
//! it does nothing itself.

use base::{Clock, Metrics, Tasks};
use client::{Caches, Shell};
use ipnet::IpNet;

mod bootstrap_signer;
mod bootstrap_tokens;
mod certificate_cleaner;
mod conditions;
mod deployment;
mod disruption;
mod endpoint_slice;
mod endpoints;
mod endpoints_mirror;
mod garbage_collector;
mod ip_address;
mod namespace;
mod node_ipam;
mod node_lifecycle;
mod ownership;
mod pod;
mod pod_gc;
mod refusals;
mod replica_set;
mod replication;
mod replication_controller;
mod resources;
mod root_ca;
mod selector;
mod service_account;
mod service_cidr;
mod slices;
mod storage_protection;
mod taint_eviction;
mod token_cleaner;

#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;

/// What the controllers need.
pub struct Config {
    /// The process's caches, and the client to write with, as `system:kube-controller-manager`.
    pub caches: Caches,
    /// Owns the controllers.
    pub tasks: Tasks,
    /// Tells the time.
    pub clock: Clock,
    /// Where work is counted.
    pub metrics: Metrics,
    /// The certificate authority that clients inside the cluster should trust, published to every namespace.
    pub root_ca_pem: String,
    /// What nodes get their ranges of.
    pub pod_cidr: IpNet,
    /// What the server gives addresses of Services out of.
    pub service_cidr: IpNet,
}

impl std::fmt::Debug for Config {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Config").finish_non_exhaustive()
    }
}

/// Starts every controller; they work as soon as their caches are filled.
pub fn start(config: Config) {
    let caches = config.caches;
    let shell = Shell::new(&caches, &config.tasks, &config.clock, &config.metrics);

    shell.run(replica_set::ReplicaSets::new(&caches));
    shell.run(replication_controller::ReplicationControllers::new(&caches));
    shell.run(deployment::Deployments::new(&caches));
    shell.run(endpoint_slice::EndpointSlices::new(&caches));
    shell.run(endpoints::EndpointsController::new(&caches));
    shell.run(endpoints_mirror::EndpointsMirror::new(&caches));
    shell.run(service_account::ServiceAccounts::new(&caches));
    shell.run(root_ca::RootCa::new(&caches, config.root_ca_pem));
    shell.run(node_lifecycle::NodeLifecycle::new(&caches));
    shell.run(taint_eviction::TaintEviction::new(&caches));
    shell.run(pod_gc::PodGarbage::new(&caches));
    shell.run(storage_protection::ClaimProtection::new(&caches));
    shell.run(storage_protection::VolumeProtection::new(&caches));
    shell.run(certificate_cleaner::CertificateCleaner::new(&caches));
    shell.run(token_cleaner::TokenCleaner::new(&caches));
    shell.run(bootstrap_signer::BootstrapSigner::new(&caches));
    shell.run(node_ipam::NodeIpam::new(&caches, config.pod_cidr));
    shell.run(ip_address::IpAddresses::new(&caches));
    shell.run(service_cidr::ServiceCidrs::new(&caches, config.service_cidr));
    // These know every resource there is, so they begin when the server has said which.
    let tasks = config.tasks.clone();
    config.tasks.clone().spawn("discovery", move |stop| async move {
        let resources = resources::Resources::new(&caches);
        if stop.run_until_cancelled(resources.first()).await.is_none() {
            return;
        }
        shell.run(disruption::Disruption::new(&caches, &resources, &tasks));
        shell.run(namespace::Namespaces::new(&caches, &resources));
        shell.run(garbage_collector::GarbageCollector::new(&resources));
        stop.run_until_cancelled(resources.refresh()).await;
    });
}
