//! Makes the chain of those who are asked, of flags or of a file, which is looked at again while the server runs.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use base::{Counter, Family, Histogram, Metrics, Random};
use sha2::{Digest as _, Sha256};

use super::Verdict;
use super::chain::{Chain, Member, Sort};
use super::conditions::{self, Conditions};
use super::configuration::{self, Configuration};
use super::webhook::{self, Webhook};
use crate::outgoing::{Configured, Outgoing};
use crate::reload::{self, Digest, Names, Reload, Reloads};
use crate::{BoxError, Config, config_file};

const RELOADS: Names = Names {
    total: "apiserver_authorization_config_controller_automatic_reloads_total",
    last: "apiserver_authorization_config_controller_automatic_reload_last_timestamp_seconds",
    info: "apiserver_authorization_config_controller_last_config_info",
};
/// From a round trip within a machine to the longest there may be, as in Kubernetes.
const WEBHOOK_BOUNDS: &[f64] = &[0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];
const CONDITION_BOUNDS: &[f64] = &[0.001, 0.005, 0.01, 0.025, 0.1, 0.2, 0.25];

/// What chains are made with.
#[derive(Debug)]
pub(super) struct Maker {
    outgoing: Arc<Outgoing>,
    random: Random,
    decisions: Family<Counter>,
    failed_conditions: Family<Counter>,
    exclusions: Family<Counter>,
    condition_seconds: Family<Histogram>,
    webhooks: webhook::Meters,
}

/// Keeps the chain in force in step with its file.
struct Keeper {
    maker: Maker,
    file: PathBuf,
    /// What the server was started with: who is built in stays so.
    started: Configuration,
    before: Configuration,
    digest: Digest,
    in_force: Arc<ArcSwap<Chain>>,
}

/// The chain that flags or a file want, which it stays in step with.
pub(super) fn start(
    config: &Config,
    outgoing: &Arc<Outgoing>,
    server: &str,
) -> Result<Arc<ArcSwap<Chain>>, BoxError> {
    let maker = Maker::new(&config.metrics, outgoing, &config.random);
    let settings = &config.operations.authorization;
    let Some(file) = settings.config_file.clone() else {
        let wanted = Configuration::of_flags(settings)?;
        return Ok(Arc::new(ArcSwap::from_pointee(maker.make(&wanted)?)));
    };
    let made = || {
        let text = config_file::read(&file)?;
        let wanted = Configuration::parse(&text, None)?;
        Ok::<_, BoxError>((maker.make(&wanted)?, wanted, Sha256::digest(&text).into()))
    };
    let (chain, before, digest) = made().map_err(|error| named(&file, &error))?;
    let in_force = Arc::new(ArcSwap::from_pointee(chain));
    let reloads = Reloads::new(&RELOADS, &config.metrics, server, &config.clock);
    reloads.show(&digest);
    let (kept, path) = (Arc::clone(&in_force), file.clone());
    let started = before.clone();
    let keeper = Keeper { maker, file, started, before, digest, in_force: kept };
    reload::keep(&config.tasks, "authorization configuration", path, keeper, Some(reloads));
    Ok(in_force)
}

fn named(file: &Path, error: &BoxError) -> BoxError {
    format!("failed to load AuthorizationConfiguration from file: {}: {error}", file.display())
        .into()
}

impl Reload for Keeper {
    async fn look(&mut self) -> Result<Option<Digest>, BoxError> {
        let text = config_file::read(&self.file)?;
        let digest: Digest = Sha256::digest(&text).into();
        if digest == self.digest {
            return Ok(None);
        }
        let wanted = Configuration::parse(&text, Some(&self.started))?;
        if wanted != self.before {
            self.in_force.store(Arc::new(self.maker.make(&wanted)?));
            self.before = wanted;
        }
        self.digest = digest;
        Ok(Some(digest))
    }
}

