//! Flags for those who operate the API server, under the names they have for Kubernetes' own.

use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use clap::{Args, ValueEnum};

use crate::backup::Snapshots;

/// Renewed every seven seconds then; clients that read the kubeconfig anew keep up.
const VALIDITY_MIN: Duration = Duration::from_secs(10);
/// Half the life of the authority.
const VALIDITY_MAX: Duration = Duration::from_hours(5 * 365 * 24);

#[derive(Debug, Args)]
#[command(next_help_heading = "Operation")]
pub(crate) struct Operations {
    /// Requests that read, under way at a time; priority levels share them
    #[arg(long, value_name = "N", default_value_t = 400)]
    max_requests_inflight: u32,
    /// Requests that write, under way at a time; added to those that read
    #[arg(long, value_name = "N", default_value_t = 200)]
    max_mutating_requests_inflight: u32,
    /// How long a request may take that is no watch and no stream; its timeout parameter shortens that
    #[arg(long, value_name = "DURATION", default_value = "60s", value_parser = duration)]
    request_timeout: Duration,
    /// The ports of Services on the nodes, such as 30000-32767
    #[arg(long, value_name = "FROM-TO", default_value = "30000-32767", value_parser = ports)]
    service_node_port_range: RangeInclusive<u16>,
    /// How long events are kept after they were last seen
    #[arg(long, value_name = "DURATION", default_value = "1h", value_parser = duration)]
    event_ttl: Duration,
    /// The longest a service-account token is valid that a client asks for; longer wishes are shortened
    #[arg(long, value_name = "DURATION", value_parser = token_expiration)]
    service_account_max_token_expiration: Option<Duration>,
    /// What pods may do in the whole cluster, and who is exempt: an admission configuration of
    /// apiserver.config.k8s.io/v1 for the plugin `PodSecurity`
    #[arg(long, value_name = "FILE")]
    admission_control_config_file: Option<PathBuf>,
    /// What is encrypted in the store: an encryption configuration of apiserver.config.k8s.io/v1
    #[arg(long, value_name = "FILE")]
    encryption_provider_config: Option<PathBuf>,
    /// Take up changes of that file while running
    #[arg(long, requires = "encryption_provider_config")]
    encryption_provider_config_automatic_reload: bool,
    /// What is written to the audit log: a Policy of audit.k8s.io/v1
    #[arg(long, value_name = "FILE")]
    audit_policy_file: Option<PathBuf>,
    /// Where the audit log goes; - is the standard output
    #[arg(long, value_name = "FILE", requires = "audit_policy_file")]
    audit_log_path: Option<PathBuf>,
    /// Megabytes after which a new audit log is begun
    #[arg(long, value_name = "N", default_value_t = 100)]
    audit_log_maxsize: u64,
    /// Old audit logs that are kept; 0 keeps all
    #[arg(long, value_name = "N", default_value_t = 0)]
    audit_log_maxbackup: usize,
    /// Days that old audit logs are kept; 0 keeps them for ever
    #[arg(long, value_name = "N", default_value_t = 0)]
    audit_log_maxage: u32,
    /// A kubeconfig that says which webhook is told of audit events, too
    #[arg(long, value_name = "FILE", requires = "audit_policy_file")]
    audit_webhook_config_file: Option<PathBuf>,
    /// Whether requests wait for that webhook, and whether they fail when it does
    #[arg(long, value_enum, value_name = "MODE", default_value = "batch")]
    audit_webhook_mode: Mode,
    /// Events that may wait for the webhook; more are lost
    #[arg(long, value_name = "N", default_value_t = 10_000)]
    audit_webhook_batch_buffer_size: usize,
    /// Events that the webhook is sent at once
    #[arg(long, value_name = "N", default_value_t = 400)]
    audit_webhook_batch_max_size: usize,
    /// For how long such a batch is waited for
    #[arg(long, value_name = "DURATION", default_value = "30s", value_parser = duration)]
    audit_webhook_batch_max_wait: Duration,
    /// How long the server's and the administrator's certificates are valid; they renew themselves after two thirds
    #[arg(long, value_name = "DURATION", default_value = "8760h", value_parser = validity)]
    certificate_validity: Duration,
    /// For how long /readyz fails, and requests are still answered, before a stop begins; a second signal ends it
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    shutdown_delay_duration: Option<Duration>,
    /// Make a backup this often, such as 12h, in snapshots/ of the data directory
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    snapshot_interval: Option<Duration>,
    /// How many of those backups are kept
    #[arg(long, value_name = "N", default_value_t = 5, requires = "snapshot_interval")]
    snapshot_retention: usize,
}

