//! One object as the cache keeps it.

use std::sync::Arc;

use bytes::Bytes;
use kinds::FieldLabel;
use machinery::{Labels, document};
use serde::Deserialize;
use serde::de::Error as _;
use serde_json::Value;

use super::Head;
use super::forms::Forms;

/// An object's final bytes, and what selectors ask about it.
#[derive(Debug)]
pub(crate) struct Cached {
    /// `namespace/name`, or the name alone.
    pub(crate) key: Arc<str>,
    /// The whole document, resource version included.
    pub(crate) bytes: Bytes,
    pub(crate) revision: u64,
    /// Whether a deletion waits for finalizers or grace.
    pub(crate) terminating: bool,
    pub(crate) labels: Labels,
    /// The values of the kind's selectable fields, in the kind's order.
    pub(crate) fields: Box<[Box<str>]>,
    /// The version it was written in, if that is not the one objects of the kind are stored in today.
    pub(crate) stored_as: Option<Box<str>>,
    /// What it is in other versions: objects of their own, with labels and fields of their own.
    pub(crate) forms: Forms,
}

#[derive(Deserialize)]
struct Peek {
    metadata: PeekMetadata,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PeekMetadata {
    #[serde(default)]
    labels: Labels,
    deletion_timestamp: Option<serde::de::IgnoredAny>,
}

impl Cached {
    /// Takes in what the store holds under a key.
    pub(crate) fn read(
        head: &Head,
        selectable: &[FieldLabel],
        key: &str,
        stored: &[u8],
        revision: u64,
    ) -> Result<Self, serde_json::Error> {
        if !head.fits(stored) {
            // Written by somebody else, or by an older version with another layout.
            let object: Value = serde_json::from_slice(stored)?;
            let again = head.encode(&object).map_err(serde_json::Error::custom)?;
            if head.fits(&again) {
                let read = Self::read(head, selectable, key, &again, revision)?;
                let version = document::api_version(&object);
                let stored_as = (version != head.api_version()).then(|| version.into());
                return Ok(Self { stored_as, ..read });
            }
            return Err(serde_json::Error::custom("the stored object has no metadata"));
        }
        let (labels, fields, terminating) = if selectable.is_empty() {
            let metadata = serde_json::from_slice::<Peek>(stored)?.metadata;
            (metadata.labels, Box::default(), metadata.deletion_timestamp.is_some())
        } else {
            let object: Value = serde_json::from_slice(stored)?;
            let terminating = document::is_terminating(&object);
            (document::labels(&object), fields(selectable, &object), terminating)
        };
        let bytes = head.with_revision(stored, revision);
        let (stored_as, forms) = (None, Forms::default());
        Ok(Self { key: key.into(), bytes, revision, terminating, labels, fields, stored_as, forms })
    }

    /// The namespace, if the kind has one.
    pub(crate) fn namespace(&self) -> Option<&str> {
        self.key.split_once('/').map(|(namespace, _)| namespace)
    }

    pub(crate) fn name(&self) -> &str {
        self.key.split_once('/').map_or(&self.key, |(_, name)| name)
    }

    /// The document.
    pub(crate) fn object(&self) -> Value {
        serde_json::from_slice(&self.bytes).expect("the bytes were read when they were cached")
    }
}

fn fields(selectable: &[FieldLabel], object: &Value) -> Box<[Box<str>]> {
    selectable.iter().map(|field| field.read(object).into()).collect()
}
