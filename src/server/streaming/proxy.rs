//! `proxy` of pods, services and nodes: HTTP for what runs in the cluster, through the API server.

mod page;
mod rewrite;

use std::sync::Arc;

use base::Random;
use http::header::{
    AUTHORIZATION, CONNECTION, CONTENT_LENGTH, HOST, HeaderMap, HeaderName, HeaderValue, LOCATION,
    UPGRADE,
};
use http::request::Parts;
use http::{Method, Request, Response, StatusCode, Uri};
use http_body_util::BodyExt;
use hyper::client::conn::http1;
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use machinery::{ApiError, document};
use serde_json::Value;
use tracing::debug;

use super::Streaming;
use crate::authenticate::ProxyHeaders;
use crate::body::{Body, BoxBody, RequestBody, announce};
use crate::catalog::Catalog;
use crate::outgoing::{Backend, PodName, Trust, backends, tls};
use crate::registry::Place;
use crate::respond::Answer;
use crate::room::Share;
use rewrite::Way;

/// What a pod that declares no port is asked at.
const DEFAULT_PORT: u16 = 80;

/// Headers about one connection, not about the request (RFC 9110, section 7.6.1). Those of old proxies belong too.
const HOP_BY_HOP: &[&str] = &[
    "connection",
    "keep-alive",
    "proxy-connection",
    "proxy-authenticate",
    "proxy-authorization",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// A name as the path gives it: `name`, `name:port` or `scheme:name:port`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Named<'a> {
    pub(super) name: &'a str,
    pub(super) port: &'a str,
    /// Whether what is there speaks TLS.
    pub(super) tls: bool,
}

impl<'a> Named<'a> {
    pub(super) fn parse(text: &'a str) -> Result<Self, ApiError> {
        let parts: Vec<&str> = text.split(':').collect();
        let (scheme, name, port) = match parts[..] {
            [name] => ("", name, ""),
            [name, port] => ("", name, port),
            [scheme, name, port] => (scheme, name, port),
            _ => return Err(ApiError::bad_request(format!("invalid service request {text:?}"))),
        };
        let tls = match scheme {
            "" | "http" => false,
            "https" => true,
            _ => return Err(ApiError::bad_request(format!("invalid service request {text:?}"))),
        };
        Ok(Self { name, port, tls })
    }
}

impl Streaming {
    /// Answers `proxy` of a pod, a service or a node.
    pub(crate) async fn proxy(
        &self,
        user: &str,
        parts: &Parts,
        place: &Place<'_>,
        catalog: &Catalog,
        body: RequestBody,
    ) -> Result<Answer, ApiError> {
        let behind = path_behind(parts.uri.path(), place.namespace.is_some());
        // Clients follow with a GET, whatever they have asked before; a stream they do not follow.
        let follows = matches!(parts.method, Method::GET | Method::HEAD)
            && !parts.headers.contains_key(UPGRADE);
        let path = match behind {
            None if follows => return redirect(&parts.uri),
            behind => behind.unwrap_or("/"),
        };
        let named = Named::parse(place.name)?;
        let owner = place.named(named.name);
        let current = owner.current()?;
        let object = place.served.document(&current);
        let target = match parts.uri.query() {
            None => path.to_owned(),
            Some(query) => format!("{path}?{query}"),
        };
        let backend = match place.served.resource().resource.as_ref() {
            "nodes" => None,
            "services" => Some(self.backend(&object, named.port, catalog)?),
            _ => Some(pod_backend(&object, named.port)?),
        };
        let share = Arc::new(self.share(user)?);
        let authority = backend.as_ref().map_or(named.name.to_owned(), Backend::authority);
        let way = Way::new(parts, behind.unwrap_or_default(), &authority);
        let mut request = Request::new(body.holding(Arc::clone(&share)));
        *request.method_mut() = parts.method.clone();
        *request.uri_mut() = uri(&target)?;
        *request.headers_mut() = forwarded(&parts.headers, &self.proxy_headers);
        announce(&mut request);
        way.tell(parts, request.headers_mut());
        let mut answer = match &backend {
            None => self.ask_node(share, named.name, request).await?,
            Some(backend) => self.ask(share, parts, &named, backend, request).await?,
        };
        way.redirect(answer.headers_mut());
        Ok(page::rewrite(answer, &parts.method, way))
    }

