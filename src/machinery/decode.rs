//! From the bytes of a request to a document that fits its schema.

use serde_json::{Map, Value};

use crate::conform::Conform;
use crate::path::Path;
use crate::strict::Strictness;
use crate::{
    ApiError, Definition, GroupVersionKind, Schemas, Structural, document, json, protobuf, yaml,
};

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

/// What a document must fit.
#[derive(Debug, Clone, Copy)]
pub enum Schema<'a> {
    /// A definition of the API itself.
    Definition(&'a Definition),
    /// The schema of a kind made at run time.
    Structural(&'a Structural),
}

impl<'a> From<&'a Definition> for Schema<'a> {
    fn from(definition: &'a Definition) -> Self {
        Self::Definition(definition)
    }
}

impl<'a> Schema<'a> {
    /// The kinds it is the top of.
    fn gvks(self) -> &'a [GroupVersionKind] {
        match self {
            Self::Definition(definition) => &definition.gvk,
            Self::Structural(structural) => std::slice::from_ref(structural.gvk()),
        }
    }

    /// What errors call its documents.
    fn kind(self) -> &'a str {
        match (self, self.gvks().first()) {
            (_, Some(gvk)) => &gvk.kind,
            (Self::Definition(definition), None) => definition.short_name(),
            (Self::Structural(_), None) => "",
        }
    }
}

/// A decoded body.
#[derive(Debug, Clone, PartialEq)]
pub struct Decoded {
    /// The document, with only the fields its schema knows.
    pub object: Value,
    /// What the client should hear.
    pub warnings: Vec<String>,
}

/// Decodes a body as a definition, or without a schema.
///
/// `apiVersion` and `kind` may be missing in the body when `expected` is the top of a kind; they are filled in.
pub fn decode(
    body: &[u8],
    media: Media,
    schemas: &Schemas,
    expected: Option<&Definition>,
    validation: FieldValidation,
) -> Result<Decoded, ApiError> {
    decode_as(body, media, schemas, expected.map(Schema::Definition), validation)
}

/// Decodes a body by a schema of either sort; documents of kinds made at run time have to say what they are.
pub fn decode_as(
    body: &[u8],
    media: Media,
    schemas: &Schemas,
    expected: Option<Schema<'_>>,
    validation: FieldValidation,
) -> Result<Decoded, ApiError> {
    let mut strictness = Strictness::new(validation);
    let object = match media {
        Media::Json | Media::Yaml => read(body, media, &mut strictness)?,
        Media::Protobuf => {
            let definition = match expected {
                Some(Schema::Definition(definition)) => Some(definition),
                Some(Schema::Structural(_)) | None => None,
            };
            let body = protobuf::decode(body, schemas, definition)
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
pub fn conform<'a>(
    object: Value,
    schemas: &Schemas,
    schema: impl Into<Schema<'a>>,
    validation: FieldValidation,
) -> Result<Decoded, ApiError> {
    let Value::Object(map) = object else {
        return Err(ApiError::bad_request("the document is no object"));
    };
    fit(map, schemas, Some(schema.into()), Strictness::new(validation))
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
    schema: Option<Schema<'_>>,
    mut strictness: Strictness,
) -> Result<Decoded, ApiError> {
    let fitted = match schema {
        Some(Schema::Definition(definition)) => {
            let mut conform = Conform { schemas, strictness: &mut strictness };
            conform.object(&mut map, definition, &Path::ROOT)
        }
        Some(Schema::Structural(structural)) => structural.fit(&mut map, schemas, &mut strictness),
        None => Ok(()),
    };
    if let (Err(problem), Some(schema)) = (fitted, schema) {
        return Err(unfit(&Value::Object(map), schema, &problem));
    }
    let object = Value::Object(map);
    match (strictness.finish(), schema) {
        (Ok(warnings), _) => Ok(Decoded { object, warnings }),
        (Err(error), Some(schema)) => Err(unfit(&object, schema, &error.message)),
        (Err(error), None) => Err(error),
    }
}

/// `Deployment in version "v1" cannot be handled as a Deployment: …`
fn unfit(object: &Value, schema: Schema<'_>, problem: &str) -> ApiError {
    let api_version = document::api_version(object);
    let version = api_version.rsplit('/').next().unwrap_or(api_version);
    let kind = match document::kind(object) {
        "" => schema.kind(),
        kind => kind,
    };
    let wanted = schema.kind();
    ApiError::bad_request(format!(
        "{kind} in version {version:?} cannot be handled as a {wanted}: {problem}"
    ))
}

/// Checks `apiVersion` and `kind` against what is expected, and fills in what is missing.
fn check_type(
    mut map: Map<String, Value>,
    expected: Option<Schema<'_>>,
) -> Result<Map<String, Value>, ApiError> {
    let text = |field: &str| map.get(field).and_then(Value::as_str).unwrap_or_default();
    let (api_version, kind) = (text("apiVersion"), text("kind"));
    if !matches!(expected, Some(Schema::Definition(_))) {
        let missing = [("apiVersion", api_version), ("kind", kind)]
            .into_iter()
            .find(|(_, value)| value.is_empty());
        if let Some((field, _)) = missing {
            let field = if field == "kind" { "Kind" } else { field };
            return Err(ApiError::bad_request(format!("Object '{field}' is missing in the body")));
        }
    }
    let Some(schema) = expected else { return Ok(map) };
    let Some(first) = schema.gvks().first() else { return Ok(map) };
    if !kind.is_empty() && kind != first.kind {
        let problem = format!("converting ({kind}) to ({}): unknown conversion", first.kind);
        return Err(unfit(&Value::Object(map), schema, &problem));
    }
    // A kind of many groups, such as DeleteOptions, is the same in all of them.
    let one_group = schema.gvks().len() == 1;
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
