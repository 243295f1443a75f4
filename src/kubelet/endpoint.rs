//! Answers what the API server asks of a node: logs, health, the pods it knows, what they use.

use std::convert::Infallible;
use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use client::Key;
use futures::stream;
use http::{Request, Response, StatusCode, header};
use http_body::Frame;
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use k8s_openapi::List;
use k8s_openapi::api::core::v1::Pod;
use tokio::sync::oneshot;

use crate::logs::{LogOptions, Reader};
use crate::pod::Message;
use crate::pods::Directory;
use crate::site::Site;
use crate::streams::{Refusal, Stream, Streams};
use crate::usage;

/// How figures are written.
const PROMETHEUS: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Why a body ended early.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// An answer's body, which may go on for long.
pub type Body = BoxBody<Bytes, BoxError>;

/// A node's HTTP endpoint, in process. Clones are the same endpoint.
#[derive(Clone)]
pub struct Endpoint {
    site: Arc<Site>,
    directory: Directory,
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Endpoint").field("site", &self.site).finish_non_exhaustive()
    }
}

impl Endpoint {
    pub(crate) fn new(site: Arc<Site>, directory: Directory) -> Self {
        Self { site, directory }
    }

    /// Answers one request.
    pub async fn handle(&self, request: Request<Bytes>) -> Response<Body> {
        let path = request.uri().path().trim_matches('/').to_owned();
        let parts: Vec<&str> = path.split('/').collect();
        match parts[..] {
            ["healthz"] => text(StatusCode::OK, "ok"),
            ["pods"] => self.pods(),
            ["metrics", "resource"] => {
                let report = usage::report(&self.directory, self.site.clock.now()).await;
                respond(StatusCode::OK, PROMETHEUS, full(report))
            }
            ["containerLogs", namespace, pod, container] => {
                let query = request.uri().query().unwrap_or_default();
                self.log(Key::new(namespace, pod), container, query).await
            }
            _ => text(StatusCode::NOT_FOUND, "404 page not found"),
        }
    }

    /// Answers a request for a stream of bytes in both directions; without one, the answer says why.
    pub async fn open(&self, request: Request<Bytes>) -> Result<Stream, Response<Body>> {
        let path = request.uri().path().trim_matches('/').to_owned();
        let parts: Vec<&str> = path.split('/').collect();
        let query = request.uri().query().unwrap_or_default();
        let streams = Streams { site: &self.site, directory: &self.directory };
        let opened = match parts[..] {
            ["portForward", namespace, pod] => {
                streams.port_forward(&Key::new(namespace, pod), query).await
            }
            ["attach", namespace, pod, container] => {
                streams.attach(&Key::new(namespace, pod), container, query).await
            }
            ["exec", namespace, pod, container] => {
                streams.exec(&Key::new(namespace, pod), container)
            }
            _ => Err(Refusal::not_found("404 page not found")),
        };
        opened.map_err(|refusal| text(refusal.status, &refusal.message))
    }

    fn pods(&self) -> Response<Body> {
        let items = self.directory.pods().into_iter().map(|pod| Pod::clone(&pod)).collect();
        let list = List { items, ..List::default() };
        match serde_json::to_vec(&list) {
            Ok(json) => respond(StatusCode::OK, "application/json", full(json)),
            Err(error) => text(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string()),
        }
    }

    async fn log(&self, key: Key, container: &str, query: &str) -> Response<Body> {
        let options = match LogOptions::parse(query) {
            Ok(options) => options,
            Err(why) => return text(StatusCode::BAD_REQUEST, &why),
        };
        let Some(entry) = self.directory.find(&key) else {
            let why = format!("pod \"{}\" does not exist", key.name);
            return text(StatusCode::NOT_FOUND, &why);
        };
        let (answer, incarnation) = oneshot::channel();
        let question =
            Message::Log { container: container.to_owned(), previous: options.previous, answer };
        let asked = entry.inbox.send(question).await.is_ok();
        let answer = if asked { incarnation.await.ok() } else { None };
        match answer {
            Some(Ok(incarnation)) => {
                let reader = self.site.logs.read(&entry.pod, container, incarnation, options);
                respond(StatusCode::OK, "text/plain", streaming(reader))
            }
            Some(Err(why)) => text(StatusCode::BAD_REQUEST, &why),
            None => {
                let why = format!("pod \"{}\" is being removed", key.name);
                text(StatusCode::NOT_FOUND, &why)
            }
        }
    }
}

fn streaming(reader: Reader) -> Body {
    let pieces = stream::try_unfold(reader, |mut reader| async move {
        match reader.next().await {
            Ok(Some(bytes)) => Ok(Some((Frame::data(bytes), reader))),
            Ok(None) => Ok(None),
            Err(error) => Err(BoxError::from(error)),
        }
    });
    BodyExt::boxed(StreamBody::new(pieces))
}

fn full(bytes: impl Into<Bytes>) -> Body {
    Full::new(bytes.into()).map_err(|never: Infallible| match never {}).boxed()
}

fn text(status: StatusCode, message: &str) -> Response<Body> {
    respond(status, "text/plain", full(message.to_owned()))
}

fn respond(status: StatusCode, kind: &'static str, body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, header::HeaderValue::from_static(kind));
    response
}
