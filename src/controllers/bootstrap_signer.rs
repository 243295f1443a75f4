//! Signs `cluster-info` with each bootstrap token, so that a machine that has one can believe what it reads there
//! before it knows the cluster's authority (RFC 7515, the payload left out).

use std::collections::BTreeMap;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use client::{Cache, Caches, Controller, Key, Plan, Watches};
use jiff::Timestamp;
use jsonwebtoken::{Algorithm, EncodingKey};
use k8s_openapi::api::core::v1::{ConfigMap, Secret};
use kube::runtime::watcher;

use crate::bootstrap_tokens::{self, Token};

const NAMESPACE: &str = "kube-public";
const NAME: &str = "cluster-info";
const PAYLOAD: &str = "kubeconfig";
const SIGNATURE_PREFIX: &str = "jws-kubeconfig-";

/// What the decision is based on.
#[derive(Debug)]
pub(crate) struct Snapshot {
    info: Arc<ConfigMap>,
    tokens: Vec<Token>,
    now: Timestamp,
}

fn reconcile(snapshot: &Snapshot) -> Plan {
    let mut plan = Plan::default();
    let data = snapshot.info.data.clone().unwrap_or_default();
    let mut wanted: BTreeMap<String, String> =
        data.iter().filter(|(key, _)| !key.starts_with(SIGNATURE_PREFIX)).map(owned).collect();
    if let Some(payload) = data.get(PAYLOAD) {
        let signing = snapshot.tokens.iter().filter(|t| t.signs && !t.is_over(snapshot.now));
        for token in signing {
            if let Some(signature) = signature(payload, token) {
                wanted.insert(format!("{SIGNATURE_PREFIX}{}", token.id), signature);
            }
        }
    }
    if wanted != data {
        plan.update(&ConfigMap { data: Some(wanted), ..snapshot.info.as_ref().clone() });
    }
    plan
}

fn owned((key, value): (&String, &String)) -> (String, String) {
    (key.clone(), value.clone())
}

/// The signature of a payload by a token, without the payload.
fn signature(payload: &str, token: &Token) -> Option<String> {
    let header = format!(r#"{{"alg":"HS256","kid":"{}"}}"#, token.id);
    let header = URL_SAFE_NO_PAD.encode(header);
    let signed = format!("{header}.{}", URL_SAFE_NO_PAD.encode(payload));
    let key = EncodingKey::from_secret(token.secret.as_bytes());
    let signature = jsonwebtoken::crypto::sign(signed.as_bytes(), &key, Algorithm::HS256).ok()?;
    Some(format!("{header}..{signature}"))
}

/// Runs [`reconcile`] for the one object.
#[derive(Debug)]
pub(crate) struct BootstrapSigner {
    info: Cache<ConfigMap>,
    secrets: Cache<Secret>,
}

impl BootstrapSigner {
    pub(crate) fn new(caches: &Caches) -> Self {
        let named = watcher::Config::default().fields(&format!("metadata.name={NAME}"));
        Self { info: caches.part(Some(NAMESPACE), named), secrets: bootstrap_tokens::cache(caches) }
    }
}

impl Controller for BootstrapSigner {
    type Key = Key;
    type Snapshot = Snapshot;
    const NAME: &'static str = "bootstrap-signer-controller";

    fn watches(&self, watches: &Watches<'_, Key>) {
        watches.each(&self.info);
        watches.on(&self.secrets, |_| vec![Key::new(NAMESPACE, NAME)]);
    }

    fn observe(&self, key: &Key, now: Timestamp) -> Option<Snapshot> {
        let secrets = self.secrets.list();
        let tokens = secrets.iter().filter_map(|secret| Token::read(secret)).collect();
        Some(Snapshot { info: self.info.get(key)?, tokens, now })
    }

    fn reconcile(&self, snapshot: &Snapshot) -> Plan {
        reconcile(snapshot)
    }
}

#[cfg(test)]
mod tests;
