//! Who decides what users may do, as flags say it.

use std::path::PathBuf;
use std::time::Duration;

use super::configuration::Configuration;

/// Who decides what users may do.
#[derive(Debug, Clone)]
pub struct Authorization {
    /// Says who is asked: an `AuthorizationConfiguration` (KEP-3221), instead of everything below.
    pub config_file: Option<PathBuf>,
    /// Who is asked, in this order.
    pub modes: Vec<String>,
    /// A kubeconfig that says which webhook is asked.
    pub webhook_config_file: Option<PathBuf>,
    /// The version of the reviews it is sent.
    pub webhook_version: String,
    /// How long it counts that it has allowed something.
    pub webhook_authorized_ttl: Duration,
    /// How long it counts that it has not.
    pub webhook_unauthorized_ttl: Duration,
}

impl Default for Authorization {
    fn default() -> Self {
        Self {
            config_file: None,
            modes: vec!["Node".to_owned(), "RBAC".to_owned()],
            webhook_config_file: None,
            webhook_version: "v1beta1".to_owned(),
            webhook_authorized_ttl: Duration::from_mins(5),
            webhook_unauthorized_ttl: Duration::from_secs(30),
        }
    }
}

impl Authorization {
    /// Refuses what flags cannot mean; a file is looked at when the server starts.
    pub fn check(&self) -> Result<(), String> {
        match &self.config_file {
            Some(_) => Ok(()),
            None => Configuration::of_flags(self).map(|_| ()).map_err(|error| error.to_string()),
        }
    }
}
