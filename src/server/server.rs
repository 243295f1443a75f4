//! The server as a value: started, asked, stopped with its tasks.

use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::sync::Arc;

use base::{Clock, Metrics, Random, Tasks};
use ipnet::IpNet;
use store::Store;
use tokio::net::TcpListener;

use crate::advertise::advertised;
use crate::api::Api;
use crate::backup::Backups;
use crate::encryption::{self, Encrypted, Plugins};
use crate::identity::Identity;
use crate::metrics::Measured;
use crate::pki::{self, Pki};
use crate::{
    Authentication, Error, InProcess, NodeTransport, Operations, User, Version, aggregation,
    authorize, bootstrap, definitions, expiry, fairness, policy_status, publish, quota_status,
    serve, signing, tokens,
};

/// What a server is made of.
#[derive(Debug)]
pub struct Config {
    /// Tells the time of timestamps, certificates and tokens.
    pub clock: Clock,
    /// Makes names and UIDs.
    pub random: Random,
    /// Owns the tasks that serve and those that look after things; stopping it stops the server.
    pub tasks: Tasks,
    /// Owns what requests stand on: the watch cache, webhooks, the audit log. It is to be stopped after `tasks`, so
    /// that what is under way is answered.
    pub foundation: Tasks,
    /// Keeps the objects.
    pub store: Arc<dyn Store>,
    /// Where to listen; port 0 takes any.
    pub listen: SocketAddr,
    /// Where certificates and keys are kept; without it they last as long as the server.
    pub data_dir: Option<PathBuf>,
    /// The addresses of Services.
    pub service_cidr: IpNet,
    /// The ports of Services on the nodes.
    pub node_ports: RangeInclusive<u16>,
    /// Reaches the kubelets.
    pub nodes: Arc<dyn NodeTransport>,
    /// How clients may prove who they are.
    pub authentication: Authentication,
    /// What `/version` says.
    pub version: Version,
    /// What the operator has set.
    pub operations: Operations,
    /// Where the server counts, and what `/metrics` shows: all of the process.
    pub metrics: Metrics,
}

/// A running API server.
#[derive(Debug)]
pub struct Server {
    api: Arc<Api>,
    pki: Pki,
    address: SocketAddr,
    advertised: SocketAddr,
}

impl Server {
    /// Reads the store, makes what every cluster has and listens.
    pub async fn start(mut config: Config) -> Result<Self, Error> {
        // Below encryption: what is encrypted stays so in a backup.
        let backups = Backups::new(&config);
        let (store, plugins) = Box::pin(prepare(&config)).await?;
        config.store = store;
        let listener = TcpListener::bind(config.listen)
            .await
            .map_err(|source| Error::Listen { address: config.listen, source })?;
        let address = listener
            .local_addr()
            .map_err(|source| Error::Listen { address: config.listen, source })?;
        let advertised = advertised(address);
        let pki = Pki::open(&config, address)?;
        let api = Api::start(&config, &pki, address, backups, plugins).await?;
        definitions::start(&config.foundation, Arc::clone(&api)).await;
        serve::start(&config.tasks, listener, pki.server_config(), Arc::clone(&api));
        bootstrap::run(&api, &config, advertised).await?;
        publish::run(&api, &config, &pki, advertised).await?;
        aggregation::make_local(&api).await?;
        aggregation::start(&config.tasks, Arc::clone(&api));
        expiry::start(&config.tasks, Arc::clone(&api), config.operations.event_ttl);
        authorize::start(&config.tasks, Arc::clone(&api));
        policy_status::start(&config.tasks, Arc::clone(&api));
        quota_status::start(&config.tasks, Arc::clone(&api));
        signing::start(&config.tasks, Arc::clone(&api), pki.signer());
        tokens::start(&config.tasks, Arc::clone(&api), pki.authority_pem().to_owned());
        pki::start(&config.tasks, pki.serving());
        fairness::start(&config.tasks, Arc::clone(&api));
        api.health().set_ready();
        Ok(Self { api, pki, address, advertised })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where others find it.
    pub fn advertised(&self) -> SocketAddr {
        self.advertised
    }

    /// The certificate of the authority that clients and pods trust, PEM.
    pub fn authority_pem(&self) -> &str {
        self.pki.authority_pem()
    }

    /// A kubeconfig with which its bearer may do everything.
    pub fn admin_kubeconfig(&self) -> String {
        self.pki.admin_kubeconfig(self.address)
    }

    /// Changes when the certificates have been renewed, and with them the administrator's kubeconfig.
    pub fn renewals(&self) -> tokio::sync::watch::Receiver<u64> {
        self.pki.serving().renewals()
    }

    /// From now on `/readyz` fails, so that who balances load turns to other servers; requests are still answered.
    pub fn announce_stop(&self) {
        self.api.health().set_stopping();
    }

    /// The server without socket and TLS, for a client in this process.
    pub fn in_process(&self, user: User) -> InProcess {
        InProcess::new(Arc::clone(&self.api), Identity::new(user))
    }
}

/// The store as the server uses it: encrypted if the operator wants it, and measured. Beside it, whom it asks for keys.
async fn prepare(config: &Config) -> Result<(Arc<dyn Store>, Option<Plugins>), Error> {
    let (store, random) = (Arc::clone(&config.store), || config.random.clone());
    let Some(encryption) = &config.operations.encryption else {
        let plain = Arc::new(Encrypted::without_keys(store, random()));
        return Ok((Arc::new(Measured::new(plain, &config.metrics)), None));
    };
    let encrypted = Encrypted::open(store, &encryption.file, random()).await?;
    encryption::keep_plugins(&config.foundation, encrypted.configuration(), random());
    if encryption.reload {
        let (file, in_force) = (encryption.file.clone(), encrypted.configuration());
        encryption::start(&config.foundation, file, in_force, random());
    }
    let plugins = encrypted.plugins(encryption.reload);
    Ok((Arc::new(Measured::new(Arc::new(encrypted), &config.metrics)), Some(plugins)))
}