impl Maker {
    fn new(metrics: &Metrics, outgoing: &Arc<Outgoing>, random: &Random) -> Self {
        let of_member = &["type", "name"];
        let of_call = &["name", "result"];
        Self {
            outgoing: Arc::clone(outgoing),
            random: random.clone(),
            decisions: metrics.counters(
                "apiserver_authorization_decisions_total",
                "Requests by who allowed or denied them.",
                &["type", "name", "decision"],
            ),
            failed_conditions: metrics.counters(
                "apiserver_authorization_match_condition_evaluation_errors_total",
                "Questions whose match conditions could not be evaluated.",
                of_member,
            ),
            exclusions: metrics.counters(
                "apiserver_authorization_match_condition_exclusions_total",
                "Questions that match conditions kept from a webhook.",
                of_member,
            ),
            condition_seconds: metrics.histograms(
                "apiserver_authorization_match_condition_evaluation_seconds",
                "How long the match conditions of a webhook take together.",
                of_member,
                CONDITION_BOUNDS,
            ),
            webhooks: webhook::Meters {
                evaluations: metrics.counters(
                    "apiserver_authorization_webhook_evaluations_total",
                    "Calls of authorization webhooks by their end.",
                    of_call,
                ),
                seconds: metrics.histograms(
                    "apiserver_authorization_webhook_duration_seconds",
                    "How long authorization webhooks take to answer.",
                    of_call,
                    WEBHOOK_BOUNDS,
                ),
                ignored: metrics.counters(
                    "apiserver_authorization_webhook_evaluations_fail_open_total",
                    "Questions that others decided since a webhook did not answer.",
                    of_call,
                ),
            },
        }
    }

    fn make(&self, wanted: &Configuration) -> Result<Chain, BoxError> {
        wanted.authorizers.iter().map(|one| self.member(one)).collect::<Result<_, _>>().map(Chain)
    }

    fn member(&self, wanted: &configuration::Authorizer) -> Result<Member, BoxError> {
        let configuration::Authorizer { sort, name, webhook } = wanted;
        let counter = |decision| self.decisions.with(&[sort, name, decision]);
        Ok(Member {
            sort: match (sort.as_str(), webhook) {
                ("Node", _) => Sort::Node,
                ("RBAC", _) => Sort::Rbac,
                ("AlwaysAllow", _) => Sort::AlwaysAllow,
                ("AlwaysDeny", _) => Sort::AlwaysDeny,
                (_, Some(webhook)) => Sort::Webhook(Box::new(self.webhook(name, webhook)?)),
                (other, None) => {
                    return Err(format!("unknown authorization mode {other} specified").into());
                }
            },
            allowed: counter("allowed"),
            denied: counter("denied"),
        })
    }

    fn webhook(&self, name: &str, wanted: &configuration::Webhook) -> Result<Webhook, BoxError> {
        let version = wanted.subject_access_review_version.clone();
        if !["v1", "v1beta1"].contains(&version.as_str()) {
            return Err(format!(
                "unsupported webhook authorizer version {version:?}, supported versions are \"v1\", \"v1beta1\""
            )
            .into());
        }
        let lifetime = |ttl: configuration::Nanos, remembers: bool| {
            if remembers { ttl.duration() } else { Duration::ZERO }
        };
        let kubeconfig = wanted.connection_info.kube_config_file.as_deref().unwrap_or_default();
        let labels = ["Webhook", name];
        let meters = conditions::Meters {
            failed: self.failed_conditions.with(&labels),
            excluded: self.exclusions.with(&labels),
            seconds: self.condition_seconds.with(&labels),
        };
        Ok(Webhook {
            name: name.to_owned(),
            remote: Configured::new(&self.outgoing, Path::new(kubeconfig))?,
            version,
            timeout: wanted.timeout.duration(),
            lifetimes: (
                lifetime(wanted.authorized_ttl, wanted.cache_authorized_requests),
                lifetime(wanted.unauthorized_ttl, wanted.cache_unauthorized_requests),
            ),
            on_failure: match wanted.failure_policy.as_str() {
                "Deny" => Verdict::Deny,
                _ => Verdict::NoOpinion,
            },
            conditions: Conditions::new(&wanted.match_conditions, meters)?,
            answers: webhook::answers(),
            permits: webhook::permits(),
            meters: self.webhooks.clone(),
            random: self.random.clone(),
        })
    }
}
