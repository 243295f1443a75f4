//! Passing a request on to the server that has its group.

use std::time::Duration;

use http::header::{CONNECTION, HOST, HeaderMap, HeaderName, HeaderValue, UPGRADE};
use http::request::Parts;
use http::{Request, Response, StatusCode, Uri};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use machinery::ApiError;
use tokio::sync::watch;
use tracing::debug;

use super::route::Way;
use super::{Aggregation, Route};
use crate::body::{Body, BoxBody, RequestBody, announce};
use crate::identity::{Identity, User};
use crate::outgoing::tls;
use crate::respond::Answer;
use crate::room::Share;
use crate::streaming::{forwarded, returned};

/// For the head of an answer, connecting included; a watch sends its own at once. While a body is on its way, this is
/// for its next piece.
const HEAD_TIME_MAX: Duration = Duration::from_mins(1);

impl Aggregation {
    /// Passes on a request that this user may make. Whose body is long has a place among the streams.
    pub(crate) async fn forward(
        &self,
        route: &Route,
        parts: &Parts,
        identity: &Identity,
        body: RequestBody,
        share: Option<Share>,
    ) -> Result<Answer, ApiError> {
        if !route.is_available() {
            return Err(ApiError::service_unavailable("service unavailable"));
        }
        let way = route.way.as_ref().map_err(unreachable)?;
        let (body, told) = body.followed();
        let mut request = Request::new(body);
        *request.method_mut() = parts.method.clone();
        let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
        *request.uri_mut() = path.parse::<Uri>().map_err(ApiError::internal)?;
        let kept = forwarded(&parts.headers, &self.proxy_headers);
        *request.headers_mut() = headers(kept, &identity.user)?;
        announce(&mut request);
        let answer = tokio::select! {
            biased;
            answer = self.send(&identity.user, way, parts, request, share) => answer,
            () = ceased(told.clone()) => Err(unreachable("it does not answer")),
        };
        match answer {
            Err(_) if *told.borrow() => Err(ApiError::bad_request("the body cannot be read")),
            Err(error) => {
                route.doubt.notify_one();
                Err(error)
            }
            answer => answer,
        }
    }

    async fn send(
        &self,
        user: &User,
        way: &Way,
        parts: &Parts,
        mut request: Request<RequestBody>,
        share: Option<Share>,
    ) -> Result<Answer, ApiError> {
        let upgrade = parts.extensions.get::<OnUpgrade>().cloned();
        if let (Some(protocol), Some(client)) = (parts.headers.get(UPGRADE), upgrade) {
            request.headers_mut().insert(UPGRADE, protocol.clone());
            request.headers_mut().insert(CONNECTION, HeaderValue::from_static("Upgrade"));
            let share = share.map_or_else(|| self.share(user), Ok)?;
            return self.switch(share, way, request, client).await;
        }
        let Some(share) = share else {
            let response = way.remote.send(request).await;
            return Ok(streamed(response.map_err(|failure| unreachable(failure.message))?));
        };
        // Others need not wait until there is room again on the connection that they share.
        let request = request.map(|body| body.holding(share));
        Ok(streamed(self.send_alone(way, request).await?))
    }

    /// Passes on a request that may make a stream of its connection, and then the stream.
    async fn switch(
        &self,
        share: Share,
        way: &Way,
        request: Request<RequestBody>,
        client: OnUpgrade,
    ) -> Result<Answer, ApiError> {
        let mut response = self.send_alone(way, request).await?;
        if response.status() != StatusCode::SWITCHING_PROTOCOLS {
            return Ok(streamed(response));
        }
        let server = hyper::upgrade::on(&mut response);
        let (answer, lasting) = Body::before_stream();
        self.tasks.spawn_until_stop("aggregated stream", async move {
            if let (Ok(client), Ok(server)) = tokio::join!(client, server) {
                let (mut client, mut server) = (TokioIo::new(client), TokioIo::new(server));
                let _ = tokio::io::copy_bidirectional(&mut client, &mut server).await;
            }
            drop((share, lasting));
        });
        Ok(response.map(|_| answer))
    }

    /// Sends a request on a connection of its own.
    async fn send_alone(
        &self,
        way: &Way,
        mut request: Request<RequestBody>,
    ) -> Result<Response<Incoming>, ApiError> {
        let failed = |failure: crate::outgoing::Failure| unreachable(failure.message);
        let stream = self.outgoing.open(&way.address).await.map_err(failed)?;
        let name = way.address.server_name();
        let tls = std::sync::Arc::clone(&way.tls);
        let stream = tls::wrap(tls, &name, stream).await.map_err(failed)?;
        let connected = http1::handshake(TokioIo::new(stream)).await;
        let (mut sender, connection) = connected.map_err(unreachable)?;
        self.tasks.spawn_until_stop("aggregated stream", async move {
            if let Err(error) = connection.with_upgrades().await {
                debug!(%error, "a connection to another API server broke");
            }
        });
        let host = HeaderValue::try_from(way.address.authority());
        request.headers_mut().insert(HOST, host.map_err(ApiError::internal)?);
        sender.send_request(request).await.map_err(unreachable)
    }
}

/// Ready when nothing has moved for too long, of a body or after it.
async fn ceased(mut told: watch::Receiver<bool>) {
    loop {
        match tokio::time::timeout(HEAD_TIME_MAX, told.changed()).await {
            Ok(Ok(())) => {}
            Ok(Err(_)) => return tokio::time::sleep(HEAD_TIME_MAX).await,
            Err(_) => return,
        }
    }
}

/// The answer, whose body is sent on as it comes.
fn streamed(response: Response<Incoming>) -> Answer {
    returned(response.map(|body| Body::from(BoxBody::new(body.map_err(Into::into)))))
}

/// The headers that are passed on, and those that say who asks.
pub(super) fn headers(mut headers: HeaderMap, user: &User) -> Result<HeaderMap, ApiError> {
    let mut say = |name: &str, value: &str| -> Result<(), ApiError> {
        let name = HeaderName::try_from(name).map_err(ApiError::internal)?;
        let value = HeaderValue::from_bytes(value.as_bytes()).map_err(ApiError::internal)?;
        headers.append(name, value);
        Ok(())
    };
    say("x-remote-user", &user.name)?;
    if !user.uid.is_empty() {
        say("x-remote-uid", &user.uid)?;
    }
    for group in &user.groups {
        say("x-remote-group", group)?;
    }
    for (key, values) in &user.extra {
        for value in values {
            say(&format!("x-remote-extra-{}", escaped(key)), value)?;
        }
    }
    Ok(headers)
}

/// A key as a part of a header's name: what cannot be in one is percent-encoded, and so is the percent sign.
fn escaped(key: &str) -> String {
    let mut escaped = String::with_capacity(key.len());
    for byte in key.bytes() {
        match byte {
            b'a'..=b'z'
            | b'A'..=b'Z'
            | b'0'..=b'9'
            | b'!'
            | b'#'
            | b'$'
            | b'&'
            | b'\''
            | b'*'
            | b'+'
            | b'-'
            | b'.'
            | b'^'
            | b'_'
            | b'`'
            | b'|'
            | b'~' => escaped.push(char::from(byte)),
            _ => {
                use std::fmt::Write as _;
                let _ = write!(escaped, "%{byte:02X}");
            }
        }
    }
    escaped
}

fn unreachable(why: impl std::fmt::Display) -> ApiError {
    ApiError::service_unavailable(format!("error trying to reach service: {why}"))
}

#[cfg(test)]
mod tests;
