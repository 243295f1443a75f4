//! A server over the memory store, asked in process.

pub(crate) mod hook;
mod meddled;

use std::sync::Arc;

use base::{Clock, Random, Tasks};
use bytes::Bytes;
use http::{Method, Request};
use http_body_util::{BodyExt, Full};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use store::Store;
use store::memory::Memory;
use tokio::io::DuplexStream;
use tokio_tungstenite::{WebSocketStream, client_async, tungstenite};
use tower::ServiceExt;

use crate::api::Api;
use crate::backup::Backups;
use crate::encryption::{Encrypted, Plugins};
use crate::identity::Identity;
use crate::pki::Pki;
use crate::{
    Audit, Authentication, Body, Config, InProcess, NoNodes, NodeTransport, Operations, User,
    Version, aggregation, authorize, bootstrap, definitions, expiry, policy_status, publish,
    quota_status, signing, tokens,
};

pub(crate) use hook::{Hook, Said};
pub(crate) use meddled::{Meddle, Meddled};

pub(crate) const EPOCH: &str = "2026-01-01T00:00:00Z";

/// A server for one test.
pub(crate) struct Fixture {
    pub(crate) api: Arc<Api>,
    pub(crate) tasks: Tasks,
}

/// An answer, read to its end.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) code: u16,
    pub(crate) headers: http::HeaderMap,
    pub(crate) body: Bytes,
}

impl Reply {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|_| panic!("not JSON: {:?}", String::from_utf8_lossy(&self.body)))
    }

    /// The document, of an answer with this code.
    #[track_caller]
    pub(crate) fn expect(&self, code: u16) -> Value {
        assert_eq!(self.code, code, "{}", String::from_utf8_lossy(&self.body));
        self.json()
    }

    /// The message of a failure with this code and reason.
    #[track_caller]
    pub(crate) fn failure(&self, code: u16, reason: &str) -> String {
        let status = self.expect(code);
        assert_eq!((&status["kind"], &status["status"]), (&"Status".into(), &"Failure".into()));
        assert_eq!(status["reason"].as_str().unwrap_or_default(), reason, "{status}");
        assert_eq!(status["code"], code);
        status["message"].as_str().unwrap_or_default().to_owned()
    }

    pub(crate) fn warnings(&self) -> Vec<&str> {
        self.headers.get_all("warning").iter().map(|value| value.to_str().unwrap()).collect()
    }
}

impl Fixture {
    pub(crate) async fn new() -> Self {
        Self::with_nodes(Arc::new(NoNodes)).await
    }

    pub(crate) async fn with_nodes(nodes: Arc<dyn NodeTransport>) -> Self {
        Self::plain(Arc::new(Memory::default()), nodes).await
    }

    pub(crate) async fn over(store: Arc<Memory>) -> Self {
        Self::plain(store, Arc::new(NoNodes)).await
    }

    pub(crate) async fn with_authentication(authentication: Authentication) -> Self {
        let (store, nodes) = (Arc::new(Memory::default()), Arc::new(NoNodes));
        Self::start(store, nodes, authentication, Operations::default()).await
    }

    /// Over a store whose values are encrypted as a file says.
    pub(crate) async fn encrypted(store: Arc<Memory>, file: &std::path::Path) -> Self {
        let encrypted = Encrypted::open(store, file, Random::seeded(2)).await.unwrap();
        let plugins = Some(encrypted.plugins(false));
        let (store, nodes) = (Arc::new(encrypted), Arc::new(NoNodes));
        let (authentication, operations) = (Authentication::default(), Operations::default());
        Self::start_with(store, nodes, authentication, operations, plugins).await
    }

    /// With an audit log.
    pub(crate) async fn audited(audit: Audit) -> Self {
        let operations = Operations { audit: Some(audit), ..Operations::default() };
        let (store, nodes) = (Arc::new(Memory::default()), Arc::new(NoNodes));
        Self::start(store, nodes, Authentication::default(), operations).await
    }

