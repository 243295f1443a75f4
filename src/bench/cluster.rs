//! A cluster to measure: this very binary as a child process.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, kill_process};
use tokio::process::{Child, Command};
use tokio::time::Instant;

use super::api::{Connection, Endpoint};
use super::machine::{self, number};
use super::temporary::Temporary;
use super::watch::Watch;

/// A start that takes longer is a failure; a small board under load needs a few seconds.
const START_TIMEOUT: Duration = Duration::from_secs(30);
/// How often a starting child is looked at: a tenth of what is reported for it.
const POLL: Duration = Duration::from_millis(1);
/// For a child to end when asked.
const STOP_TIMEOUT: Duration = Duration::from_secs(15);
/// What `/proc/PID/stat` counts in: a fact of Linux' interface, whatever the kernel's own tick is.
const TICKS_PER_SECOND: f64 = 100.0;
/// Lines of a failed child's log that are shown.
const LOG_LINES: usize = 5;

/// A running child. Killed when dropped.
#[derive(Debug)]
pub(super) struct Cluster {
    process: Child,
    pid: u32,
    log: PathBuf,
    endpoint: Endpoint,
}

/// How long a start took.
#[derive(Debug, Clone, Copy)]
pub(super) struct Started {
    /// Until `/readyz` answered 200.
    pub(super) ready: Duration,
    /// Until the node's condition was Ready.
    pub(super) node: Duration,
}

impl Cluster {
    /// A cluster on an empty folder, ready to take pods. The folder lives as long as the first value.
    pub(super) async fn fresh() -> Result<(Temporary, Self)> {
        let folder = Temporary::new()?;
        let (cluster, _) = Self::start(folder.path()).await?;
        Ok((folder, cluster))
    }

    /// Starts a child on this folder and waits until it and its node are ready.
    pub(super) async fn start(folder: &Path) -> Result<(Self, Started)> {
        let data = folder.join("data");
        let kubeconfig = data.join(crate::KUBECONFIG_FILE);
        // A kubeconfig of an earlier start names a port that is no longer served.
        let _ = fs::remove_file(&kubeconfig);
        let log = folder.join("log");
        let start = Instant::now();
        let (process, pid) = spawn(&data, &log)?;
        let mut cluster = Self { process, pid, log, endpoint: Endpoint::nowhere() };
        let ready = tokio::time::timeout(START_TIMEOUT, cluster.wait(&kubeconfig, start)).await;
        match ready {
            Ok(Ok(started)) => Ok((cluster, started)),
            Ok(Err(error)) => Err(cluster.blame(error)),
            Err(_) => {
                let seconds = START_TIMEOUT.as_secs();
                Err(cluster.blame(anyhow::anyhow!("a cluster was not ready after {seconds} s")))
            }
        }
    }

    async fn wait(&mut self, kubeconfig: &Path, start: Instant) -> Result<Started> {
        while !kubeconfig.exists() {
            if let Some(status) = self.process.try_wait().context("look after the child")? {
                bail!("a cluster ended at once: {status}");
            }
            tokio::time::sleep(POLL).await;
        }
        self.endpoint = Endpoint::read(kubeconfig)?;
        let mut connection = self.connect().await?;
        while connection.get("/readyz").await.is_err() {
            tokio::time::sleep(POLL).await;
        }
        let ready = start.elapsed();
        let mut nodes = Watch::open(&self.endpoint, "/api/v1/nodes?watch=1").await?;
        loop {
            let event = nodes.next().await?;
            if super::watch::condition(&event.object, "Ready") {
                return Ok(Started { ready, node: start.elapsed() });
            }
        }
    }

    /// An error with the last lines of the child's log.
    fn blame(&self, error: anyhow::Error) -> anyhow::Error {
        let text = fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        let last = lines[lines.len().saturating_sub(LOG_LINES)..].join("\n");
        if last.is_empty() { error } else { error.context(last) }
    }

    pub(super) fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    pub(super) async fn connect(&self) -> Result<Connection> {
        Connection::open(&self.endpoint).await
    }

    /// Resident memory in MiB.
    pub(super) fn resident_mib(&self) -> f64 {
        machine::resident_mib(self.pid)
    }

    /// Processor time so far, user and system.
    pub(super) fn cpu(&self) -> Duration {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.pid)).unwrap_or_default();
        // The name in parentheses may hold spaces; user and system time are the 14th and 15th field.
        let rest = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
        let ticks: f64 = rest.split_whitespace().skip(11).take(2).map(number).sum();
        Duration::from_secs_f64(ticks / TICKS_PER_SECOND)
    }

    /// Asks the child to end, and makes it.
    pub(super) async fn stop(mut self) -> Result<()> {
        terminate(self.pid);
        let ended = tokio::time::timeout(STOP_TIMEOUT, self.process.wait()).await;
        let Ok(status) = ended else {
            self.process.kill().await.context("kill the child")?;
            bail!("a cluster did not stop within {} s and was killed", STOP_TIMEOUT.as_secs());
        };
        let status = status.context("wait for the child")?;
        if status.success() {
            return Ok(());
        }
        Err(self.blame(anyhow::anyhow!("a cluster stopped with {status}")))
    }
}

fn spawn(data: &Path, log: &Path) -> Result<(Child, u32)> {
    let binary = std::env::current_exe().context("find this binary")?;
    let output = File::create(log).with_context(|| log.display().to_string())?;
    let errors = output.try_clone().with_context(|| log.display().to_string())?;
    let mut command = Command::new(&binary);
    command
        .args(["up", "--listen", "127.0.0.1:0", "--data-dir"])
        .arg(data)
        .stdin(Stdio::null())
        .stdout(output)
        .stderr(errors)
        .kill_on_drop(true);
    let process = command.spawn().with_context(|| binary.display().to_string())?;
    let pid = process.id().context("the child ended before it began")?;
    Ok((process, pid))
}

/// The child has not been waited for, so the number is still its own.
fn terminate(pid: u32) {
    let pid = i32::try_from(pid).ok().and_then(Pid::from_raw);
    if let Some(pid) = pid {
        // One that has ended already is waited for next.
        let _ = kill_process(pid, Signal::TERM);
    }
}
