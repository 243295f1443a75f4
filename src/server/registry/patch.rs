//! PATCH of an object, its status or its scale.

mod go;

use bytes::Bytes;
use kinds::Subresource;
use machinery::{ApiError, FieldErrors, Media, Schema, document, patch};
use serde_json::Value;

use super::Registry;
use super::call::{Call, Outcome};
use super::change::{Origin, Part, Proposal};
use super::scale;

const JSON_PATCH: &str = "application/json-patch+json";
const MERGE_PATCH: &str = "application/merge-patch+json";
const STRATEGIC_PATCH: &str = "application/strategic-merge-patch+json";
const APPLY_PATCH: &str = "application/apply-patch+yaml";

/// The patch languages that are understood.
#[derive(Debug, Clone, Copy)]
enum Language {
    Json,
    Merge,
    Strategic,
    /// Server-side apply, which is more than a patch.
    Apply,
}

impl Registry {
    /// Patches an object or, with a subresource, its status or scale.
    pub(crate) async fn patch(
        &self,
        call: &Call<'_>,
        subresource: Option<&Subresource>,
        media: &str,
        body: &Bytes,
    ) -> Result<Outcome, ApiError> {
        let language = language(media)?;
        let force = call.options.check_patch(matches!(language, Language::Apply))?;
        if matches!(language, Language::Apply) {
            return self.apply(call, subresource, body, force).await;
        }
        let parsed = machinery::parse(body, Media::Json, call.options.validation)?;
        let schema = call.place.served.schema();
        let propose = |old: &Value| {
            let mut proposal = patched(call, language, old, &parsed.object, schema)?;
            proposal.warnings.splice(0..0, parsed.warnings.iter().cloned());
            Ok(proposal)
        };
        match subresource {
            None => self.change(call, Origin::MAIN, propose).await,
            Some(Subresource::Scale(paths)) => {
                let definition = kinds::schemas().by_gvk("autoscaling", "v1", "Scale");
                let definition = definition.map(Schema::Definition);
                let propose = |old: &Value| {
                    let shown = paths.read(old);
                    let patched = patched(call, language, &shown, &parsed.object, definition)?;
                    scale::proposal(call, paths, old, &patched.object)
                };
                let origin = Origin { part: Part::Main, subresource: Some("scale") };
                let outcome = self.change(call, origin, propose).await?;
                scale::show(call, paths, outcome).await
            }
            Some(below) => self.change(call, Origin::below(below), propose).await,
        }
    }
}

/// What a patch makes of a document.
fn patched(
    call: &Call<'_>,
    language: Language,
    old: &Value,
    patch: &Value,
    schema: Option<Schema<'_>>,
) -> Result<Proposal, ApiError> {
    let schemas = kinds::schemas();
    let mut new = match (language, schema) {
        (Language::Json, _) => patch::json::apply(old.clone(), patch)?,
        (Language::Merge, _) => patch::merge::apply(old.clone(), patch),
        (Language::Strategic, Some(Schema::Definition(definition))) => {
            patch::strategic::apply(old.clone(), patch, schemas, definition)?
        }
        (Language::Strategic | Language::Apply, _) => {
            return Err(ApiError::unsupported_media_type(&[JSON_PATCH, MERGE_PATCH, APPLY_PATCH]));
        }
    };
    if matches!(language, Language::Strategic) {
        // Kubernetes reads what came of it as what it was, whatever the patch calls it.
        document::set_type(&mut new, document::api_version(old), document::kind(old));
    }
    if document::kind(&new) != document::kind(old)
        || document::api_version(&new) != document::api_version(old)
    {
        return Err(ApiError::bad_request(format!(
            "a patch must not change the type of the object: it is {} {}",
            document::api_version(old),
            document::kind(old)
        )));
    }
    match schema {
        Some(schema) => {
            let shown = match language {
                Language::Strategic => None,
                _ => Some(new.to_string()),
            };
            let conformed = machinery::conform(new, schemas, schema, call.options.validation)
                .map_err(|error| misfit(shown, patch, &error))?;
            Ok(Proposal::new(conformed.object, conformed.warnings))
        }
        None => Ok(Proposal::new(new, Vec::new())),
    }
}

/// What came of a patch does not fit the schema. Kubernetes reads the document of most patches as it reads any body,
/// but makes an object of a strategic one without writing it down, and shows the patch instead.
fn misfit(document: Option<String>, patch: &Value, error: &ApiError) -> ApiError {
    let why = error.message.split_once(": ").map_or(error.message.as_str(), |(_, why)| why);
    let (shown, why) = match document {
        Some(document) => (document, why.to_owned()),
        None => (go::shown(patch), go::unconverted(why)),
    };
    let errors = FieldErrors::new();
    errors.root().invalid("patch", shown, &why);
    ApiError::invalid("", "", "", errors)
}

fn language(media: &str) -> Result<Language, ApiError> {
    match media {
        JSON_PATCH => Ok(Language::Json),
        MERGE_PATCH => Ok(Language::Merge),
        STRATEGIC_PATCH => Ok(Language::Strategic),
        APPLY_PATCH => Ok(Language::Apply),
        _ => Err(ApiError::unsupported_media_type(&[
            JSON_PATCH,
            MERGE_PATCH,
            STRATEGIC_PATCH,
            APPLY_PATCH,
        ])),
    }
}