    /// As an operator has set it.
    pub(crate) async fn operated(operations: Operations) -> Self {
        let (store, nodes) = (Arc::new(Memory::default()), Arc::new(NoNodes));
        Self::start(store, nodes, Authentication::default(), operations).await
    }

    /// Started with these flags.
    pub(crate) async fn flagged(flags: Vec<(String, String)>) -> Self {
        let operations = Operations { flags, ..Operations::default() };
        let (store, nodes) = (Arc::new(Memory::default()), Arc::new(NoNodes));
        Self::start(store, nodes, Authentication::default(), operations).await
    }

    /// Over any store.
    pub(crate) async fn plain(store: Arc<dyn Store>, nodes: Arc<dyn NodeTransport>) -> Self {
        Self::start(store, nodes, Authentication::default(), Operations::default()).await
    }

    async fn start(
        store: Arc<dyn Store>,
        nodes: Arc<dyn NodeTransport>,
        authentication: Authentication,
        operations: Operations,
    ) -> Self {
        Self::start_with(store, nodes, authentication, operations, None).await
    }

    async fn start_with(
        store: Arc<dyn Store>,
        nodes: Arc<dyn NodeTransport>,
        authentication: Authentication,
        operations: Operations,
        plugins: Option<Plugins>,
    ) -> Self {
        let tasks = Tasks::new();
        let config = Config {
            clock: Clock::simulated(EPOCH.parse().unwrap()),
            random: Random::seeded(1),
            tasks: tasks.clone(),
            foundation: tasks.clone(),
            store,
            listen: "127.0.0.1:6443".parse().unwrap(),
            data_dir: None,
            service_cidr: "10.96.0.0/16".parse().unwrap(),
            node_ports: 30_000..=32_767,
            nodes,
            authentication,
            version: Version::default(),
            metrics: base::Metrics::default(),
            operations,
        };
        let pki = Pki::open(&config, config.listen).unwrap();
        let backups = Backups::new(&config);
        let api = Api::start(&config, &pki, config.listen, backups, plugins).await.unwrap();
        definitions::start(&tasks, Arc::clone(&api)).await;
        bootstrap::run(&api, &config, config.listen).await.unwrap();
        publish::run(&api, &config, &pki, config.listen).await.unwrap();
        aggregation::make_local(&api).await.unwrap();
        aggregation::start(&tasks, Arc::clone(&api));
        expiry::start(&tasks, Arc::clone(&api), config.operations.event_ttl);
        authorize::start(&tasks, Arc::clone(&api));
        policy_status::start(&tasks, Arc::clone(&api));
        quota_status::start(&tasks, Arc::clone(&api));
        signing::start(&tasks, Arc::clone(&api), pki.signer());
        tokens::start(&tasks, Arc::clone(&api), pki.authority_pem().to_owned());
        api.health().set_ready();
        let server = Self { api, tasks };
        // A controller makes this one in every namespace; pods cannot do without.
        let account = serde_json::json!({
            "apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default"}
        });
        server.post("/api/v1/namespaces/default/serviceaccounts", &account).await;
        server
    }

    pub(crate) fn service(&self, user: User) -> InProcess {
        InProcess::new(Arc::clone(&self.api), Identity::new(user))
    }

    pub(crate) async fn send(&self, user: User, request: Request<Full<Bytes>>) -> Reply {
        let response = self.service(user).oneshot(request).await.unwrap();
        read(response).await
    }

    pub(crate) async fn ask(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Bytes>,
    ) -> Reply {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.send(User::admin(), request.body(Full::new(body.into())).unwrap()).await
    }

    pub(crate) async fn get(&self, path: &str) -> Reply {
        self.ask(Method::GET, path, &[], "").await
    }

    pub(crate) async fn post(&self, path: &str, document: &Value) -> Reply {
        self.ask(Method::POST, path, &[], document.to_string()).await
    }

    pub(crate) async fn put(&self, path: &str, document: &Value) -> Reply {
        self.ask(Method::PUT, path, &[], document.to_string()).await
    }

    /// `kind` is `json`, `merge` or `strategic-merge`.
    pub(crate) async fn patch(&self, path: &str, kind: &str, patch: &Value) -> Reply {
        let media = format!("application/{kind}-patch+json");
        self.ask(Method::PATCH, path, &[("content-type", &media)], patch.to_string()).await
    }

    /// Server-side apply as a manager; more of the query may follow its name.
    pub(crate) async fn apply(&self, path: &str, manager: &str, wanted: &Value) -> Reply {
        let path = format!("{path}?fieldManager={manager}");
        let media = [("content-type", "application/apply-patch+yaml")];
        self.ask(Method::PATCH, &path, &media, wanted.to_string()).await
    }

    pub(crate) async fn delete(&self, path: &str, options: &Value) -> Reply {
        let body = if options.is_null() { String::new() } else { options.to_string() };
        self.ask(Method::DELETE, path, &[], body).await
    }

    pub(crate) async fn watch(&self, path: &str) -> Watch {
        self.watch_as(path, "application/json").await
    }

    /// Asks for a WebSocket; the code of the answer if it is none.
    pub(crate) async fn websocket(&self, path: &str) -> Result<WebSocketStream<DuplexStream>, u16> {
        let (near, far) = tokio::io::duplex(64 << 10);
        let api = self.service(User::admin());
        let service = hyper::service::service_fn(move |request| api.clone().oneshot(request));
        let served = hyper::server::conn::http1::Builder::new();
        let connection = served.serve_connection(TokioIo::new(far), service).with_upgrades();
        self.tasks.spawn_until_stop("connection", async move {
            let _ended = connection.await;
        });
        match client_async(format!("ws://localhost{path}"), near).await {
            Ok((socket, _)) => Ok(socket),
            Err(tungstenite::Error::Http(refusal)) => Err(refusal.status().as_u16()),
            Err(other) => panic!("{other}"),
        }
    }

    pub(crate) async fn watch_as(&self, path: &str, accept: &str) -> Watch {
        let request = Request::get(path).header("accept", accept).body(Full::new(Bytes::new()));
        let response = self.service(User::admin()).oneshot(request.unwrap()).await.unwrap();
        assert_eq!(response.status(), 200, "{path}");
        Watch { body: response.into_body(), rest: Vec::new() }
    }
}

