//! What a container printed: the node has it, the server passes it on.

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::BodyExt;
use machinery::{ApiError, Cause, Reason, document};
use serde_json::Value;

use super::Registry;
use super::call::Call;
use crate::body::{Body, BoxBody};
use crate::query::{self, Query};
use crate::respond::{self, Answer};
use crate::{Error, NodeTransport};

/// Options that are passed on to the node: those that are on or off, those that are numbers, and the others.
const FLAGS: &[&str] = &["follow", "previous", "timestamps"];
const NUMBERS: &[&str] = &["sinceSeconds", "tailLines", "limitBytes"];
const TEXTS: &[&str] = &["sinceTime", "stream"];
/// Of a node's refusal, as much as a message needs.
const REFUSAL_BYTES_MAX: usize = 16 << 10;
const DEFAULT_CONTAINER: &str = "kubectl.kubernetes.io/default-container";
const TEXT: &str = "text/plain";

impl Registry {
    /// Streams the log of a container.
    pub(crate) async fn log(
        &self,
        call: &Call<'_>,
        query: &Query<'_>,
        nodes: &dyn NodeTransport,
    ) -> Result<Answer, ApiError> {
        let current = call.place.current()?;
        let pod = call.place.served.document(&current);
        let container = container(&pod, query.text("container"))?;
        let node = document::str_at(&pod, "/spec/nodeName");
        if node.is_empty() {
            // A pod that is nowhere has printed nothing.
            return Ok(respond::with_body(StatusCode::OK, TEXT, Body::empty()));
        }
        let options = options(query)?;
        let path = format!(
            "/containerLogs/{}/{}/{container}?{}",
            document::namespace(&pod),
            call.place.name,
            options.join("&"),
        );
        let request = Request::get(path).body(Bytes::new()).map_err(ApiError::internal)?;
        let response = nodes.send(node, request).await.map_err(unreachable)?;
        if response.status().is_success() {
            return Ok(respond::with_body(StatusCode::OK, TEXT, response.into_body().into()));
        }
        Err(refusal(response).await)
    }
}

/// What the node is asked for.
fn options(query: &Query<'_>) -> Result<Vec<String>, ApiError> {
    let flags = FLAGS.iter().filter_map(|name| Some(format!("{name}={}", query.maybe_flag(name)?)));
    let mut options: Vec<String> = flags.collect();
    for name in NUMBERS {
        options.extend(query.number(name)?.map(|number| format!("{name}={number}")));
    }
    let texts = TEXTS.iter().filter_map(|name| Some((name, query.text(name)?)));
    options.extend(texts.map(|(name, value)| format!("{name}={}", query::encode(value))));
    Ok(options)
}

/// The container meant, which may go unnamed when there is but one or the pod says which.
pub(crate) fn container<'a>(pod: &'a Value, wanted: Option<&'a str>) -> Result<&'a str, ApiError> {
    let names = |pointer: &str| -> Vec<&str> {
        let containers = document::list_at(pod, pointer).iter();
        containers.filter_map(|container| container["name"].as_str()).collect()
    };
    let main = names("/spec/containers");
    let others = [names("/spec/initContainers"), names("/spec/ephemeralContainers")].concat();
    let pod_name = document::name(pod);
    let marked = document::annotation(pod, DEFAULT_CONTAINER);
    let marked = marked.filter(|marked| main.contains(marked));
    match wanted.or(marked) {
        Some(name) if main.contains(&name) || others.contains(&name) => Ok(name),
        Some(name) => {
            Err(ApiError::bad_request(format!("container {name} is not valid for pod {pod_name}")))
        }
        None if main.len() == 1 => Ok(main[0]),
        None => {
            let others = match others.as_slice() {
                [] => String::new(),
                others => format!(" or one of the init containers: [{}]", others.join(" ")),
            };
            Err(ApiError::bad_request(format!(
                "a container name must be specified for pod {pod_name}, choose one of: [{}]{others}",
                main.join(" ")
            )))
        }
    }
}

fn unreachable(error: Error) -> ApiError {
    let mut failure = ApiError::internal("");
    failure.message = format!("Internal error occurred: {error}");
    failure.cause = Some(error.into());
    failure
}

/// What the node said instead.
pub(crate) async fn refusal(response: Response<BoxBody>) -> ApiError {
    let status = response.status();
    let mut body = response.into_body();
    let mut text = Vec::new();
    while let Some(Ok(frame)) = body.frame().await
        && text.len() < REFUSAL_BYTES_MAX
    {
        text.extend_from_slice(frame.data_ref().map_or(&[], |data| data.as_ref()));
    }
    let message = String::from_utf8_lossy(&text).trim().to_owned();
    let reason = match status {
        StatusCode::BAD_REQUEST => Reason::BadRequest,
        StatusCode::NOT_FOUND => Reason::NotFound,
        StatusCode::SERVICE_UNAVAILABLE => Reason::ServiceUnavailable,
        _ => Reason::InternalError,
    };
    let error = ApiError::new(reason, message.clone());
    if error.reason != Reason::InternalError {
        return error;
    }
    // Clients look for the cause of what a container does not do.
    error.with_details(|details| details.causes.push(Cause { message, ..Cause::default() }))
}