/// Who waits for the audit webhook.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Mode {
    /// Nobody: events are sent many at a time
    Batch,
    /// Every request, for each of its events
    Blocking,
    /// The same, and a request fails that the webhook could not be told of when it came
    BlockingStrict,
}

impl From<Mode> for server::AuditMode {
    fn from(mode: Mode) -> Self {
        match mode {
            Mode::Batch => Self::Batch,
            Mode::Blocking => Self::Blocking,
            Mode::BlockingStrict => Self::BlockingStrict,
        }
    }
}

impl Operations {
    pub(crate) fn server(&self) -> Result<server::Operations> {
        let seats = self.max_requests_inflight.saturating_add(self.max_mutating_requests_inflight);
        if seats == 0 {
            bail!("--max-requests-inflight and --max-mutating-requests-inflight leave no request");
        }
        let encryption = self.encryption_provider_config.as_ref().map(|file| server::Encryption {
            file: file.clone(),
            reload: self.encryption_provider_config_automatic_reload,
        });
        let audit = self.audit_policy_file.clone().map(|policy| self.audit(policy));
        if audit.as_ref().is_some_and(|audit| audit.log.is_none() && audit.webhook.is_none()) {
            bail!("--audit-policy-file needs --audit-log-path or --audit-webhook-config-file");
        }
        Ok(server::Operations {
            seats,
            request_timeout: self.request_timeout,
            authorization: server::Authorization::default(),
            serving: server::ServingSettings::default(),
            encryption,
            admission_config: self.admission_control_config_file.clone(),
            audit,
            certificate_validity: self.certificate_validity,
            event_ttl: self.event_ttl,
            token_expiration_max: self.service_account_max_token_expiration,
            flags: Vec::new(),
        })
    }

    fn audit(&self, policy: PathBuf) -> server::Audit {
        let log = self.audit_log_path.clone().map(|file| server::AuditLog {
            file,
            megabytes_max: self.audit_log_maxsize.max(1),
            backups_max: self.audit_log_maxbackup,
            days_max: self.audit_log_maxage,
        });
        let kubeconfig = self.audit_webhook_config_file.clone();
        let webhook = kubeconfig.map(|kubeconfig| server::AuditWebhook {
            kubeconfig,
            mode: self.audit_webhook_mode.into(),
            buffer: self.audit_webhook_batch_buffer_size,
            batch: self.audit_webhook_batch_max_size,
            wait: self.audit_webhook_batch_max_wait,
        });
        server::Audit { policy, log, webhook }
    }

    pub(crate) fn node_ports(&self) -> RangeInclusive<u16> {
        self.service_node_port_range.clone()
    }

    pub(crate) fn shutdown_delay(&self) -> Option<Duration> {
        self.shutdown_delay_duration
    }

    pub(crate) fn snapshots(&self) -> Option<Snapshots> {
        let interval = self.snapshot_interval?;
        Some(Snapshots { interval, retention: self.snapshot_retention.max(1) })
    }
}

/// Certificates end before their authority, and not before anybody has noticed them.
fn validity(text: &str) -> Result<Duration> {
    let validity = duration(text)?;
    if !(VALIDITY_MIN..=VALIDITY_MAX).contains(&validity) {
        bail!("certificates are valid from ten seconds to five years");
    }
    Ok(validity)
}

/// As on Kubernetes, an hour at least and 2^32 seconds at most.
fn token_expiration(text: &str) -> Result<Duration> {
    let most = duration(text)?;
    if !(Duration::from_hours(1)..=Duration::from_secs(1 << 32)).contains(&most) {
        bail!("tokens may be limited to one hour at least and 2^32 seconds at most");
    }
    Ok(most)
}

/// Reads `30000-32767`.
fn ports(text: &str) -> Result<RangeInclusive<u16>> {
    let Some((from, to)) = text.split_once('-') else {
        bail!("a range of ports is two numbers with a hyphen between them");
    };
    let (from, to) = (from.parse()?, to.parse()?);
    if from == 0 || from > to {
        bail!("a range of ports begins at 1 or later, and not after its end");
    }
    Ok(from..=to)
}

/// Reads `90s`, `30m` or `1h30m0s`, as Go writes a time that is not zero.
pub(super) fn duration(text: &str) -> Result<Duration> {
    let duration = any_duration(text)?;
    if duration.is_zero() {
        bail!("a duration is not zero");
    }
    Ok(duration)
}

/// The same, or no time at all.
pub(super) fn any_duration(text: &str) -> Result<Duration> {
    let nanos = machinery::time::parse_duration(text).map_err(anyhow::Error::msg)?;
    Ok(Duration::from_nanos(u64::try_from(nanos).context("a duration is not negative")?))
}

#[cfg(test)]
mod tests;
