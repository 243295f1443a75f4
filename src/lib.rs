//! Isopod: a Kubernetes whose pods are WebAssembly components.
//!
//! [`Platform`] builds every part and joins them; the binary and the tests start it. The parts speak to each
//! other through the Kubernetes API alone: inside one process their `kube::Client` runs over the server's
//! own service, without a socket.

pub mod apply;
pub mod backup;
pub mod bench;
pub mod cli;
mod data_dir;
mod in_process_nodes;
mod logging;
pub mod ready;

use std::net::{IpAddr, SocketAddr};
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use base::{Clock, Metrics, Random, Tasks};
use client::Caches;
use images::Images;
use ipnet::IpNet;
use kubelet::Kubelet;
use network::{Networks, NodePorts, Switch, Uplink};
use server::{Authentication, Server, User};

use data_dir::DataDir;
use in_process_nodes::InProcessNodes;

/// This build's version.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
/// The Kubernetes API this build serves. The plus sign keeps Helm from taking it for a pre-release.
pub const KUBERNETES_VERSION: &str = "v1.35.0+isopod";
/// The file of a data directory that lets its bearer do everything.
pub const KUBECONFIG_FILE: &str = "kubeconfig";

const CLUSTER_DOMAIN: &str = "cluster.local";
/// What the node says of its runtime.
const RUNTIME_VERSION: &str = "wasmtime://48";
/// For containers to end after a signal: they are dropped, not asked, so this is plenty.
const NODE_GRACE: Duration = Duration::from_secs(15);
/// For controllers to end the write they are at. A busy disk may take seconds for it.
const CONTROL_GRACE: Duration = Duration::from_secs(15);
/// For requests under way, which the server itself cuts off when their time is over, and for what is left then.
const SERVER_GRACE: Duration = server::STOP_GRACE.saturating_add(Duration::from_secs(3));
/// For the last audit events to be written.
const STORE_GRACE: Duration = Duration::from_secs(15);
/// As on Kubernetes.
const NODE_PORTS: RangeInclusive<u16> = 30000..=32767;

/// What a platform is made of.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where everything that lasts is kept.
    pub data_dir: PathBuf,
    /// Where the API server listens; port 0 takes a free one. Node ports listen on the same address.
    pub listen: SocketAddr,
    /// The name of this process's node.
    pub node_name: String,
    /// Addresses for pods.
    pub pod_cidr: IpNet,
    /// Addresses for Services.
    pub service_cidr: IpNet,
    /// The ports of Services on the nodes.
    pub node_ports: RangeInclusive<u16>,
    /// How clients may prove who they are.
    pub authentication: Authentication,
    /// Tells the time.
    pub clock: Clock,
    /// Makes names, uids and choices.
    pub random: Random,
    /// Backups that are made by the clock.
    pub snapshots: Option<backup::Snapshots>,
    /// What the operator has set of the API server.
    pub operations: server::Operations,
    /// Where every part counts; the API server shows it under `/metrics`.
    pub metrics: Metrics,
}

impl Config {
    /// The defaults, on this data directory.
    pub fn new(data_dir: PathBuf) -> Self {
        Self {
            data_dir,
            listen: SocketAddr::from(([127, 0, 0, 1], 6443)),
            node_name: "isopod".to_owned(),
            pod_cidr: IpNet::new_assert(IpAddr::from([10, 42, 0, 0]), 16),
            service_cidr: IpNet::new_assert(IpAddr::from([10, 43, 0, 0]), 16),
            node_ports: NODE_PORTS,
            authentication: Authentication::default(),
            clock: Clock::system(),
            random: Random::system(),
            snapshots: None,
            operations: server::Operations::default(),
            metrics: Metrics::default(),
        }
    }
}

/// A running cluster: control plane and one node.
#[derive(Debug)]
pub struct Platform {
    server: Arc<Server>,
    kubelet: Kubelet,
    layers: Layers,
    /// Held until everything has stopped.
    data_dir: Arc<DataDir>,
    node_address: IpAddr,
}

/// Tasks in the order they were started; they stop in reverse.
#[derive(Debug, Default)]
struct Layers {
    /// The store and what the server keeps of it, which requests under way need to the end.
    store: Tasks,
    server: Tasks,
    control: Tasks,
    node: Tasks,
}