/// A watch under way.
pub(crate) struct Watch {
    body: Body,
    rest: Vec<u8>,
}

impl Watch {
    /// The next event; `None` at the end.
    pub(crate) async fn next(&mut self) -> Option<Value> {
        loop {
            if let Some(end) = self.rest.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.rest.drain(..=end).collect();
                return Some(serde_json::from_slice(&line).unwrap());
            }
            let frame = self.body.frame().await?.unwrap();
            self.rest.extend_from_slice(frame.data_ref().unwrap());
        }
    }

    /// How many events come next in one piece.
    pub(crate) async fn together(&mut self) -> usize {
        let frame = self.body.frame().await.unwrap().unwrap();
        frame.data_ref().unwrap().split(|byte| *byte == b'\n').count() - 1
    }

    /// The next event as `TYPE name`, or `TYPE` alone.
    pub(crate) async fn brief(&mut self) -> String {
        let Some(event) = self.next().await else { return "end".to_owned() };
        let kind = event["type"].as_str().unwrap();
        match event["object"]["metadata"]["name"].as_str() {
            Some(name) => format!("{kind} {name}"),
            None => kind.to_owned(),
        }
    }
}

pub(crate) async fn read(response: http::Response<Body>) -> Reply {
    let (parts, body) = response.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    Reply { code: parts.status.as_u16(), headers: parts.headers, body }
}
