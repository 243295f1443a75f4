//! Signs certificates into secrets.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures::StreamExt as _;
use k8s_openapi::ByteString;
use k8s_openapi::api::core::v1::Secret;
use kube::api::{ApiResource, DeleteParams, DynamicObject, ListParams, Patch, PatchParams};
use kube::core::GroupVersionKind;
use kube::runtime::controller::{Action, Controller};
use kube::runtime::watcher;
use kube::{Api, Resource as _, ResourceExt as _};
use rcgen::{
    BasicConstraints, CertificateParams, CertificateSigningRequestParams, IsCa, Issuer, KeyPair,
};
use serde_json::{Value, json};

use crate::support::patience::until;
use crate::support::space::Space;

pub(super) const GROUP: &str = "certs.isopod.test";
/// What a secret's certificate was asked for with.
const NAMES: &str = "certs.isopod.test/dns-names";
/// The revision of it.
const REVISION: &str = "certs.isopod.test/revision";

/// What is wrong, in words.
#[derive(Debug)]
pub(super) struct Problem(String);

impl Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Problem {}

impl From<kube::Error> for Problem {
    fn from(error: kube::Error) -> Self {
        Self(error.to_string())
    }
}

impl From<rcgen::Error> for Problem {
    fn from(error: rcgen::Error) -> Self {
        Self(error.to_string())
    }
}

struct Operator {
    space: Space,
    issuer: Issuer<'static, KeyPair>,
    authority: String,
}

/// Runs for ever.
pub(super) async fn run(space: &Space) {
    let key = KeyPair::generate().expect("a key");
    let mut params = CertificateParams::new(Vec::new()).expect("parameters");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = params.self_signed(&key).expect("an authority").pem();
    let issuer = Issuer::new(params, key);
    let operator = Arc::new(Operator { space: space.clone(), issuer, authority });
    // Whoever watches a kind that is not there yet looks for it ever more rarely.
    for name in ["Certificate", "Issuer", "ClusterIssuer"] {
        let list = ListParams::default();
        until("the kinds to be served", async || operator.api(name).list(&list).await).await;
    }
    let retry = |_, _: &Problem, _| Action::requeue(Duration::from_millis(50));
    let config = watcher::Config::default;
    let certificates =
        Controller::new_with(operator.api("Certificate"), config(), kind("Certificate"))
            .owns(space.api::<Secret>(), config())
            .run(keep, retry, Arc::clone(&operator))
            .for_each(async |_| ());
    let issuers = ["Issuer", "ClusterIssuer"].map(|name| {
        Controller::new_with(operator.api(name), config(), kind(name))
            .run(accept, retry, Arc::clone(&operator))
            .for_each(async |_| ())
    });
    futures::join!(certificates, futures::future::join_all(issuers));
}

/// The kind of this name, in the version everything here speaks.
fn kind(name: &str) -> ApiResource {
    ApiResource::from_gvk(&GroupVersionKind::gvk(GROUP, "v1", name))
}

/// An issuer is ready when somebody has looked at it.
async fn accept(issuer: Arc<DynamicObject>, operator: Arc<Operator>) -> Result<Action, Problem> {
    let types = issuer.types.as_ref().expect("custom resources say what they are, in lists too");
    operator.say(&types.kind, &issuer, ("True", "Accepted", "it can sign"), json!({})).await?;
    Ok(Action::await_change())
}

/// Sees to it that there is a secret with the certificate that is wanted.
async fn keep(certificate: Arc<DynamicObject>, operator: Arc<Operator>) -> Result<Action, Problem> {
    // What is remembered may be older than what was written here.
    let fresh = operator.api("Certificate").get_opt(&certificate.name_any()).await?;
    let Some(certificate) = fresh else { return Ok(Action::await_change()) };
    let spec = &certificate.data["spec"];
    if let Some(matter) = operator.missing(&spec["issuerRef"]).await? {
        let said = ("False", "IssuerNotReady", matter.as_str());
        operator.say("Certificate", &certificate, said, json!({})).await?;
        return Ok(Action::requeue(Duration::from_millis(50)));
    }
    let secrets = operator.space.api::<Secret>();
    let kept = secrets.get_opt(text(&spec["secretName"])).await?;
    let names = spec["dnsNames"].to_string();
    let told = certificate.data["status"]["revision"].as_u64().unwrap_or(0);
    let kept = kept.filter(|kept| kept.annotations().get(NAMES) == Some(&names));
    let issued = kept.and_then(|kept| kept.annotations().get(REVISION)?.parse::<u64>().ok());
    if issued == Some(told) {
        return Ok(Action::await_change());
    }
    let revision = issued.unwrap_or(told + 1);
    if issued.is_none() {
        operator.issue(&certificate, revision, names).await?;
    }
    let said = ("True", "Issued", "the certificate is in its secret");
    operator.say("Certificate", &certificate, said, json!({ "revision": revision })).await?;
    Ok(Action::await_change())
}

