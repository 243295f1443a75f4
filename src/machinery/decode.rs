//! From the bytes of a request to a document that fits its schema.

use serde_json::Value;

use crate::{ApiError, Definition, Schemas};

/// How a body is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Media {
    /// `application/json`.
    Json,
    /// `application/yaml`.
    Yaml,
    /// `application/vnd.kubernetes.protobuf`.
    Protobuf,
}

/// What happens to unknown and duplicate fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldValidation {
    /// They fail the request.
    Strict,
    /// They are dropped and reported as warnings.
    Warn,
    /// They are dropped.
    Ignore,
}

/// A decoded body.
#[derive(Debug, Clone, PartialEq)]
pub struct Decoded {
    /// The document, with only the fields its schema knows.
    pub object: Value,
    /// What the client should hear.
    pub warnings: Vec<String>,
}

/// Decodes a body as `expected`, or without a schema (custom resources) when that is `None`.
///
/// `apiVersion` and `kind` may be missing in the body when `expected` is the top of exactly one kind.
pub fn decode(
    body: &[u8],
    media: Media,
    schemas: &Schemas,
    expected: Option<&Definition>,
    validation: FieldValidation,
) -> Result<Decoded, ApiError> {
    todo!()
}

/// Decodes a JSON or YAML body that has no schema, such as a patch.
pub fn parse(body: &[u8], media: Media, validation: FieldValidation) -> Result<Decoded, ApiError> {
    todo!()
}

/// Makes a document fit its schema: what decoding does after parsing, for the results of patches.
pub fn conform(
    object: Value,
    schemas: &Schemas,
    definition: &Definition,
    validation: FieldValidation,
) -> Result<Decoded, ApiError> {
    todo!()
}
