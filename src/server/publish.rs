//! What the server says about itself in two `ConfigMap`s: to machines that want to join, and to API servers behind it.

use std::net::SocketAddr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use machinery::ApiError;
use serde_json::{Value, json};

use crate::api::Api;
use crate::authorize::own_identity;
use crate::pki::{self, PROXY_CLIENT, Pki};
use crate::{Config, Error, RequestHeader};

/// Writes both, as they are for a server at this address.
pub(crate) async fn run(
    api: &Api,
    config: &Config,
    pki: &Pki,
    address: SocketAddr,
) -> Result<(), Error> {
    let join = cluster_info(pki, address);
    let extension = extension_authentication(api, config, pki);
    let join = write(api, "kube-public", "cluster-info", join);
    let extension = write(api, "kube-system", "extension-apiserver-authentication", extension);
    futures::future::try_join(join, extension).await.map(drop).map_err(Error::Bootstrap)
}

/// A kubeconfig without a user. Whoever has a bootstrap token finds it signed.
fn cluster_info(pki: &Pki, address: SocketAddr) -> Value {
    let mut kubeconfig = json!({
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{ "name": "", "cluster": {
            "certificate-authority-data": STANDARD.encode(pki.authority_pem()),
            "server": format!("https://{}", pki::reachable(address)),
        }}],
        "contexts": null,
        "current-context": "",
        "preferences": {},
        "users": null,
    });
    pki.name_server(&mut kubeconfig["clusters"][0]["cluster"]);
    json!({ "kubeconfig": format!("{kubeconfig:#}\n") })
}

/// How an API server behind this one knows clients, and this server when it speaks for them.
fn extension_authentication(api: &Api, config: &Config, pki: &Pki) -> Value {
    let header = &config.authentication.request_header;
    let list = |values: &[String]| json!(values).to_string();
    // This server says who asks in the usual headers, whatever proxies say it in.
    let usual = RequestHeader::default();
    let both = |own: &[String], usual: &[String]| {
        let named = |name: &&String| !own.iter().any(|own| own.eq_ignore_ascii_case(name));
        let all: Vec<&String> = own.iter().chain(usual.iter().filter(named)).collect();
        json!(all).to_string()
    };
    let mut names = header.allowed_names.clone();
    let authorities = api.authenticators().authorities();
    // Where any name goes, ours does too.
    if header.client_ca_file.is_none() || !names.is_empty() {
        names.push(PROXY_CLIENT.to_owned());
    }
    json!({
        "client-ca-file": authorities.client_pem(),
        "requestheader-allowed-names": list(&names),
        "requestheader-client-ca-file":
            format!("{}{}", pki.front_proxy_pem(), authorities.proxy_pem()),
        "requestheader-extra-headers-prefix":
            both(&header.extra_headers_prefix, &usual.extra_headers_prefix),
        "requestheader-group-headers": both(&header.group_headers, &usual.group_headers),
        "requestheader-uid-headers": both(&header.uid_headers, &usual.uid_headers),
        "requestheader-username-headers": both(&header.username_headers, &usual.username_headers),
    })
}

/// Makes a map say this; what others have put beside it stays.
async fn write(api: &Api, namespace: &str, name: &str, data: Value) -> Result<(), ApiError> {
    let registry = api.registry();
    let served = registry.catalog().find("", "v1", "configmaps");
    let found = served.and_then(|served| {
        served.shelf()?.get(&served.key(Some(namespace), name)).map(|found| found.object())
    });
    let mut object = found.unwrap_or_else(|| {
        json!({
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": { "name": name, "namespace": namespace },
        })
    });
    for (key, value) in data.as_object().into_iter().flatten() {
        object["data"][key] = value.clone();
    }
    registry
        .replace_object(&own_identity(), "", "v1", "configmaps", Some(namespace), object)
        .await
        .map(drop)
}

#[cfg(test)]
mod tests;
