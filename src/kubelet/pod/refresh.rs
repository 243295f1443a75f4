//! Keeps the files of volumes as the API has them, tokens included.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use k8s_openapi::api::authentication::v1::{
    BoundObjectReference, TokenRequest as TokenRequestObject, TokenRequestSpec,
};
use k8s_openapi::api::core::v1::{Pod, ServiceAccount};
use kube::Api;
use kube::api::PostParams;
use tokio::time::Instant;

use super::{Done, Owner};
use crate::env::Fields;
use crate::images::chain;
use crate::lifecycle::Setback;
use crate::site::Site;
use crate::sources::Freshness;
use crate::volumes::{self, Facts, TokenRequest};

/// How often files are brought up to date, as Kubernetes has it.
pub(super) const PERIOD: Duration = Duration::from_mins(1);

/// A token is replaced at the latest when so much is over, or a part of it.
const TOKEN_LIFE_MAX: Duration = Duration::from_hours(24 * 365);

/// A pod's tokens, with the time each is to be replaced.
pub(super) type Tokens = BTreeMap<TokenRequest, (String, Instant)>;

impl Owner {
    /// Begins to bring the files up to date if that is due.
    pub(super) fn refresh_if_due(&mut self) {
        let (Some(due), Some(ground)) = (self.refresh_at, &self.ground) else { return };
        if due > Instant::now() {
            return;
        }
        self.refresh_at = None;
        let address = ground.address;
        let (site, pod) = (Arc::clone(&self.site), Arc::clone(&self.pod));
        let mut tokens = std::mem::take(&mut self.tokens);
        self.work.push(Box::pin(async move {
            let result = write(&site, &pod, address, &mut tokens, Freshness::Recent).await;
            Done::Refreshed { tokens, result }
        }));
    }

    pub(super) fn end_refresh(&mut self, tokens: Tokens, result: Result<(), Setback>) {
        self.tokens = tokens;
        if self.ground.is_some() {
            self.refresh_at = Some(Instant::now() + PERIOD);
        }
        if let Err(setback) = result {
            self.warn(None, "FailedMount", setback.message);
        }
    }
}

/// Makes or updates the files of all volumes.
pub(super) async fn write(
    site: &Site,
    pod: &Pod,
    address: IpAddr,
    tokens: &mut Tokens,
    freshness: Freshness,
) -> Result<(), Setback> {
    let namespace = pod.metadata.namespace.as_deref().unwrap_or_default();
    let wanted: BTreeSet<_> = volumes::sources(pod).into_iter().collect();
    let sources = site.library.fetch(namespace, wanted, freshness).await;
    let sources = sources.map_err(|error| unmountable(&error))?;
    for request in volumes::token_requests(pod) {
        let fresh = tokens.get(&request).is_some_and(|(_, renew)| *renew > Instant::now());
        if !fresh {
            let token = ask_for_token(site, pod, &request).await;
            tokens.insert(request, token.map_err(|error| unmountable(&error))?);
        }
    }
    let texts = tokens.iter().map(|(request, (text, _))| (request.clone(), text.clone())).collect();
    let fields = Fields {
        pod,
        pod_ips: &[address],
        host_ips: &site.node_addresses,
        allocatable: &site.allocatable,
    };
    site.volumes.write(pod, &Facts { fields, sources: &sources, tokens: &texts })
}

fn unmountable(error: &kube::Error) -> Setback {
    Setback::new("FailedMount", format!("cannot ask the API server: {}", chain(error)))
}

/// A token and the time to replace it: when four fifths of its life are over, as Kubernetes has it.
async fn ask_for_token(
    site: &Site,
    pod: &Pod,
    request: &TokenRequest,
) -> kube::Result<(String, Instant)> {
    let namespace = pod.metadata.namespace.as_deref().unwrap_or_default();
    let account = pod.spec.as_ref().and_then(|spec| spec.service_account_name.as_deref());
    let account = account.filter(|name| !name.is_empty()).unwrap_or("default");
    let body = TokenRequestObject {
        spec: TokenRequestSpec {
            audiences: request.audience.iter().cloned().collect(),
            expiration_seconds: Some(request.seconds),
            bound_object_ref: Some(BoundObjectReference {
                api_version: Some("v1".to_owned()),
                kind: Some("Pod".to_owned()),
                name: pod.metadata.name.clone(),
                uid: pod.metadata.uid.clone(),
            }),
        },
        ..TokenRequestObject::default()
    };
    let accounts: Api<ServiceAccount> = Api::namespaced(site.client.clone(), namespace);
    let answer = accounts.create_token_request(account, &PostParams::default(), &body).await?;
    let Some(status) = answer.status else { return Ok((String::new(), Instant::now())) };
    let left = status.expiration_timestamp.0.duration_since(site.clock.now());
    // Some tokens end when nobody counts any more.
    let left = Duration::try_from(left).unwrap_or_default().min(TOKEN_LIFE_MAX);
    Ok((status.token, Instant::now() + left * 4 / 5))
}
