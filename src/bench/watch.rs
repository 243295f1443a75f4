//! A watch: one event after the other.

use anyhow::{Context, Result, bail};
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use serde::Deserialize;
use serde_json::Value;

use super::api::{Connection, Endpoint, Multiplexed};

/// An open watch.
#[derive(Debug)]
pub(super) struct Watch {
    body: Incoming,
    buffer: BytesMut,
    /// How much of the buffer is known to hold no line's end.
    searched: usize,
    /// Its own, unless it shares one.
    _connection: Option<Connection>,
}

/// One event.
#[derive(Debug, Deserialize)]
pub(super) struct Event {
    #[serde(rename = "type")]
    pub(super) change: String,
    pub(super) object: Value,
}

impl Watch {
    pub(super) async fn open(endpoint: &Endpoint, path: &str) -> Result<Self> {
        let mut connection = Connection::open(endpoint).await?;
        let body = connection.stream(path).await?;
        Ok(Self { body, buffer: BytesMut::new(), searched: 0, _connection: Some(connection) })
    }

    /// A watch on a connection that carries others too, and that has to be kept.
    pub(super) async fn share(connection: &mut Multiplexed, path: &str) -> Result<Self> {
        let body = connection.stream(path).await?;
        Ok(Self { body, buffer: BytesMut::new(), searched: 0, _connection: None })
    }

    /// The next event; an error when the watch has ended.
    pub(super) async fn next(&mut self) -> Result<Event> {
        let line = self.line().await?;
        let event: Event = serde_json::from_slice(&line).context("read an event")?;
        if event.change == "ERROR" {
            bail!("the watch failed: {}", event.object);
        }
        Ok(event)
    }

    /// The next event as it came.
    pub(super) async fn line(&mut self) -> Result<Bytes> {
        loop {
            let end = memchr::memchr(b'\n', &self.buffer[self.searched..]);
            if let Some(end) = end {
                let line = self.buffer.split_to(self.searched + end + 1).freeze();
                self.searched = 0;
                return Ok(line);
            }
            self.searched = self.buffer.len();
            let frame = self.body.frame().await.context("the watch has ended")?;
            if let Ok(data) = frame.context("the watch broke")?.into_data() {
                self.buffer.extend_from_slice(&data);
            }
        }
    }
}

/// An object's name.
pub(super) fn name(object: &Value) -> &str {
    object.pointer("/metadata/name").and_then(Value::as_str).unwrap_or_default()
}

/// Whether this condition of an object is True.
pub(super) fn condition(object: &Value, kind: &str) -> bool {
    let conditions = object.pointer("/status/conditions").and_then(Value::as_array);
    conditions.into_iter().flatten().any(|condition| {
        condition.get("type").and_then(Value::as_str) == Some(kind)
            && condition.get("status").and_then(Value::as_str) == Some("True")
    })
}
