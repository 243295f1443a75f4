//! What all pods of a node share.

use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard};

use base::{Clock, Random, Tasks};
use client::{Cache, Caches, EventRecorder};
use k8s_openapi::api::core::v1::Service;
use network::{Interface, Switch};

use crate::addresses::{Addresses, host_address};
use crate::admission::Ledger;
use crate::amounts::Amounts;
use crate::logs::Logs;
use crate::meters::Meters;
use crate::sources::Library;
use crate::volumes::Volumes;
use crate::{Config, Error, node};

/// The node as its pods see it.
pub(crate) struct Site {
    pub(crate) client: kube::Client,
    pub(crate) node_name: String,
    pub(crate) node_addresses: Vec<IpAddr>,
    pub(crate) cluster_domain: String,
    pub(crate) runtime: Arc<dyn sandbox::Runtime>,
    pub(crate) switch: Switch,
    /// The node's own presence on the pod network, for probes and hooks.
    pub(crate) presence: Interface,
    pub(crate) images: Arc<::images::Images>,
    pub(crate) volumes: Volumes,
    pub(crate) logs: Logs,
    pub(crate) library: Library,
    pub(crate) caches: Caches,
    pub(crate) services: Cache<Service>,
    pub(crate) recorder: EventRecorder,
    pub(crate) clock: Clock,
    pub(crate) random: Random,
    pub(crate) meters: Meters,
    /// What pods may take together.
    pub(crate) allocatable: Amounts,
    addresses: Mutex<Addresses>,
    ledger: Mutex<Ledger>,
}

impl std::fmt::Debug for Site {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Site").field("node_name", &self.node_name).finish_non_exhaustive()
    }
}

impl Site {
    pub(crate) fn new(config: &Config, tasks: &Tasks) -> Result<Self, Error> {
        let path = config.data_dir.clone();
        std::fs::create_dir_all(&path).map_err(|source| Error::Folder { path, source })?;
        let address = host_address(config.pod_cidr);
        let presence = config.switch.host(address);
        let presence = presence.map_err(|source| Error::Network { address, source })?;
        let client = config.client.clone();
        let host = Some(config.node_name.as_str());
        let recorder = EventRecorder::new(client.clone(), "kubelet", host, &config.clock, tasks);
        let caches = Caches::new(client.clone(), tasks);
        let allocatable = node::allocatable(&config.data_dir, &config.runtime.capacity());
        Ok(Self {
            node_name: config.node_name.clone(),
            node_addresses: config.node_addresses.clone(),
            cluster_domain: config.cluster_domain.clone(),
            runtime: Arc::clone(&config.runtime),
            switch: config.switch.clone(),
            presence,
            images: Arc::clone(&config.images),
            volumes: Volumes::new(&config.data_dir, config.host_paths)
                .secrets_in_memory(&config.data_dir),
            logs: Logs::new(&config.data_dir, config.clock.clone()),
            library: Library::new(client.clone()),
            services: caches.of::<Service>(),
            caches,
            recorder,
            clock: config.clock.clone(),
            random: config.random.clone(),
            meters: Meters::new(&config.metrics),
            addresses: Mutex::new(Addresses::new(config.pod_cidr)),
            ledger: Mutex::new(Ledger::new(allocatable.clone())),
            allocatable,
            client,
        })
    }

    pub(crate) fn addresses(&self) -> MutexGuard<'_, Addresses> {
        self.addresses.lock().expect("nothing panics while it is held")
    }

    pub(crate) fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().expect("nothing panics while it is held")
    }
}
