//! What flags say of authorizers, in the form of a file.

use std::collections::HashSet;
use std::time::Duration;

use super::check::WEBHOOK;
use super::{Authorizer, Configuration, ConnectionInfo, Nanos, Webhook};
use crate::BoxError;
use crate::authorize::Authorization;

const MODES: [&str; 5] = ["AlwaysAllow", "AlwaysDeny", WEBHOOK, "RBAC", "Node"];
/// What the webhook of the flags is called.
const NAME: &str = "default";
/// For an answer, as on Kubernetes.
const TIMEOUT: Nanos = Nanos(30_000_000_000);

impl Configuration {
    /// The authorizers that flags name.
    pub(in crate::authorize) fn of_flags(settings: &Authorization) -> Result<Self, BoxError> {
        let modes = &settings.modes;
        if modes.is_empty() {
            return Err("at least one authorization-mode must be passed".into());
        }
        if let Some(mode) = modes.iter().find(|mode| !MODES.contains(&mode.as_str())) {
            return Err(format!("authorization-mode {mode:?} is not a valid mode").into());
        }
        if modes.iter().collect::<HashSet<_>>().len() != modes.len() {
            let quoted: Vec<String> = modes.iter().map(|mode| format!("{mode:?}")).collect();
            let quoted = quoted.join(" ");
            return Err(
                format!("authorization-mode [{quoted}] has mode specified more than once").into()
            );
        }
        match (&settings.webhook_config_file, modes.iter().any(|mode| mode == WEBHOOK)) {
            (None, true) => {
                Err("authorization-mode Webhook's authorization config file not passed".into())
            }
            (Some(_), false) => {
                Err("cannot specify --authorization-webhook-config-file without mode Webhook"
                    .into())
            }
            _ => Ok(Self {
                authorizers: modes.iter().map(|mode| authorizer(mode, settings)).collect(),
            }),
        }
    }
}

fn authorizer(mode: &str, settings: &Authorization) -> Authorizer {
    if mode != WEBHOOK {
        return Authorizer { sort: mode.to_owned(), name: mode.to_lowercase(), webhook: None };
    }
    let file = settings.webhook_config_file.as_ref();
    let webhook = Webhook {
        authorized_ttl: nanos(settings.webhook_authorized_ttl),
        unauthorized_ttl: nanos(settings.webhook_unauthorized_ttl),
        timeout: TIMEOUT,
        subject_access_review_version: settings.webhook_version.clone(),
        failure_policy: "NoOpinion".to_owned(),
        connection_info: ConnectionInfo {
            sort: "KubeConfigFile".to_owned(),
            kube_config_file: file.map(|file| file.display().to_string()),
        },
        ..Webhook::default()
    };
    Authorizer { sort: mode.to_owned(), name: NAME.to_owned(), webhook: Some(webhook) }
}

fn nanos(duration: Duration) -> Nanos {
    Nanos(i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX))
}
