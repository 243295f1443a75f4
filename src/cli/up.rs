//! `isopod up`: a whole cluster in this process, until a signal ends it.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use clap::{ArgMatches, Args, Command};
use ipnet::IpNet;
use tokio::signal::unix::{SignalKind, signal};

use super::authentication::AuthenticationFlags;
use super::authorization::AuthorizationFlags;
use super::operations::Operations;
use super::serving::ServingFlags;
use super::{DataDir, progress, say};
use crate::apply::{self, Manifest};
use crate::{Config, Platform, ready};

/// How long an applied application may take to become ready before `up` says what it waits for and
/// goes on serving. Compiling a large guest on a small board takes most of it.
const READY_TIMEOUT: Duration = Duration::from_mins(5);

#[derive(Debug, Args)]
pub(crate) struct Up {
    #[command(flatten)]
    data: DataDir,
    /// Where the API server listens; port 0 takes a free one
    #[arg(long, value_name = "ADDR:PORT", default_value = "127.0.0.1:6443")]
    listen: SocketAddr,
    /// This node's name [default: the host's name]
    #[arg(long, value_name = "N")]
    node_name: Option<String>,
    /// Addresses for pods
    #[arg(long, value_name = "C", default_value = "10.42.0.0/16")]
    pod_cidr: IpNet,
    /// Addresses for Services
    #[arg(long, value_name = "C", default_value = "10.43.0.0/16")]
    service_cidr: IpNet,
    /// Apply this manifest, or every .yaml, .yml and .json file of this folder, and wait until all is
    /// ready; may be repeated
    #[arg(long, value_name = "FILE|DIR")]
    apply: Vec<PathBuf>,
    #[command(flatten)]
    authentication: AuthenticationFlags,
    #[command(flatten)]
    authorization: AuthorizationFlags,
    #[command(flatten)]
    serving: ServingFlags,
    #[command(flatten)]
    operations: Operations,
    /// All of these, as they were given or are when they are not.
    #[arg(skip)]
    flags: Vec<(String, String)>,
}

impl Up {
    /// Remembers what was given, for whoever asks the server.
    pub(super) fn set_flags(&mut self, matches: &ArgMatches) {
        let command = Self::augment_args(Command::new("up"));
        let flags = command.get_arguments().filter_map(|argument| {
            let values = matches.try_get_raw(argument.get_id().as_str()).ok()??;
            let values: Vec<_> = values.map(|value| value.to_string_lossy()).collect();
            Some((argument.get_long()?.to_owned(), values.join(",")))
        });
        self.flags = flags.collect();
        self.flags.sort();
    }

    pub(crate) fn run(self) -> Result<ExitCode> {
        // Manifests are read first: a typing error should not start a cluster.
        let manifests = apply::read(&self.apply)?;
        crate::logging::init()?;
        allow_open_files();
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .thread_name("isopod")
            .build()
            .context("start the runtime")?;
        runtime.block_on(self.serve(manifests))
    }

    async fn serve(self, manifests: Vec<Manifest>) -> Result<ExitCode> {
        // Registered before anything starts, so that an early signal also ends in an orderly stop.
        let mut interrupt = signal(SignalKind::interrupt()).context("listen for SIGINT")?;
        let mut terminate = signal(SignalKind::terminate()).context("listen for SIGTERM")?;
        let config = self.config()?;
        let platform = tokio::select! {
            biased;
            _ = interrupt.recv() => return Ok(ExitCode::SUCCESS),
            _ = terminate.recv() => return Ok(ExitCode::SUCCESS),
            platform = Platform::start(config) => platform?,
        };
        let kubeconfig = platform.kubeconfig_path();
        progress(&format!("isopod {} is ready at {}", crate::VERSION, platform.url()));
        let applied = tokio::select! {
            biased;
            _ = interrupt.recv() => Ok(false),
            _ = terminate.recv() => Ok(false),
            () = platform.failed() => bail!("a part of the platform failed; its log says why"),
            applied = bring_up(&platform, &manifests) => applied.map(|()| true),
        };
        match applied {
            Ok(false) => {
                platform.stop().await;
                return Ok(ExitCode::SUCCESS);
            }
            Ok(true) => {}
            Err(error) => {
                platform.stop().await;
                return Err(error);
            }
        }
        say(&format!("export KUBECONFIG={}", kubeconfig.display()));
        for url in ready::urls(&platform).await? {
            say(&url);
        }
        let ended = tokio::select! {
            biased;
            _ = interrupt.recv() => true,
            _ = terminate.recv() => true,
            () = platform.failed() => false,
        };
        platform.announce_stop();
        if ended && let Some(delay) = self.operations.shutdown_delay() {
            progress("not ready any more; stopping soon");
            tokio::select! {
                biased;
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
                () = platform.failed() => {}
                () = tokio::time::sleep(delay) => {}
            }
        }
        progress("stopping");
        let clean = platform.stop().await;
        Ok(if ended && clean { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }

    fn config(&self) -> Result<Config> {
        if overlap(&self.pod_cidr, &self.service_cidr) {
            bail!("--pod-cidr {} and --service-cidr {} overlap", self.pod_cidr, self.service_cidr);
        }
        let mut config = Config::new(self.data.resolve()?);
        config.listen = self.listen;
        config.pod_cidr = self.pod_cidr;
        config.service_cidr = self.service_cidr;
        config.authentication = self.authentication.settings()?;
        config.operations = self.operations.server()?;
        config.operations.authorization = self.authorization.settings()?;
        config.operations.serving = self.serving.settings();
        config.node_ports = self.operations.node_ports();
        config.operations.flags.clone_from(&self.flags);
        config.snapshots = self.operations.snapshots();
        let kept = || crate::data_dir::node_name_of(&config.data_dir);
        config.node_name = self.node_name.clone().or_else(kept).unwrap_or_else(host_name);
        if let Some(fault) = machinery::names::dns1123_subdomain(&config.node_name) {
            bail!("--node-name {:?}: {fault}", config.node_name);
        }
        Ok(config)
    }
}

async fn bring_up(platform: &Platform, manifests: &[Manifest]) -> Result<()> {
    if manifests.is_empty() {
        return Ok(());
    }
    let client = platform.client();
    for manifest in manifests {
        let outcome = apply::apply(&client, manifest).await?;
        progress(&outcome);
    }
    ready::wait(&client, manifests, READY_TIMEOUT, &progress).await
}

/// Lets this process open as many files as the machine grants: each pod holds one or two, and the usual
/// soft limit of 1,024 is for programs that use select(2).
fn allow_open_files() {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
        let granted = getrlimit(Resource::Nofile);
        let raised = Rlimit { current: granted.maximum, ..granted };
        if let Err(error) = setrlimit(Resource::Nofile, raised) {
            tracing::warn!(%error, "the limit of open files stays as it was");
        }
    }
}

fn overlap(a: &IpNet, b: &IpNet) -> bool {
    a.contains(&b.network()) || b.contains(&a.network())
}

/// The host's name, as a node may be called; Linux tells it in a file, elsewhere a fixed name must do.
fn host_name() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let name = name.trim().to_lowercase();
    if machinery::names::dns1123_subdomain(&name).is_none() { name } else { "isopod".to_owned() }
}