    async fn ask_node(
        &self,
        share: Arc<Share>,
        node: &str,
        request: Request<RequestBody>,
    ) -> Result<Answer, ApiError> {
        // Its body is short and has come; the room it takes is held until it is answered.
        let (head, mut body) = request.into_parts();
        let bytes = (&mut body).collect().await.map_err(unreachable)?.to_bytes();
        let request = Request::from_parts(head, bytes);
        let response = self.nodes.send(node, request).await.map_err(unreachable)?;
        drop(body);
        let mut answer = returned(response.map(Body::from));
        answer.body_mut().hold(Box::new(share));
        Ok(answer)
    }

    async fn ask(
        &self,
        share: Arc<Share>,
        parts: &Parts,
        named: &Named<'_>,
        backend: &Backend,
        mut request: Request<RequestBody>,
    ) -> Result<Answer, ApiError> {
        let mut stream = self.outgoing.open_backend(backend).await.map_err(unreachable)?;
        if named.tls {
            // Nobody says who vouches for what runs in a pod, so that nothing can be verified here.
            let config = tls::config(&Trust::Anything, None, &[]).map_err(unreachable)?;
            stream = Box::new(tls::wrap(config, named.name, stream).await.map_err(unreachable)?);
        }
        let (mut sender, connection) =
            http1::handshake(TokioIo::new(stream)).await.map_err(unreachable)?;
        self.tasks.spawn_until_stop("proxy", async move {
            if let Err(error) = connection.with_upgrades().await {
                debug!(%error, "a connection to a pod broke");
            }
        });
        let headers = request.headers_mut();
        let host = HeaderValue::try_from(backend.authority());
        headers.insert(HOST, host.map_err(ApiError::internal)?);
        let upgrade = parts.extensions.get::<OnUpgrade>().cloned();
        let wanted = parts.headers.get(UPGRADE).filter(|_| upgrade.is_some());
        if let Some(protocol) = wanted {
            headers.insert(UPGRADE, protocol.clone());
            headers.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
        }
        let mut response = sender.send_request(request).await.map_err(unreachable)?;
        if let (StatusCode::SWITCHING_PROTOCOLS, Some(client)) = (response.status(), upgrade) {
            let server = hyper::upgrade::on(&mut response);
            let (answer, lasting) = Body::before_stream();
            self.tasks.spawn_until_stop("stream", async move {
                if let (Ok(client), Ok(server)) = tokio::join!(client, server) {
                    let (mut client, mut server) = (TokioIo::new(client), TokioIo::new(server));
                    let _ = tokio::io::copy_bidirectional(&mut client, &mut server).await;
                }
                drop((share, lasting));
            });
            return Ok(response.map(|_| answer));
        }
        let response = response.map(|body| Body::from(BoxBody::new(body.map_err(Into::into))));
        let mut answer = returned(response);
        // The place among the streams is taken until the last byte.
        answer.body_mut().hold(Box::new(share));
        Ok(answer)
    }

    /// One of the endpoints behind a Service.
    fn backend(
        &self,
        service: &Value,
        wanted: &str,
        catalog: &Catalog,
    ) -> Result<Backend, ApiError> {
        let (namespace, name) = (document::namespace(service), document::name(service));
        let mut backends = backends(catalog, namespace, name, wanted)?;
        backends.retain(Backend::may_be_proxied);
        if backends.is_empty() {
            let why = format!("no endpoints available for service {name:?}");
            return Err(ApiError::service_unavailable(why));
        }
        Ok(backends.swap_remove(choose(&self.random, backends.len())))
    }
}