impl Platform {
    /// Starts every part and returns when the API answers.
    pub async fn start(config: Config) -> Result<Self> {
        let data_dir = DataDir::claim(&config.data_dir)?;
        data_dir.check_whole()?;
        data_dir.keep_node_name(&config.node_name)?;
        let layers = Layers::default();
        let images = tokio::task::spawn_blocking({
            let (folder, clock) = (data_dir.images(), config.clock.clone());
            move || open_images(&folder, clock)
        });
        let nodes = Arc::new(InProcessNodes::default());
        let server = start_server(&config, &data_dir, &layers, Arc::clone(&nodes)).await?;
        // One watch of each kind for all parts that know whole kinds. Controllers may read everything.
        let reader = component(&server, "system:kube-controller-manager");
        let caches = Caches::new(reader, &layers.control);
        start_control_plane(&config, &server, &layers.control, &caches);
        let images = Arc::new(images.await.context("images")??);
        let node_address = server.advertised().ip();
        let kubelet = start_node(&config, &data_dir, &server, &layers.node, images, &caches)?;
        nodes.add(&config.node_name, kubelet.endpoint());
        data_dir.write_kubeconfig(&server.admin_kubeconfig())?;
        let (server, data_dir) = (Arc::new(server), Arc::new(data_dir));
        renew_kubeconfig(&layers.control, Arc::clone(&server), Arc::clone(&data_dir));
        let platform = Self { server, kubelet, layers, data_dir, node_address };
        if let Some(snapshots) = config.snapshots {
            let (folder, clock) = (platform.data_dir.snapshots(), config.clock);
            backup::start(&platform.layers.control, platform.client(), clock, folder, snapshots);
        }
        Ok(platform)
    }

    /// Where the API server answers.
    pub fn url(&self) -> String {
        format!("https://{}", self.server.address())
    }

    /// The address at which node ports are reached.
    pub fn node_address(&self) -> IpAddr {
        self.node_address
    }

    /// The administrator's kubeconfig.
    pub fn kubeconfig_path(&self) -> PathBuf {
        self.data_dir.kubeconfig()
    }

    /// A client for the administrator, without a socket.
    pub fn client(&self) -> kube::Client {
        client::in_process(self.server.in_process(User::admin()), "default")
    }

    /// Completes when a part has failed and the rest must stop too.
    pub async fn failed(&self) {
        let Layers { store, server, control, node } = &self.layers;
        let [store, server, control, node] = [store, server, control, node].map(Tasks::stop_token);
        tokio::select! {
            biased;
            () = store.cancelled() => {}
            () = server.cancelled() => {}
            () = control.cancelled() => {}
            () = node.cancelled() => {}
        }
    }

    /// From now on the server says that it is not ready; it still answers.
    pub fn announce_stop(&self) {
        self.server.announce_stop();
    }

    /// Stops everything in the reverse of the order it was started; false when something outlived its time.
    pub async fn stop(self) -> bool {
        self.announce_stop();
        let pods = self.kubelet.stop(NODE_GRACE).await;
        let node = self.layers.node.shutdown(NODE_GRACE).await;
        let control = self.layers.control.shutdown(CONTROL_GRACE).await;
        let server = self.layers.server.shutdown(SERVER_GRACE).await;
        let store = self.layers.store.shutdown(STORE_GRACE).await;
        pods && node && control && server && store
    }
}

/// Writes the kubeconfig anew whenever the server has renewed its certificates.
fn renew_kubeconfig(tasks: &Tasks, server: Arc<Server>, data_dir: Arc<DataDir>) {
    let mut renewals = server.renewals();
    tasks.spawn_until_stop("kubeconfig", async move {
        while renewals.changed().await.is_ok() {
            if let Err(error) = data_dir.write_kubeconfig(&server.admin_kubeconfig()) {
                tracing::error!(error = format!("{error:#}"), "the kubeconfig is not renewed");
            }
        }
    });
}

/// Opens the images and imports those that travel in the binary.
fn open_images(folder: &Path, clock: Clock) -> Result<Images> {
    let images = Images::open(folder, clock).context("images")?;
    for example in guests::EXAMPLES {
        let name = format!("localhost/isopod/{}:latest", example.name);
        images.import(&name, example.bytes).with_context(|| name.clone())?;
    }
    Ok(images)
}

