//! Which form an answer takes: what the client accepts of what there is.

use http::HeaderMap;
use http::header::{ACCEPT, CONTENT_TYPE};
use machinery::media::Accept;
use machinery::{ApiError, Media};

use crate::query::Query;

/// The types documents are sent in.
const OFFERED: &[&str] = &[JSON, YAML];
/// The types watches are sent in.
const WATCHED: &[&str] = &["application/json;stream=watch"];
pub(crate) const JSON: &str = "application/json";
pub(crate) const YAML: &str = "application/yaml";
/// The types documents are taken in.
const TAKEN: &[&str] = &[JSON, YAML, PROTOBUF];
const PROTOBUF: &str = "application/vnd.kubernetes.protobuf";

/// How an answer is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Form {
    pub(crate) shape: Shape,
    pub(crate) yaml: bool,
    pub(crate) pretty: bool,
}

/// How much of the objects an answer shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Shape {
    #[default]
    Whole,
    /// Rows and columns, as `meta.k8s.io` of this version.
    Table(&'static str),
    /// Only metadata.
    Metadata,
}

impl Form {
    /// Whether stored bytes can be sent as they are.
    pub(crate) fn is_plain(self) -> bool {
        self == Self::default()
    }

    /// Reads `Accept` and `?pretty`.
    pub(crate) fn negotiate(headers: &HeaderMap, query: &Query<'_>) -> Result<Self, ApiError> {
        Self::choose(headers, query, true).ok_or_else(|| ApiError::not_acceptable(OFFERED))
    }

    /// The same for a watch. There is no YAML that could be read while it is not over.
    pub(crate) fn of_watch(headers: &HeaderMap, query: &Query<'_>) -> Result<Self, ApiError> {
        Self::choose(headers, query, false).ok_or_else(|| ApiError::not_acceptable(WATCHED))
    }

    /// The same for a failure, which is told even to those who accept nothing that is offered.
    pub(crate) fn of_failure(headers: &HeaderMap, query: &Query<'_>) -> Self {
        Self::choose(headers, query, true).unwrap_or_default().whole()
    }

    fn choose(headers: &HeaderMap, query: &Query<'_>, knows_yaml: bool) -> Option<Self> {
        let pretty = query.flag("pretty");
        let accept = headers.get(ACCEPT).map_or("", |accept| accept.to_str().unwrap_or_default());
        if matches!(accept, "" | "*/*" | JSON) {
            return Some(Self { pretty, ..Self::default() });
        }
        for offer in &Accept::parse(accept).offers {
            let yaml = knows_yaml && offer.takes(YAML) && !offer.takes(JSON);
            if !yaml && !offer.takes(JSON) {
                continue;
            }
            let shape = match (offer.as_kind.as_deref(), offer.version.as_deref()) {
                (None, _) => Shape::Whole,
                (Some("Table"), Some("v1")) => Shape::Table("v1"),
                (Some("Table"), Some("v1beta1")) => Shape::Table("v1beta1"),
                (Some("PartialObjectMetadata" | "PartialObjectMetadataList"), _) => Shape::Metadata,
                // A form of discovery, which discovery itself looks for.
                (Some(_), _) => continue,
            };
            return Some(Self { shape, yaml, pretty: pretty || offer.pretty });
        }
        None
    }

    /// The same, for a document that has no other shape.
    pub(crate) fn whole(self) -> Self {
        Self { shape: Shape::Whole, ..self }
    }

    pub(crate) fn content_type(self) -> &'static str {
        if self.yaml { YAML } else { JSON }
    }
}

/// The type of a body that carries a document; without a word about it, JSON.
pub(crate) fn body_media(headers: &HeaderMap) -> Result<Media, ApiError> {
    match body_type(headers)? {
        "" | JSON => Ok(Media::Json),
        YAML => Ok(Media::Yaml),
        PROTOBUF => Ok(Media::Protobuf),
        _ => Err(ApiError::unsupported_media_type(TAKEN)),
    }
}

/// Whether a patch is a server-side apply.
pub(crate) fn is_apply(headers: &HeaderMap) -> bool {
    let media = headers.get(http::header::CONTENT_TYPE);
    media.is_some_and(|media| media.as_bytes().starts_with(b"application/apply-patch"))
}

/// The media type of a body without its parameters.
pub(crate) fn body_type(headers: &HeaderMap) -> Result<&str, ApiError> {
    let Some(value) = headers.get(CONTENT_TYPE) else { return Ok("") };
    let value = value.to_str().map_err(|_| ApiError::unsupported_media_type(TAKEN))?;
    Ok(value.split(';').next().unwrap_or_default().trim())
}

#[cfg(test)]
mod tests;
