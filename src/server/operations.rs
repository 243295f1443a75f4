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
