//! Requests as written, and answers as they come.

use bytes::Bytes;
use http::{HeaderMap, Method, Request};
use http_body_util::BodyExt as _;
use kube::Client;
use kube::client::Body;
use serde_json::Value;

/// What a request asks for beside its path.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Media<'a> {
    pub(crate) sends: &'a str,
    pub(crate) accepts: &'a str,
}

/// JSON both ways.
pub(crate) const JSON: Media<'_> = Media { sends: "application/json", accepts: "application/json" };

/// What came back.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) code: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&self.body)))
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// `409 Conflict: message`, for an answer that is a Status.
    pub(crate) fn status(&self) -> String {
        let status = self.json();
        assert_eq!(status["kind"], "Status", "{status}");
        assert_eq!(status["apiVersion"], "v1", "{status}");
        if self.code >= 400 {
            assert_eq!(
                (&status["status"], &status["code"]),
                (&"Failure".into(), &self.code.into()),
                "{status}"
            );
        }
        let text = |field: &str| status[field].as_str().unwrap_or_default().to_owned();
        format!("{} {}: {}", self.code, text("reason"), text("message"))
    }
}

/// Sends a request and reads the whole answer.
pub(crate) async fn send(
    client: &Client,
    method: Method,
    path: &str,
    media: Media<'_>,
    body: impl Into<Vec<u8>>,
) -> Answer {
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header("content-type", media.sends)
        .header("accept", media.accepts)
        .body(Body::from(body.into()))
        .expect("the test's request is right");
    let response = client.send(request).await.expect("an answer");
    let (parts, body) = response.into_parts();
    let body = body.collect().await.expect("the answer ends").to_bytes();
    Answer { code: parts.status.as_u16(), headers: parts.headers, body }
}

/// A GET of JSON.
pub(crate) async fn get(client: &Client, path: &str) -> Answer {
    send(client, Method::GET, path, JSON, "").await
}
