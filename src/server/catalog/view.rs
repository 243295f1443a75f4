//! How the documents of a kind differ from what is stored.

use std::sync::Arc;

use kinds::Conversion;
use serde_json::Value;

use crate::conversion::Converter;

/// How the documents of a kind differ from the stored ones.
#[derive(Debug, Clone)]
pub(crate) enum View {
    /// Not at all: stored bytes are sent as they are.
    Stored,
    /// In `apiVersion` alone.
    Renamed,
    /// As functions of the kind say.
    Functions(Conversion),
    /// As a webhook says, or as the other schema has it.
    Converted(Arc<Converter>),
}

impl View {
    pub(crate) fn is_stored(&self) -> bool {
        matches!(self, Self::Stored)
    }

    /// Whether the stored bytes are those of the kind, but for `apiVersion`.
    pub(crate) fn keeps_bytes(&self) -> bool {
        matches!(self, Self::Stored | Self::Renamed)
    }

    /// A stored document in the form of a kind with this `apiVersion`.
    pub(super) fn shown(&self, mut stored: Value, api_version: &str) -> Value {
        match self {
            Self::Stored => stored,
            // Whoever needs more than the metadata has had it converted before.
            Self::Renamed | Self::Converted(_) => {
                stored["apiVersion"] = api_version.into();
                stored
            }
            Self::Functions(conversion) => (conversion.from_stored)(stored),
        }
    }

    /// A document in the stored form; what it is called there is written when it is encoded.
    pub(crate) fn to_stored(&self, document: &Value) -> Option<Value> {
        match self {
            Self::Stored | Self::Renamed | Self::Converted(_) => None,
            Self::Functions(conversion) => Some((conversion.to_stored)(document.clone())),
        }
    }
}
