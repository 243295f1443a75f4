//! From the bytes of a request to a document that fits its schema.

use serde_json::{Map, Value};

use crate::conform::Conform;
use crate::path::Path;
use crate::strict::Strictness;
use crate::{ApiError, Definition, Schemas, document, json, protobuf, yaml};

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
/// `apiVersion` and `kind` may be missing in the body when `expected` is the top of a kind; they are filled in.
pub fn decode(
    body: &[u8],
    media: Media,
    schemas: &Schemas,
    expected: Option<&Definition>,
    validation: FieldValidation,
) -> Result<Decoded, ApiError> {
    let mut strictness = Strictness::new(validation);
    let object = match media {
        Media::Json | Media::Yaml => read(body, media, &mut strictness)?,
        Media::Protobuf => {
            let body = protobuf::decode(body, schemas, expected)
                .map_err(|problem| ApiError::bad_request(problem.to_string()))?;
            match body {
                protobuf::Body::Decoded(map) => {
                    let map = check_type(map, expected)?;
                    return Ok(Decoded { object: Value::Object(map), warnings: Vec::new() });
                }
                protobuf::Body::Json(raw) => read(raw, Media::Json, &mut strictness)?,
            }
        }
    };
    let Value::Object(map) = object else {
        return Err(ApiError::bad_request(
            "couldn't get version/kind; json parse error: json: cannot unmarshal a value that is no object",
        ));
    };
    fit(check_type(map, expected)?, schemas, expected, strictness)
}

/// Decodes a JSON or YAML body that has no schema, such as a patch.
pub fn parse(body: &[u8], media: Media, validation: FieldValidation) -> Result<Decoded, ApiError> {
    let mut strictness = Strictness::new(validation);
    let object = read(body, media, &mut strictness)?;
    Ok(Decoded { object, warnings: strictness.finish()? })
}

/// Makes a document fit its schema: what decoding does after parsing, for the results of patches.
pub fn conform(
    object: Value,
    schemas: &Schemas,
    definition: &Definition,
    validation: FieldValidation,
) -> Result<Decoded, ApiError> {
    let Value::Object(map) = object else {
        return Err(ApiError::bad_request("the document is no object"));
    };
    fit(map, schemas, Some(definition), Strictness::new(validation))
}

fn read(body: &[u8], media: Media, strictness: &mut Strictness) -> Result<Value, ApiError> {
    let problem = match media {
        Media::Json => json::parse(body, strictness)
            .map_err(|error| format!("couldn't get version/kind; json parse error: {error}")),
        Media::Yaml => yaml::parse(body, strictness)
            .map_err(|error| format!("error converting YAML to JSON: {error}")),
        Media::Protobuf => Err("protobuf is not understood here".to_owned()),
    };
    problem.map_err(ApiError::bad_request)
}

fn fit(
    mut map: Map<String, Value>,
    schemas: &Schemas,
    definition: Option<&Definition>,
    mut strictness: Strictness,
) -> Result<Decoded, ApiError> {
    if let Some(definition) = definition {
        let mut conform = Conform { schemas, strictness: &mut strictness };
        if let Err(problem) = conform.object(&mut map, definition, &Path::ROOT) {
            return Err(unfit(&Value::Object(map), definition, &problem));
        }
    }
    Ok(Decoded { object: Value::Object(map), warnings: strictness.finish()? })
}

/// `Deployment in version "v1" cannot be handled as a Deployment: …`
fn unfit(object: &Value, definition: &Definition, problem: &str) -> ApiError {
    let api_version = document::api_version(object);
    let version = api_version.rsplit('/').next().unwrap_or(api_version);
    let kind = match document::kind(object) {
        "" => definition.short_name(),
        kind => kind,
    };
    let wanted = definition.gvk.first().map_or(definition.short_name(), |gvk| &gvk.kind);
    ApiError::bad_request(format!(
        "{kind} in version {version:?} cannot be handled as a {wanted}: {problem}"
    ))
}

/// Checks `apiVersion` and `kind` against what is expected, and fills in what is missing.
fn check_type(
    mut map: Map<String, Value>,
    expected: Option<&Definition>,
) -> Result<Map<String, Value>, ApiError> {
    let text = |field: &str| map.get(field).and_then(Value::as_str).unwrap_or_default();
    let (api_version, kind) = (text("apiVersion"), text("kind"));
    let Some(definition) = expected else {
        let missing = [("apiVersion", api_version), ("kind", kind)]
            .into_iter()
            .find(|(_, value)| value.is_empty());
        return match missing {
            Some((field, _)) => {
                let field = if field == "kind" { "Kind" } else { field };
                Err(ApiError::bad_request(format!("Object '{field}' is missing in the body")))
            }
            None => Ok(map),
        };
    };
    let Some(first) = definition.gvk.first() else { return Ok(map) };
    if !kind.is_empty() && kind != first.kind {
        let problem = format!("converting ({kind}) to ({}): unknown conversion", first.kind);
        return Err(unfit(&Value::Object(map), definition, &problem));
    }
    // A kind of many groups, such as DeleteOptions, is the same in all of them.
    let one_group = definition.gvk.len() == 1;
    if one_group && !api_version.is_empty() && !first.is_api_version(api_version) {
        return Err(ApiError::bad_request(format!(
            "the API version in the data ({api_version}) does not match the expected API version ({})",
            first.api_version()
        )));
    }
    let (no_version, no_kind) = (api_version.is_empty(), kind.is_empty());
    if no_version {
        map.insert("apiVersion".to_owned(), first.api_version().into());
    }
    if no_kind {
        map.insert("kind".to_owned(), first.kind.clone().into());
    }
    Ok(map)
}

#[cfg(test)]
mod tests;
