//! What an operator may set.

use std::path::PathBuf;
use std::time::Duration;

pub use crate::audit::{Audit, AuditLog, AuditMode, AuditWebhook};
pub use crate::authorize::Authorization;

/// As in Kubernetes: 400 requests that read and 200 that write.
const SEATS: u32 = 600;
/// As in Kubernetes, and as long as its clients wait.
const REQUEST_TIMEOUT: Duration = Duration::from_mins(1);
/// A year: what clients are used to from other distributions.
const CERTIFICATE_VALIDITY: Duration = Duration::from_hours(365 * 24);

/// As in Kubernetes.
const EVENT_TTL: Duration = Duration::from_hours(1);

/// What an operator may set; the defaults ask for nothing.
#[derive(Debug, Clone)]
pub struct Operations {
    /// Requests under way at a time, watches and what is exempt not counted; priority levels share them.
    pub seats: u32,
    /// How long a request may take that is no watch and no stream; its client may wish for less.
    pub request_timeout: Duration,
    /// Who decides what users may do.
    pub authorization: Authorization,
    /// Which certificates clients are shown, and what is asked of their connections.
    pub serving: ServingSettings,
    /// What is encrypted in the store, and how.
    pub encryption: Option<Encryption>,
    /// What admission asks of pods in the whole cluster: an `AdmissionConfiguration` of `apiserver.config.k8s.io/v1`.
    pub admission_config: Option<PathBuf>,
    /// What is written down of requests, and where.
    pub audit: Option<Audit>,
    /// How long the server's and the administrator's certificates are valid; they are replaced long before.
    pub certificate_validity: Duration,
    /// How long an event is kept after it was last seen.
    pub event_ttl: Duration,
    /// The most that clients get of a service-account token's time, whatever they ask for.
    pub token_expiration_max: Option<Duration>,
    /// The flags the process was started with, for `/flagz`.
    pub flags: Vec<(String, String)>,
}

/// What clients are shown, and what is asked of their connections.
#[derive(Debug, Clone, Default)]
pub struct ServingSettings {
    /// Shown to all, instead of the server's own certificate, but under the names that only this cluster knows it by.
    pub default: Option<CertificateFiles>,
    /// Shown to those who ask for one of their names.
    pub named: Vec<CertificateFiles>,
    /// The oldest version of TLS that is spoken.
    pub min_version: TlsVersion,
    /// By which chance a request on HTTP/2 makes its client open another connection, so that clients spread over
    /// several servers; from 0 to 0.02.
    pub goaway_chance: f64,
}

/// A certificate with its key.
#[derive(Debug, Clone)]
pub struct CertificateFiles {
    /// The certificate, and those of the authorities between it and the root (PEM).
    pub certificate: PathBuf,
    /// Its private key (PEM).
    pub key: PathBuf,
    /// The names it is shown under, with `*` for one label; those in the certificate, when empty.
    pub names: Vec<String>,
}

/// A version of TLS.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum TlsVersion {
    /// 1.2.
    #[default]
    Tls12,
    /// 1.3.
    Tls13,
}

/// Encryption at rest.
#[derive(Debug, Clone)]
pub struct Encryption {
    /// An `EncryptionConfiguration` of `apiserver.config.k8s.io/v1`.
    pub file: PathBuf,
    /// Whether a change of the file is taken up while the server runs.
    pub reload: bool,
}

impl Default for Operations {
    fn default() -> Self {
        Self {
            seats: SEATS,
            request_timeout: REQUEST_TIMEOUT,
            authorization: Authorization::default(),
            serving: ServingSettings::default(),
            encryption: None,
            admission_config: None,
            audit: None,
            certificate_validity: CERTIFICATE_VALIDITY,
            event_ttl: EVENT_TTL,
            token_expiration_max: None,
            flags: Vec::new(),
        }
    }
}