impl Operator {
    fn api(&self, name: &str) -> Api<DynamicObject> {
        let client = self.space.client.clone();
        match name {
            "ClusterIssuer" => Api::all_with(client, &kind(name)),
            _ => Api::namespaced_with(client, &self.space.name, &kind(name)),
        }
    }

    /// What is the matter with an issuer, if anything is.
    async fn missing(&self, reference: &Value) -> Result<Option<String>, Problem> {
        let (kind, name) = (text(&reference["kind"]), text(&reference["name"]));
        let Some(issuer) = self.api(kind).get_opt(name).await? else {
            return Ok(Some(format!("there is no {kind} {name:?}")));
        };
        let ready = issuer.data["status"]["conditions"][0]["status"] == "True";
        Ok((!ready).then(|| format!("{kind} {name:?} is not ready")))
    }

    /// Asks for a certificate, signs it and puts it into the secret.
    async fn issue(
        &self,
        certificate: &DynamicObject,
        revision: u64,
        names: String,
    ) -> Result<(), Problem> {
        let owner = certificate.controller_owner_ref(&kind("Certificate"));
        let key = KeyPair::generate()?;
        let dns_names: Vec<String> =
            serde_json::from_str(&names).map_err(|error| Problem(error.to_string()))?;
        let asked = CertificateParams::new(dns_names)?.serialize_request(&key)?.pem()?;
        let name = format!("{}-{revision}", certificate.name_any());
        let request = json!({
            "apiVersion": format!("{GROUP}/v1"), "kind": "CertificateRequest",
            "metadata": { "name": name, "ownerReferences": [owner] },
            "spec": {
                "request": STANDARD.encode(&asked),
                "issuerRef": certificate.data["spec"]["issuerRef"],
            },
        });
        let (requests, apply) =
            (self.api("CertificateRequest"), PatchParams::apply("certs").force());
        // What an attempt that failed has left may not change, and its key is lost.
        if requests.get_opt(&name).await?.is_some() {
            requests.delete(&name, &DeleteParams::default()).await?;
        }
        let request = requests.patch(&name, &apply, &Patch::Apply(&request)).await?;
        let signed =
            CertificateSigningRequestParams::from_pem(&asked)?.signed_by(&self.issuer)?.pem();
        let status = json!({ "certificate": STANDARD.encode(&signed) });
        let said = ("True", "Issued", "it is signed");
        self.say("CertificateRequest", &request, said, status).await?;
        let entries = [
            ("tls.crt", signed),
            ("tls.key", key.serialize_pem()),
            ("ca.crt", self.authority.clone()),
        ];
        let data: BTreeMap<&str, ByteString> =
            entries.into_iter().map(|(name, text)| (name, ByteString(text.into_bytes()))).collect();
        let name = text(&certificate.data["spec"]["secretName"]);
        let annotations = json!({ NAMES: names, REVISION: revision.to_string() });
        let secret = json!({
            "apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/tls",
            "metadata": { "name": name, "annotations": annotations, "ownerReferences": [owner] },
            "data": data,
        });
        self.space.api::<Secret>().patch(name, &apply, &Patch::Apply(&secret)).await?;
        Ok(())
    }

    /// Says in an object's status whether it is ready, and why.
    async fn say(
        &self,
        kind: &str,
        object: &DynamicObject,
        (ready, reason, message): (&str, &str, &str),
        mut status: Value,
    ) -> Result<(), Problem> {
        status["conditions"] = json!([{
            "type": "Ready", "status": ready, "reason": reason, "message": message,
            "observedGeneration": object.metadata.generation,
        }]);
        let document = json!({
            "apiVersion": format!("{GROUP}/v1"), "kind": kind, "status": status,
        });
        let apply = PatchParams::apply("certs").force();
        self.api(kind).patch_status(&object.name_any(), &apply, &Patch::Apply(&document)).await?;
        Ok(())
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
