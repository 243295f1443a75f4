//! A tenant: an account that may edit one namespace, on connections where every byte is its own.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use base::Tasks;
use bytes::Bytes;
use http::{Method, Request, Response};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::client::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::support::cluster::Cluster;
use crate::support::raw::{self, Answer, JSON, Media};
use crate::support::space::Space;

/// Whoever waits longer for an answer has got none.
const ANSWER_MAX: Duration = Duration::from_secs(45);
/// Whoever asks for much may have to wait for it.
const MUCH_MAX: Duration = Duration::from_mins(1);

const EDITOR: &str = "
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: editor}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: edit}
subjects: [{kind: ServiceAccount, name: default, namespace: OWN}]
";

/// The body of a request.
pub(crate) type Content = BoxBody<Bytes, Infallible>;

/// An account, and its connections.
pub(crate) struct Tenant {
    pub(crate) space: Space,
    address: String,
    roots: RootCertStore,
    token: String,
    tasks: Tasks,
}

impl Tenant {
    /// Makes a namespace, and its account an editor of it.
    pub(crate) async fn new(cluster: &Cluster, name: &str) -> Self {
        let space = Space::new(cluster.client().await, name).await;
        space.apply(&EDITOR.replace("OWN", name)).await;
        let path = format!("/api/v1/namespaces/{name}/serviceaccounts/default/token");
        let answer = raw::send(&space.client, Method::POST, &path, JSON, r#"{"spec":{}}"#).await;
        let token = answer.json()["status"]["token"].as_str().expect("a token").to_owned();
        let config = cluster.config().await;
        let mut roots = RootCertStore::empty();
        for root in config.root_cert.expect("the cluster has an authority") {
            roots.add(CertificateDer::from(root)).expect("an authority");
        }
        let address = config.cluster_url.authority().expect("a server has an address").to_string();
        Self { space, address, roots, token, tasks: Tasks::new() }
    }

    /// A path of this kind of object in the tenant's namespace.
    pub(crate) fn path(&self, plural: &str) -> String {
        format!("/api/v1/namespaces/{}/{plural}", self.space.name)
    }

    /// A connection on which nothing has been said.
    pub(crate) async fn tcp(&self) -> TcpStream {
        TcpStream::connect(&self.address).await.expect("it listens")
    }

    /// A connection for one of the protocols `h2` and `http/1.1`.
    pub(crate) async fn tls(&self, protocol: &str) -> TlsStream<TcpStream> {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("the usual versions")
            .with_root_certificates(self.roots.clone())
            .with_no_client_auth();
        config.alpn_protocols = vec![protocol.as_bytes().to_vec()];
        let name = ServerName::try_from("localhost").expect("a name");
        let connected = TlsConnector::from(Arc::new(config)).connect(name, self.tcp().await).await;
        connected.expect("the authority vouches for the server")
    }

    pub(crate) async fn http1(&self) -> http1::SendRequest<Content> {
        let stream = TokioIo::new(self.tls("http/1.1").await);
        let (sender, connection) = http1::handshake(stream).await.expect("it speaks HTTP/1.1");
        self.tasks.spawn_until_stop("client", async move {
            let _ = connection.await;
        });
        sender
    }

    pub(crate) async fn http2(&self) -> http2::SendRequest<Content> {
        let stream = TokioIo::new(self.tls("h2").await);
        let handshake = http2::handshake(TokioExecutor::new(), stream).await;
        let (sender, connection) = handshake.expect("it speaks HTTP/2");
        self.tasks.spawn_until_stop("client", async move {
            let _ = connection.await;
        });
        sender
    }

    /// A request of this tenant.
    pub(crate) fn request(&self, method: Method, path: &str) -> http::request::Builder {
        Request::builder()
            .method(method)
            .uri(format!("https://localhost{path}"))
            .header("host", "localhost")
            .header("authorization", self.authorization())
    }

    pub(crate) fn authorization(&self) -> String {
        format!("Bearer {}", self.token)
    }

    /// Asks on a connection of its own, and reads the whole answer.
    pub(crate) async fn ask(
        &self,
        method: Method,
        path: &str,
        media: Media<'_>,
        body: impl Into<Bytes>,
    ) -> Answer {
        let answered = self.send(method, path, media, Full::new(body.into()).boxed());
        timeout(MUCH_MAX, answered).await.unwrap_or_else(|_| panic!("{path} is not answered"))
    }

    /// Asks with a body that comes as it comes.
    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        media: Media<'_>,
        body: Content,
    ) -> Answer {
        let request = self.request(method, path);
        let request = request.header("content-type", media.sends).header("accept", media.accepts);
        let request = request.body(body).expect("the test's request is right");
        let mut sender = self.http1().await;
        whole(sender.send_request(request).await.expect("an answer")).await
    }

    /// Writes and reads as people do, and is answered at once.
    pub(crate) async fn goes_on(&self) {
        let maps = self.path("configmaps");
        // Long enough to need room among the bodies that are held.
        let data = json!({"k": "v".repeat(64 << 10)});
        let map = json!({"metadata": {"generateName": "kept-"}, "data": data}).to_string();
        let exchange = async {
            let made = self.ask(Method::POST, &maps, JSON, map).await;
            assert_eq!(made.code, 201, "{made:?}");
            let made: Value = made.json();
            let path = format!("{maps}/{}", made["metadata"]["name"].as_str().expect("a name"));
            assert_eq!(self.ask(Method::GET, &path, JSON, "").await.code, 200);
            assert_eq!(self.ask(Method::DELETE, &path, JSON, "").await.code, 200);
        };
        timeout(ANSWER_MAX, exchange).await.expect("who does no harm is answered");
    }
}

impl Drop for Tenant {
    fn drop(&mut self) {
        self.tasks.stop_token().cancel();
    }
}

/// Reads an answer to its end.
pub(crate) async fn whole(response: Response<Incoming>) -> Answer {
    let (parts, body) = response.into_parts();
    let body = body.collect().await.expect("the answer ends").to_bytes();
    Answer { code: parts.status.as_u16(), headers: parts.headers, body }
}
