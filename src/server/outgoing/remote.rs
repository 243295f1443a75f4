//! One thing that is called.

use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HOST, HeaderValue, USER_AGENT};
use http::request::Builder;
use http::{Request, Response};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioTimer;

use crate::body::RequestBody;

use super::connect::{Connector, Spawner};
use super::{ClientCertificate, Destination, Failure, Outgoing, Trust, tls};

/// The longest answer. A review answers with what it was asked about, and an object is at most 3 MiB, of which a
/// patch may hold as much again in base64.
pub(crate) const ANSWER_BYTES_MAX: usize = 16 << 20;
/// Connections kept for the next call; more are opened when they are needed, and closed after.
const IDLE_CONNECTIONS_MAX: usize = 8;
/// How long a connection waits for the next call.
const IDLE_TIME_MAX: Duration = Duration::from_secs(90);
/// How the server calls itself.
const AGENT: &str = concat!("kube-apiserver/isopod-", env!("CARGO_PKG_VERSION"));

/// What to call, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Settings {
    pub(crate) destination: Destination,
    pub(crate) trust: Trust,
    pub(crate) certificate: Option<ClientCertificate>,
    /// The value of the header `Authorization`.
    pub(crate) authorization: Option<HeaderValue>,
    /// The name in the certificate, if it is not the destination's.
    pub(crate) server_name: Option<String>,
}

impl Settings {
    /// Of a destination that the machine trusts and that asks for no credentials.
    pub(crate) fn new(destination: Destination) -> Self {
        Self {
            destination,
            trust: Trust::System,
            certificate: None,
            authorization: None,
            server_name: None,
        }
    }
}

/// One thing that is called, with its connections.
#[derive(Debug)]
pub(crate) struct Remote {
    destination: Destination,
    authorization: Option<HeaderValue>,
    client: Client<Connector, RequestBody>,
}

impl Remote {
    /// Nothing is connected before the first call.
    pub(crate) fn new(outgoing: &Arc<Outgoing>, settings: Settings) -> Result<Self, String> {
        let Settings { destination, trust, certificate, authorization, server_name } = settings;
        let tls = destination
            .tls
            .then(|| tls::config(&trust, certificate.as_ref(), &[b"h2", b"http/1.1"]))
            .transpose()?;
        let server_name = server_name.unwrap_or_else(|| destination.address.server_name());
        let connector = Connector {
            outgoing: Arc::clone(outgoing),
            address: Arc::new(destination.address.clone()),
            tls,
            server_name: server_name.into(),
        };
        let client = Client::builder(Spawner(outgoing.tasks()))
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE_TIME_MAX)
            .pool_max_idle_per_host(IDLE_CONNECTIONS_MAX)
            .build(connector);
        Ok(Self { destination, authorization, client })
    }

    /// The URL that is called, with more behind its path.
    pub(crate) fn url(&self, more: &str) -> String {
        self.destination.url(more)
    }

    /// Posts a JSON document and returns the one that is answered; `more` follows the destination's path.
    pub(crate) async fn post(
        &self,
        more: &str,
        document: Bytes,
        deadline: Duration,
    ) -> Result<Bytes, Failure> {
        let url = self.url(more);
        let request = Request::post(&url).header(CONTENT_TYPE, "application/json");
        self.ask(("Post", &url), request, document, deadline).await
    }

    /// Gets a JSON document; `more` follows the destination's path.
    pub(crate) async fn get(&self, more: &str, deadline: Duration) -> Result<Bytes, Failure> {
        let url = self.url(more);
        self.ask(("Get", &url), Request::get(&url), Bytes::new(), deadline).await
    }

    /// Sends a request and reads its answer; failures to do so name what was done with which URL.
    async fn ask(
        &self,
        (method, url): (&str, &str),
        request: Builder,
        body: Bytes,
        deadline: Duration,
    ) -> Result<Bytes, Failure> {
        let request = request
            .header(ACCEPT, "application/json")
            .header(USER_AGENT, AGENT)
            .body(body.into())
            .map_err(|error| Failure::new(error.to_string()))?;
        let call = async {
            let response = self.send(request).await?;
            let status = response.status();
            let body = read(response.into_body()).await?;
            if status.is_success() { Ok(body) } else { Err(Failure::answered(status, &body)) }
        };
        let outcome = tokio::time::timeout(deadline, call).await;
        outcome.unwrap_or_else(|_| Err(Failure::deadline())).map_err(|failure| {
            if failure.status.is_some() {
                return failure;
            }
            let message = format!("{method} {url:?}: {}", failure.message);
            Failure { message, ..failure }
        })
    }

    /// Sends a request, whose URI may be a path alone, with the credentials of this remote.
    pub(crate) async fn send(
        &self,
        mut request: Request<RequestBody>,
    ) -> Result<Response<Incoming>, Failure> {
        if request.uri().authority().is_none() {
            let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
            let scheme = if self.destination.tls { "https" } else { "http" };
            let url = format!("{scheme}://{}{path}", self.destination.address.authority());
            *request.uri_mut() = url.parse().map_err(|_| Failure::new("no valid path"))?;
        }
        let headers = request.headers_mut();
        headers.remove(HOST);
        if let Some(authorization) = &self.authorization {
            headers.insert(AUTHORIZATION, authorization.clone());
        }
        self.client.request(request).await.map_err(|error| Failure::of_http(&error))
    }
}

/// Reads an answer up to its limit.
async fn read(mut body: Incoming) -> Result<Bytes, Failure> {
    let mut all = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| Failure::of_http(&error))?;
        let Ok(data) = frame.into_data() else { continue };
        if all.len() + data.len() > ANSWER_BYTES_MAX {
            return Err(Failure::new(format!(
                "the answer is longer than {ANSWER_BYTES_MAX} bytes"
            )));
        }
        all.extend_from_slice(&data);
    }
    Ok(all.freeze())
}
