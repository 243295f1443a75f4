//! An API server for a cluster to have behind it: one kind of object, in memory, and only for the cluster itself.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use base::Tasks;
use bytes::Bytes;
use futures::StreamExt as _;
use http::{Request, Response, StatusCode};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

/// The server; it ends when this is dropped.
pub(crate) struct Extension {
    /// Where it listens, on every address of this machine that `localhost` means.
    pub(crate) port: u16,
    /// The authority that vouches for it, PEM.
    pub(crate) authority: String,
    tasks: Tasks,
}

struct Sea {
    group: String,
    fishes: Mutex<BTreeMap<String, Value>>,
}

type Answer = Response<BoxBody<Bytes, Infallible>>;

impl Extension {
    /// Serves `fishes` of a group under a name in its certificate, to whomever `clients` vouches for.
    pub(crate) async fn start(group: &str, name: &str, clients: &str) -> Self {
        let (authority, config) = tls(name, clients);
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("it is bound").port();
        let tasks = Tasks::new();
        let sea = Arc::new(Sea { group: group.to_owned(), fishes: Mutex::default() });
        let owner = tasks.clone();
        tasks.spawn_until_stop("extension", async move {
            let acceptor = TlsAcceptor::from(Arc::new(config));
            loop {
                let Ok((stream, _)) = listener.accept().await else { continue };
                let (acceptor, sea) = (acceptor.clone(), Arc::clone(&sea));
                owner.spawn_until_stop("extension connection", async move {
                    let Ok(stream) = acceptor.accept(stream).await else { return };
                    let service = service_fn(|request| {
                        let sea = Arc::clone(&sea);
                        async move { Ok::<_, Infallible>(sea.answer(request).await) }
                    });
                    let builder = auto::Builder::new(TokioExecutor::new());
                    let _ = builder.serve_connection(TokioIo::new(stream), service).await;
                });
            }
        });
        Self { port, authority, tasks }
    }
}

impl Drop for Extension {
    fn drop(&mut self) {
        self.tasks.stop_token().cancel();
    }
}