fn choose(random: &Random, count: usize) -> usize {
    usize::try_from(random.below(count as u64)).unwrap_or_default()
}

/// What follows `/proxy` in a path; `None` when not even a slash does.
pub(crate) fn path_behind(path: &str, namespaced: bool) -> Option<&str> {
    // /api/v1/namespaces/<namespace>/<resource>/<name>/proxy/…, or without the two about the namespace.
    let slashes = if namespaced { 7 } else { 5 };
    let (start, _) = path.match_indices('/').nth(slashes)?;
    Some(&path[start..])
}

/// Sends a client to where relative links work.
fn redirect(uri: &Uri) -> Result<Answer, ApiError> {
    let query = uri.query().map(|query| format!("?{query}")).unwrap_or_default();
    let mut answer = Response::new(Body::empty());
    *answer.status_mut() = StatusCode::MOVED_PERMANENTLY;
    let location = HeaderValue::try_from(format!("{}/{query}", uri.path()));
    answer.headers_mut().insert(LOCATION, location.map_err(ApiError::internal)?);
    Ok(answer)
}

fn uri(target: &str) -> Result<Uri, ApiError> {
    target.parse().map_err(|_| ApiError::bad_request("the path cannot be passed on"))
}

fn pod_backend(pod: &Value, wanted: &str) -> Result<Backend, ApiError> {
    Ok(Backend::Pod { pod: PodName::of(pod)?, port: pod_port(pod, wanted)? })
}

/// The port of a pod: a number, a name, or the first one it declares.
fn pod_port(pod: &Value, wanted: &str) -> Result<u16, ApiError> {
    let containers = document::list_at(pod, "/spec/containers").iter();
    let mut declared = containers.flat_map(|container| document::list_at(container, "/ports"));
    let found = match wanted {
        "" => declared
            .next()
            .map_or(Some(i64::from(DEFAULT_PORT)), |port| port["containerPort"].as_i64()),
        _ if wanted.bytes().all(|byte| byte.is_ascii_digit()) => wanted.parse().ok(),
        _ => declared
            .find(|port| port["name"] == wanted)
            .and_then(|port| port["containerPort"].as_i64()),
    };
    found
        .and_then(|port| u16::try_from(port).ok())
        .filter(|port| *port > 0)
        .ok_or_else(|| ApiError::bad_request(format!("invalid port {wanted:?}")))
}

/// The headers that go on to a pod or a node: what is for this server alone stays here.
pub(crate) fn forwarded(headers: &HeaderMap, proxy_headers: &ProxyHeaders) -> HeaderMap {
    let mut kept = without_hops(headers);
    proxy_headers.withhold(&mut kept);
    kept.remove(AUTHORIZATION);
    kept.remove(CONTENT_LENGTH);
    let impersonation: Vec<HeaderName> =
        kept.keys().filter(|name| name.as_str().starts_with("impersonate-")).cloned().collect();
    for name in impersonation {
        kept.remove(name);
    }
    super::handshake::withhold_token(&mut kept);
    kept
}

fn without_hops(headers: &HeaderMap) -> HeaderMap {
    let mut kept = headers.clone();
    for value in headers.get_all(CONNECTION) {
        for name in value.to_str().unwrap_or_default().split(',') {
            kept.remove(name.trim());
        }
    }
    for name in HOP_BY_HOP {
        kept.remove(*name);
    }
    kept
}

pub(crate) fn returned(mut response: Response<Body>) -> Answer {
    let headers = without_hops(response.headers());
    *response.headers_mut() = headers;
    *response.version_mut() = http::Version::HTTP_11;
    response
}

fn unreachable(why: impl std::fmt::Display) -> ApiError {
    ApiError::service_unavailable(format!("error trying to reach service: {why}"))
}

#[cfg(test)]
mod tests;
