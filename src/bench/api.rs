//! A small client of the API: one TLS connection with a client certificate, one request at a time.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{Method, Request, Response, StatusCode, header};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use serde_json::Value;
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// Where a cluster answers, and as whom we ask it.
#[derive(Debug, Clone)]
pub(super) struct Endpoint {
    address: SocketAddr,
    tls: Arc<ClientConfig>,
}

impl Endpoint {
    /// A place where nobody answers.
    pub(super) fn nowhere() -> Self {
        let tls = ClientConfig::builder()
            .with_root_certificates(RootCertStore::empty())
            .with_no_client_auth();
        Self { address: SocketAddr::from(([127, 0, 0, 1], 0)), tls: Arc::new(tls) }
    }

    /// What the administrator's kubeconfig says.
    pub(super) fn read(kubeconfig: &Path) -> Result<Self> {
        let text = std::fs::read(kubeconfig).with_context(|| kubeconfig.display().to_string())?;
        let config: Value = serde_json::from_slice(&text).context("read the kubeconfig")?;
        let text = |pointer: &str| {
            config.pointer(pointer).and_then(Value::as_str).with_context(|| pointer.to_owned())
        };
        let pem = |pointer: &str| STANDARD.decode(text(pointer)?).context("read the kubeconfig");
        let server = text("/clusters/0/cluster/server")?;
        let address =
            server.trim_start_matches("https://").parse().context("read the kubeconfig")?;
        let mut roots = RootCertStore::empty();
        for root in certificates(&pem("/clusters/0/cluster/certificate-authority-data")?)? {
            roots.add(root).context("read the authority's certificate")?;
        }
        let certificate = certificates(&pem("/users/0/user/client-certificate-data")?)?;
        let key = PrivateKeyDer::from_pem_slice(&pem("/users/0/user/client-key-data")?)
            .context("read the client's key")?;
        let tls = ClientConfig::builder()
            .with_root_certificates(roots)
            .with_client_auth_cert(certificate, key)
            .context("use the client's certificate")?;
        Ok(Self { address, tls: Arc::new(tls) })
    }
}

fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>> {
    CertificateDer::pem_slice_iter(pem).collect::<Result<_, _>>().context("read a certificate")
}

/// One keep-alive connection.
#[derive(Debug)]
pub(super) struct Connection {
    sender: SendRequest<Full<Bytes>>,
    /// Moves the bytes; dropped with the connection.
    _driver: JoinSet<()>,
}

impl Connection {
    pub(super) async fn open(endpoint: &Endpoint) -> Result<Self> {
        let tls = connect(endpoint, Arc::clone(&endpoint.tls)).await?;
        let (sender, connection) = handshake(TokioIo::new(tls)).await.context("speak HTTP")?;
        let mut driver = JoinSet::new();
        driver.spawn(async move {
            // A broken connection shows at the next request.
            let _ = connection.await;
        });
        Ok(Self { sender, _driver: driver })
    }

    /// The body of a successful answer.
    pub(super) async fn get(&mut self, path: &str) -> Result<Bytes> {
        self.send(Method::GET, path, "", Bytes::new()).await
    }

    /// How long the body of a successful answer is, which is not kept: to put ten megabytes together would measure us.
    pub(super) async fn count(&mut self, path: &str) -> Result<usize> {
        let mut body = self.stream(path).await?;
        let mut bytes = 0;
        while let Some(frame) = body.frame().await {
            bytes += frame.context("read an answer")?.data_ref().map_or(0, Bytes::len);
        }
        Ok(bytes)
    }

    /// Creates an object and returns it.
    pub(super) async fn create(&mut self, collection: &str, object: &Value) -> Result<Value> {
        let body = Bytes::from(object.to_string());
        let answer = self.send(Method::POST, collection, "application/json", body).await?;
        serde_json::from_slice(&answer).context("read the answer")
    }

    /// Sends a request and returns the body of a successful answer.
    pub(super) async fn send(
        &mut self,
        method: Method,
        path: &str,
        media: &'static str,
        body: Bytes,
    ) -> Result<Bytes> {
        let answer = self.ask(method, path, media, body).await?;
        let status = answer.status();
        let body = answer.into_body().collect().await.context("read an answer")?.to_bytes();
        accept(status, path, &body)?;
        Ok(body)
    }

    /// Sends a GET whose answer has no end, and returns its body.
    pub(super) async fn stream(&mut self, path: &str) -> Result<Incoming> {
        let answer = self.ask(Method::GET, path, "", Bytes::new()).await?;
        accept(answer.status(), path, &[])?;
        Ok(answer.into_body())
    }

    async fn ask(
        &mut self,
        method: Method,
        path: &str,
        media: &'static str,
        body: Bytes,
    ) -> Result<Response<Incoming>> {
        let mut request =
            Request::builder().method(method).uri(path).header(header::HOST, "isopod");
        if !media.is_empty() {
            request = request.header(header::CONTENT_TYPE, media);
        }
        let request = request.body(Full::new(body)).context("make a request")?;
        self.sender.ready().await.context("the API closed the connection")?;
        self.sender.send_request(request).await.with_context(|| format!("ask for {path}"))
    }
}

/// One HTTP/2 connection, on which many answers come at once.
#[derive(Debug)]
pub(super) struct Multiplexed {
    sender: http2::SendRequest<Full<Bytes>>,
    _driver: JoinSet<()>,
}

impl Multiplexed {
    pub(super) async fn open(endpoint: &Endpoint) -> Result<Self> {
        let mut config = ClientConfig::clone(&endpoint.tls);
        config.alpn_protocols = vec![b"h2".to_vec()];
        let tls = connect(endpoint, Arc::new(config)).await?;
        let (sender, connection) = http2::handshake(TokioExecutor::new(), TokioIo::new(tls))
            .await
            .context("speak HTTP/2")?;
        let mut driver = JoinSet::new();
        driver.spawn(async move {
            // A broken connection shows at the next frame of an answer.
            let _ = connection.await;
        });
        Ok(Self { sender, _driver: driver })
    }

    /// Sends a GET whose answer has no end, and returns its body.
    pub(super) async fn stream(&mut self, path: &str) -> Result<Incoming> {
        // The authority is never looked at, but HTTP/2 wants one.
        let request = Request::get(format!("https://isopod{path}")).body(Full::default());
        self.sender.ready().await.context("the API closed the connection")?;
        let request = request.context("make a request")?;
        let answer = self.sender.send_request(request).await.context("ask for a stream")?;
        accept(answer.status(), path, &[])?;
        Ok(answer.into_body())
    }
}

async fn connect(endpoint: &Endpoint, tls: Arc<ClientConfig>) -> Result<TlsStream<TcpStream>> {
    let tcp = TcpStream::connect(endpoint.address).await.context("connect to the API")?;
    tcp.set_nodelay(true).context("connect to the API")?;
    let name = ServerName::from(endpoint.address.ip());
    TlsConnector::from(tls).connect(name, tcp).await.context("shake hands with the API")
}

fn accept(status: StatusCode, path: &str, body: &[u8]) -> Result<()> {
    if status.is_success() {
        return Ok(());
    }
    let answer: Value = serde_json::from_slice(body).unwrap_or_default();
    let message = answer.get("message").and_then(Value::as_str).unwrap_or_default();
    bail!("{path}: {status}: {message}")
}
