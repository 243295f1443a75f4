//! Probes by an HTTP request.

use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Empty;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use k8s_openapi::api::core::v1::HTTPGetAction;
use network::Interface;

use super::{Outcome, tcp};

/// Passes when the answer's status is from 200 to 399.
pub(super) async fn probe(
    interface: &Interface,
    target: SocketAddr,
    get: &HTTPGetAction,
    limit: Duration,
) -> Outcome {
    if get.scheme.as_deref().is_some_and(|scheme| scheme.eq_ignore_ascii_case("https")) {
        return Outcome::Unknown(
            "HTTPS probes are not supported on this node; use HTTP".to_owned(),
        );
    }
    let path = get.path.as_deref().filter(|path| !path.is_empty()).unwrap_or("/");
    let path = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
    let url = format!("http://{target}{path}");
    match tokio::time::timeout(limit, ask(interface, target, get, &path)).await {
        Ok(Ok(status)) if (200..400).contains(&status) => Outcome::Passed,
        Ok(Ok(status)) => Outcome::Failed(format!("HTTP probe failed with statuscode: {status}")),
        Ok(Err(outcome)) => outcome.reworded(|text| format!("Get \"{url}\": {text}")),
        Err(_) => Outcome::Failed(format!(
            "Get \"{url}\": context deadline exceeded (Client.Timeout exceeded while awaiting headers)"
        )),
    }
}

async fn ask(
    interface: &Interface,
    target: SocketAddr,
    get: &HTTPGetAction,
    path: &str,
) -> Result<u16, Outcome> {
    let request = request(target, get, path).map_err(Outcome::Failed)?;
    let stream = tcp::connect(interface, target).await?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream))
        .await
        .map_err(|error| Outcome::Failed(error.to_string()))?;
    let mut connection = std::pin::pin!(connection);
    let mut response = std::pin::pin!(sender.send_request(request));
    // The connection is driven only as long as its one answer is awaited.
    let response = tokio::select! {
        biased;
        response = &mut response => response,
        ended = &mut connection => match ended {
            Ok(()) => response.await,
            Err(error) => Err(error),
        },
    };
    let response = response.map_err(|error| Outcome::Failed(crate::images::chain(&error)))?;
    Ok(response.status().as_u16())
}

fn request(
    target: SocketAddr,
    get: &HTTPGetAction,
    path: &str,
) -> Result<http::Request<Empty<Bytes>>, String> {
    let mut builder = http::Request::get(path);
    let mut named = std::collections::BTreeSet::new();
    for header in get.http_headers.iter().flatten() {
        named.insert(header.name.to_ascii_lowercase());
        builder = builder.header(&header.name, &header.value);
    }
    let host = target.to_string();
    for (name, value) in [
        ("host", host.as_str()),
        ("user-agent", "kube-probe/1.35"),
        ("accept", "*/*"),
        ("connection", "close"),
    ] {
        if !named.contains(name) {
            builder = builder.header(name, value);
        }
    }
    builder.body(Empty::new()).map_err(|error| error.to_string())
}
