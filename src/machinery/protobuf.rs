//! Protobuf bodies: Kubernetes' envelope, and messages read by the schema of their kind.

use serde_json::{Map, Value};

use crate::{Definition, Schemas};

mod message;
mod special;
mod wire;

/// The four bytes every body starts with.
const MAGIC: &[u8] = b"k8s\0";

/// What an envelope holds.
pub(crate) enum Body<'a> {
    /// A message, read by its schema.
    Decoded(Map<String, Value>),
    /// JSON, which still has to be read.
    Json(&'a [u8]),
}

/// Why a body could not be read.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Error {
    #[error("provided data does not appear to be a protobuf message, expected prefix 6b 38 73 00")]
    NoEnvelope,
    #[error("the protobuf body is truncated or malformed")]
    Malformed,
    #[error("the protobuf body is nested too deeply")]
    TooDeep,
    #[error("the protobuf body holds text that is not UTF-8")]
    NotText,
    #[error("content encoding {0:?} is not supported")]
    Encoding(String),
    #[error("no kind {kind:?} is registered for version {api_version:?}")]
    UnknownKind { api_version: String, kind: String },
    #[error("{0}")]
    Value(String),
}

/// Opens the envelope and reads what is inside, as `expected` or as the kind the envelope names.
pub(crate) fn decode<'a>(
    body: &'a [u8],
    schemas: &Schemas,
    expected: Option<&Definition>,
) -> Result<Body<'a>, Error> {
    let envelope = Envelope::open(body)?;
    if !envelope.encoding.is_empty() {
        return Err(Error::Encoding(envelope.encoding.to_owned()));
    }
    if envelope.media == "application/json" {
        return Ok(Body::Json(envelope.raw));
    }
    let (api_version, kind) = (envelope.api_version, envelope.kind);
    let definition = match expected {
        Some(definition)
            if kind.is_empty() || definition.gvk.iter().any(|gvk| gvk.kind == kind) =>
        {
            definition
        }
        _ => lookup(schemas, api_version, kind).ok_or_else(|| Error::UnknownKind {
            api_version: api_version.to_owned(),
            kind: kind.to_owned(),
        })?,
    };
    let mut map = message::decode(envelope.raw, schemas, definition)?;
    for (field, text) in [("apiVersion", api_version), ("kind", kind)] {
        if !text.is_empty() {
            map.insert(field.to_owned(), text.into());
        }
    }
    Ok(Body::Decoded(map))
}

fn lookup<'s>(schemas: &'s Schemas, api_version: &str, kind: &str) -> Option<&'s Definition> {
    let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
    schemas.by_gvk(group, version, kind)
}

/// `runtime.Unknown`: the type, the message, and how it is written.
#[derive(Default)]
struct Envelope<'a> {
    api_version: &'a str,
    kind: &'a str,
    raw: &'a [u8],
    encoding: &'a str,
    media: &'a str,
}

impl<'a> Envelope<'a> {
    fn open(body: &'a [u8]) -> Result<Self, Error> {
        let message = body.strip_prefix(MAGIC).ok_or(Error::NoEnvelope)?;
        let mut envelope = Self::default();
        let mut reader = wire::Reader::new(message);
        while let Some((number, value)) = reader.next()? {
            match number {
                1 => envelope.read_type(value.bytes()?)?,
                2 => envelope.raw = value.bytes()?,
                3 => envelope.encoding = value.text()?,
                4 => envelope.media = value.text()?,
                _ => {}
            }
        }
        Ok(envelope)
    }

    fn read_type(&mut self, message: &'a [u8]) -> Result<(), Error> {
        let mut reader = wire::Reader::new(message);
        while let Some((number, value)) = reader.next()? {
            match number {
                1 => self.api_version = value.text()?,
                2 => self.kind = value.text()?,
                _ => {}
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
