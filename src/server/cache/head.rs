//! How documents are encoded, so that parts of the bytes can be reused without reading them again.
//!
//! Every stored object starts `{"kind":K,"apiVersion":V,"metadata":{`. The store's bytes have no resource
//! version, since the revision is not known when they are written; it is put in at this fixed place when they
//! come back. A list of built-in objects leaves out kind and version, which is the same bytes from further on.

use bytes::{BufMut, Bytes, BytesMut};
use machinery::ApiError;
use machinery::document::{DEPTH_MAX, depth};
use serde_json::Value;

/// What all encoded objects of a kind start with.
#[derive(Debug, Clone)]
pub(crate) struct Head {
    text: Bytes,
    /// Where the fields after kind and version begin.
    fields: usize,
    api_version: Box<str>,
}

const VERSION_FIELD: &[u8] = br#""resourceVersion":""#;
/// Decimal digits of the largest revision.
const REVISION_DIGITS_MAX: usize = 20;

impl Head {
    pub(crate) fn new(api_version: &str, kind: &str) -> Self {
        let types = format!(r#"{{"kind":"{kind}","apiVersion":"{api_version}","#);
        let text = format!(r#"{types}"metadata":{{"#);
        Self { fields: types.len(), text: text.into(), api_version: api_version.into() }
    }

    /// The version that the objects are in.
    pub(crate) fn api_version(&self) -> &str {
        &self.api_version
    }

    /// Encodes an object without its resource version, which is how it is stored.
    pub(crate) fn encode(&self, object: &Value) -> Result<Bytes, ApiError> {
        if depth(object) > DEPTH_MAX {
            return Err(ApiError::bad_request(format!(
                "the object nests deeper than {DEPTH_MAX} levels"
            )));
        }
        let mut bytes = BytesMut::with_capacity(1024).writer();
        let written = self.write(object, &mut bytes);
        written.map_err(ApiError::internal)?;
        Ok(bytes.into_inner().freeze())
    }

    fn write(&self, object: &Value, mut out: impl std::io::Write) -> Result<(), serde_json::Error> {
        let put = |out: &mut dyn std::io::Write, bytes: &[u8]| {
            out.write_all(bytes).map_err(serde_json::Error::io)
        };
        put(&mut out, &self.text)?;
        let metadata = object.get("metadata").and_then(Value::as_object);
        let metadata =
            metadata.into_iter().flatten().filter(|(name, _)| *name != "resourceVersion");
        for (index, (name, value)) in metadata.enumerate() {
            put(&mut out, if index == 0 { b"" } else { b"," })?;
            serde_json::to_writer(&mut out, name)?;
            put(&mut out, b":")?;
            serde_json::to_writer(&mut out, value)?;
        }
        put(&mut out, b"}")?;
        for (name, value) in object.as_object().into_iter().flatten() {
            if matches!(name.as_str(), "kind" | "apiVersion" | "metadata") {
                continue;
            }
            put(&mut out, b",")?;
            serde_json::to_writer(&mut out, name)?;
            put(&mut out, b":")?;
            serde_json::to_writer(&mut out, value)?;
        }
        put(&mut out, b"}")
    }

    /// Whether bytes were encoded by this head.
    pub(crate) fn fits(&self, stored: &[u8]) -> bool {
        stored.starts_with(&self.text) && !stored[self.text.len()..].starts_with(b"}")
    }

    /// Puts the resource version into bytes that [`Self::fits`] accepts.
    pub(crate) fn with_revision(&self, stored: &[u8], revision: u64) -> Bytes {
        let at = self.text.len();
        let mut bytes =
            BytesMut::with_capacity(stored.len() + VERSION_FIELD.len() + REVISION_DIGITS_MAX + 2);
        bytes.put_slice(&stored[..at]);
        bytes.put_slice(VERSION_FIELD);
        bytes.put_slice(revision.to_string().as_bytes());
        bytes.put_slice(b"\",");
        bytes.put_slice(&stored[at..]);
        bytes.freeze()
    }

    /// Bytes of this head under another one, which differs in kind and version only.
    pub(crate) fn replaced_by(&self, other: &Self, bytes: &[u8]) -> Bytes {
        let rest = &bytes[self.text.len()..];
        let mut renamed = BytesMut::with_capacity(other.text.len() + rest.len());
        renamed.put_slice(&other.text);
        renamed.put_slice(rest);
        renamed.freeze()
    }

    /// The bytes of an object up to its resource version, and from there on without it.
    pub(crate) fn around_revision<'a>(&self, bytes: &'a [u8]) -> (&'a [u8], &'a [u8]) {
        let digits = self.text.len() + VERSION_FIELD.len();
        let end = bytes[digits..].iter().position(|byte| *byte == b'"').unwrap_or(0);
        (&bytes[..digits], &bytes[digits + end..])
    }

    /// The resource version in the bytes of an object.
    pub(crate) fn revision_in<'a>(&self, bytes: &'a [u8]) -> Option<&'a str> {
        let rest = bytes.get(self.text.len() + VERSION_FIELD.len()..)?;
        let end = rest.iter().position(|byte| *byte == b'"')?;
        std::str::from_utf8(&rest[..end]).ok()
    }

    /// The metadata in the bytes of an object.
    pub(crate) fn metadata<'a>(&self, bytes: &'a [u8]) -> &'a [u8] {
        let from = self.text.len();
        &bytes[from - 1..from + rest_of_object(&bytes[from..])]
    }

    /// What objects start with, up to the fields that [`Self::item`] begins with.
    pub(crate) fn types(&self) -> &[u8] {
        &self.text[..self.fields]
    }

    /// The object's bytes after kind and version; with a `{` before them, an item of a list.
    pub(crate) fn item<'a>(&self, bytes: &'a [u8]) -> &'a [u8] {
        &bytes[self.fields..]
    }
}

/// How long an object goes on whose opening brace came before.
fn rest_of_object(bytes: &[u8]) -> usize {
    let (mut depth, mut in_string, mut escaped) = (1, false, false);
    let end = bytes.iter().position(|byte| {
        match (in_string, byte) {
            (true, _) if escaped => escaped = false,
            (true, b'\\') => escaped = true,
            (_, b'"') => in_string = !in_string,
            (false, b'{') => depth += 1,
            (false, b'}') => depth -= 1,
            _ => {}
        }
        depth == 0
    });
    end.map_or(bytes.len(), |end| end + 1)
}

#[cfg(test)]
mod tests;