async fn start_server(
    config: &Config,
    data_dir: &DataDir,
    layers: &Layers,
    nodes: Arc<InProcessNodes>,
) -> Result<Server> {
    let (path, metrics) = (data_dir.store(), config.metrics.clone());
    let file = path.clone();
    metrics.computed(
        "apiserver_storage_size_bytes",
        "Size of the store's file, in bytes.",
        base::Sort::Gauge,
        &["storage_cluster_id"],
        move || size(&file).map(|size| (vec!["redb-0".to_owned()], size)).into_iter().collect(),
    );
    let store =
        tokio::task::spawn_blocking(move || store::redb::Redb::open_measured(&path, &metrics))
            .await
            .context("open the store")?
            .context("open the store")?;
    let ended = store.ended();
    layers.store.spawn("store", |stop| async move {
        if stop.run_until_cancelled(ended).await.is_some() {
            tracing::error!("nothing can be stored any more; stopping");
            stop.cancel();
        }
    });
    let server = Server::start(server::Config {
        clock: config.clock.clone(),
        random: config.random.clone(),
        tasks: layers.server.clone(),
        foundation: layers.store.clone(),
        store: Arc::new(store),
        listen: config.listen,
        data_dir: Some(data_dir.path().to_owned()),
        service_cidr: config.service_cidr,
        node_ports: config.node_ports.clone(),
        nodes,
        authentication: config.authentication.clone(),
        version: server::Version {
            git_version: KUBERNETES_VERSION.to_owned(),
            ..server::Version::default()
        },
        metrics: config.metrics.clone(),
        operations: config.operations.clone(),
    });
    server.await.context("start the API server")
}

fn size(file: &Path) -> Option<f64> {
    #[expect(clippy::cast_precision_loss, reason = "no file has 2^52 bytes")]
    std::fs::metadata(file).ok().map(|metadata| metadata.len() as f64)
}

fn start_control_plane(config: &Config, server: &Server, tasks: &Tasks, caches: &Caches) {
    controllers::start(controllers::Config {
        caches: caches.clone(),
        tasks: tasks.clone(),
        clock: config.clock.clone(),
        metrics: config.metrics.clone(),
        root_ca_pem: server.authority_pem().to_owned(),
        pod_cidr: config.pod_cidr,
        service_cidr: config.service_cidr,
    });
    scheduler::start(scheduler::Config {
        caches: caches.writing_with(component(server, "system:kube-scheduler")),
        clock: config.clock.clone(),
        random: config.random.clone(),
        metrics: config.metrics.clone(),
        tasks: tasks.clone(),
    });
}

fn start_node(
    config: &Config,
    data_dir: &DataDir,
    server: &Server,
    tasks: &Tasks,
    images: Arc<Images>,
    caches: &Caches,
) -> Result<Kubelet> {
    let own_range = own_range(config.pod_cidr);
    let switch = Switch::new(network::Config {
        networks: Networks {
            attached: vec![config.pod_cidr],
            virtual_only: vec![config.service_cidr],
        },
        uplink: Some(Uplink::new(tasks.child())),
        random: config.random.clone(),
    });
    let runtime = sandbox::Wasmtime::new(sandbox::Config {
        cache_dir: data_dir.compiled(),
        clock: config.clock.clone(),
        capacity: sandbox::Capacity::of_machine(),
        threads: std::thread::available_parallelism().map_or(1, usize::from),
    });
    let user = User::new(format!("system:node:{}", config.node_name), &["system:nodes"]);
    let client = client::in_process(server.in_process(user), "default");
    let kubelet = Kubelet::start(kubelet::Config {
        client: client.clone(),
        node_name: config.node_name.clone(),
        node_addresses: vec![server.advertised().ip()],
        runtime: Arc::new(runtime.context("start the Wasm runtime")?),
        switch: switch.clone(),
        images,
        data_dir: data_dir.node(),
        pod_cidr: own_range,
        cluster_domain: CLUSTER_DOMAIN.to_owned(),
        version: KUBERNETES_VERSION.to_owned(),
        runtime_version: RUNTIME_VERSION.to_owned(),
        host_paths: kubelet::HostPaths::Refused,
        metrics: config.metrics.clone(),
        clock: config.clock.clone(),
        random: config.random.clone(),
        tasks: tasks.clone(),
    })
    .context("start the node")?;
    let own = kubelet::node_ports_address(own_range);
    let own = switch.host(own).context("join the pod network")?;
    proxy::start(proxy::Config {
        caches: caches.writing_with(client),
        switch,
        node_ports: NodePorts::new(config.listen.ip(), own, tasks.child()),
        listen: config.listen.ip(),
        node_name: config.node_name.clone(),
        cluster_domain: CLUSTER_DOMAIN.to_owned(),
        tasks: tasks.clone(),
    });
    Ok(kubelet)
}

/// The range of this process's node: one half of the pod network, room for ten thousand pods and more. The other
/// half is for nodes that join.
fn own_range(pod_cidr: IpNet) -> IpNet {
    let half =
        pod_cidr.subnets(pod_cidr.prefix_len() + 1).ok().and_then(|mut halves| halves.next());
    half.unwrap_or(pod_cidr)
}

/// A client for one of the platform's own parts.
fn component(server: &Server, name: &str) -> kube::Client {
    client::in_process(server.in_process(User::new(name, &[])), "default")
}
