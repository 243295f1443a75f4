//! Flags about what clients may do, under the names that kube-apiserver gives them.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Result, anyhow, bail};
use clap::Args;
use server::Authorization;

use super::operations::any_duration;

#[derive(Debug, Args)]
#[command(next_help_heading = "Authorization")]
#[expect(clippy::struct_field_names, reason = "fields are called as their flags are")]
pub(super) struct AuthorizationFlags {
    /// Who decides what users may do, in which order, and how webhooks are asked: an authorization configuration of
    /// apiserver.config.k8s.io/v1, instead of the flags below; taken up again when it changes
    #[arg(long, value_name = "FILE")]
    authorization_config: Option<PathBuf>,
    /// Who decides, in this order: Node, RBAC, Webhook, `AlwaysAllow`, `AlwaysDeny` [default: Node,RBAC]
    #[arg(long, value_name = "MODE,…", value_delimiter = ',')]
    authorization_mode: Option<Vec<String>>,
    /// A kubeconfig that says which webhook is asked with the mode Webhook
    #[arg(long, value_name = "FILE")]
    authorization_webhook_config_file: Option<PathBuf>,
    /// The version of the reviews that it is sent, v1 or v1beta1 [default: v1beta1]
    #[arg(long, value_name = "VERSION")]
    authorization_webhook_version: Option<String>,
    /// How long it counts that it has allowed something [default: 5m]
    #[arg(long, value_name = "DURATION", value_parser = any_duration)]
    authorization_webhook_cache_authorized_ttl: Option<Duration>,
    /// How long it counts that it has not [default: 30s]
    #[arg(long, value_name = "DURATION", value_parser = any_duration)]
    authorization_webhook_cache_unauthorized_ttl: Option<Duration>,
}

impl AuthorizationFlags {
    pub(super) fn settings(&self) -> Result<Authorization> {
        if self.authorization_config.is_some() && self.says_more() {
            bail!(
                "--authorization-config can not be specified when --authorization-mode or \
                 --authorization-webhook-* flags are defined"
            );
        }
        let default = Authorization::default();
        let version = self.authorization_webhook_version.clone();
        let settings = Authorization {
            config_file: self.authorization_config.clone(),
            modes: self.authorization_mode.clone().unwrap_or(default.modes),
            webhook_config_file: self.authorization_webhook_config_file.clone(),
            webhook_version: version.unwrap_or(default.webhook_version),
            webhook_authorized_ttl: self
                .authorization_webhook_cache_authorized_ttl
                .unwrap_or(default.webhook_authorized_ttl),
            webhook_unauthorized_ttl: self
                .authorization_webhook_cache_unauthorized_ttl
                .unwrap_or(default.webhook_unauthorized_ttl),
        };
        settings.check().map_err(|wrong| anyhow!(wrong))?;
        Ok(settings)
    }

    /// Whether something is said that the file says, too.
    fn says_more(&self) -> bool {
        self.authorization_mode.is_some()
            || self.authorization_webhook_config_file.is_some()
            || self.authorization_webhook_version.is_some()
            || self.authorization_webhook_cache_authorized_ttl.is_some()
            || self.authorization_webhook_cache_unauthorized_ttl.is_some()
    }
}