/// The authority's certificate, and what the server needs.
fn tls(name: &str, clients: &str) -> (String, ServerConfig) {
    let key = KeyPair::generate().expect("a key");
    let mut params = CertificateParams::new(Vec::new()).expect("parameters");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = params.self_signed(&key).expect("an authority").pem();
    let issuer = Issuer::from_ca_cert_pem(&authority, key).expect("it is our own");
    let leaf_key = KeyPair::generate().expect("a key");
    let leaf = CertificateParams::new(vec![name.to_owned()]).expect("a name");
    let leaf = leaf.signed_by(&leaf_key, &issuer).expect("a certificate");
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(clients.as_bytes()) {
        roots.add(certificate.expect("PEM")).expect("an authority");
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let verifier = WebPkiClientVerifier::builder_with_provider(roots.into(), Arc::clone(&provider));
    let key = PrivateKeyDer::try_from(leaf_key.serialize_der()).expect("it is our own");
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("the usual versions")
        .with_client_cert_verifier(verifier.build().expect("a verifier"))
        .with_single_cert(vec![leaf.der().clone()], key)
        .expect("certificate and key fit");
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    (authority, config)
}

impl Sea {
    async fn answer(&self, request: Request<Incoming>) -> Answer {
        let (parts, body) = request.into_parts();
        let header = |name: &str| {
            let value = parts.headers.get(name).and_then(|value| value.to_str().ok());
            value.unwrap_or_default().to_owned()
        };
        if header("x-remote-user").is_empty() || parts.headers.contains_key("authorization") {
            return json_answer(401, &json!({"kind": "Status", "status": "Failure", "code": 401}));
        }
        let path = parts.uri.path().to_owned();
        let below = format!("/apis/{}/v1", self.group);
        let parts_of_path: Vec<&str> = match path.strip_prefix(&below) {
            Some(rest) => rest.split('/').filter(|part| !part.is_empty()).collect(),
            None if path == "/openapi/v3" => return json_answer(200, &self.index()),
            None if path == format!("/openapi/v3{below}") => {
                return json_answer(200, &self.document());
            }
            None => {
                return json_answer(
                    404,
                    &json!({"kind": "Status", "status": "Failure", "code": 404}),
                );
            }
        };
        match (parts.method.as_str(), parts_of_path.as_slice()) {
            ("GET", []) => json_answer(200, &self.resources()),
            ("GET", ["namespaces", _, "fishes"]) if query_asks(&parts.uri, "watch") => self.watch(),
            ("GET", ["namespaces", _, "fishes"] | ["fishes"]) => json_answer(200, &self.list()),
            ("GET", ["namespaces", _, "fishes", name]) => match self.get(name) {
                Some(fish) => json_answer(200, &fish),
                None => self.unknown(name),
            },
            ("POST", ["namespaces", _, "fishes", _, "feed"]) => {
                let eaten = body.collect().await.expect("a body").to_bytes();
                json_answer(200, &json!({"eaten": eaten.len()}))
            }
            ("POST", ["namespaces", namespace, "fishes"]) => {
                let body = body.collect().await.expect("a body").to_bytes();
                let mut fish: Value = serde_json::from_slice(&body).expect("JSON");
                fish["metadata"]["namespace"] = (*namespace).into();
                fish["metadata"]["annotations"]["by"] = header("x-remote-user").into();
                fish["metadata"]["annotations"]["groups"] = header("x-remote-group").into();
                json_answer(201, &self.put(fish))
            }
            _ => json_answer(405, &json!({"kind": "Status", "status": "Failure", "code": 405})),
        }
    }

    fn api_version(&self) -> String {
        format!("{}/v1", self.group)
    }

    fn put(&self, mut fish: Value) -> Value {
        let name = fish["metadata"]["name"].as_str().unwrap_or_default().to_owned();
        fish["metadata"]["uid"] = format!("uid-of-{name}").into();
        fish["metadata"]["resourceVersion"] = "1".into();
        fish["metadata"]["creationTimestamp"] = "2026-01-01T00:00:00Z".into();
        self.fishes.lock().expect("nobody panics with it").insert(name, fish.clone());
        fish
    }

    fn get(&self, name: &str) -> Option<Value> {
        self.fishes.lock().expect("nobody panics with it").get(name).cloned()
    }

    fn list(&self) -> Value {
        let fishes = self.fishes.lock().expect("nobody panics with it");
        let items: Vec<&Value> = fishes.values().collect();
        json!({
            "apiVersion": self.api_version(), "kind": "FishList",
            "metadata": {"resourceVersion": "1"}, "items": items,
        })
    }

    /// What there is, and then nothing, for as long as the client looks.
    fn watch(&self) -> Answer {
        let list = self.list();
        let items = list["items"].as_array().cloned().unwrap_or_default();
        let lines = items.into_iter().map(|item| {
            let line = json!({"type": "ADDED", "object": item}).to_string() + "\n";
            Ok(Frame::data(Bytes::from(line)))
        });
        let stream = futures::stream::iter(lines).chain(futures::stream::pending());
        let mut answer = Response::new(BodyExt::boxed(StreamBody::new(stream)));
        let media = http::HeaderValue::from_static("application/json");
        answer.headers_mut().insert("content-type", media);
        answer
    }

    fn unknown(&self, name: &str) -> Answer {
        let message = format!("fishes.{} {name:?} not found", self.group);
        let status = json!({
            "kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "NotFound",
            "code": 404, "message": message,
        });
        json_answer(404, &status)
    }

    fn resources(&self) -> Value {
        json!({
            "kind": "APIResourceList", "apiVersion": "v1", "groupVersion": self.api_version(),
            "resources": [{
                "name": "fishes", "singularName": "fish", "namespaced": true, "kind": "Fish",
                "verbs": ["create", "get", "list", "watch"],
            }],
        })
    }

    fn index(&self) -> Value {
        let path = format!("apis/{}", self.api_version());
        let url = format!("/openapi/v3/{path}?hash=1");
        json!({"paths": {path: {"serverRelativeURL": url}}})
    }

    fn document(&self) -> Value {
        // kubectl finds a resource's kind by what its path lists.
        let path = format!("/apis/{}/namespaces/{{namespace}}/fishes", self.api_version());
        let listed = json!({"get": {
            "responses": {"200": {"description": "OK"}},
            "x-kubernetes-group-version-kind": {"group": self.group, "version": "v1", "kind": "Fish"},
        }});
        json!({
            "openapi": "3.0.0", "info": {"title": "sea", "version": "1"}, "paths": {path: listed},
            "components": {"schemas": {"Fish": {
                "type": "object", "description": "It swims.",
                "properties": {"spec": {"type": "object", "description": "How it swims."}},
                "x-kubernetes-group-version-kind": [
                    {"group": self.group, "version": "v1", "kind": "Fish"},
                ],
            }}},
        })
    }
}

fn query_asks(uri: &http::Uri, name: &str) -> bool {
    let query = uri.query().unwrap_or_default();
    query.split('&').any(|pair| pair == format!("{name}=true") || pair == format!("{name}=1"))
}

fn json_answer(code: u16, document: &Value) -> Answer {
    let mut answer = Response::new(Full::new(Bytes::from(document.to_string())).boxed());
    *answer.status_mut() = StatusCode::from_u16(code).expect("it is a code");
    let media = http::HeaderValue::from_static("application/json");
    answer.headers_mut().insert("content-type", media);
    answer
}
