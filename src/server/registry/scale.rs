//! The scale of an object, read and written without knowing its kind.

use kinds::{ScalePaths, Subresource};
use machinery::{ApiError, FieldErrors, Reason, document};
use serde_json::Value;

use super::Registry;
use super::call::{Call, Content, Object, Outcome};
use super::change::{Origin, Part, Proposal};
use super::options::uid_mismatch;

/// The scale as it is.
pub(crate) async fn get(call: &Call<'_>, subresource: &Subresource) -> Result<Outcome, ApiError> {
    let paths = paths(subresource)?;
    let object = call.place.current()?;
    call.place.served.prepare(std::slice::from_ref(&object)).await?;
    if call.place.served.document(&object).pointer(&paths.spec_replicas).is_none() {
        let path = paths.spec_replicas.replace('/', ".");
        let message =
            format!("Internal error occurred: the spec replicas field {path:?} does not exist");
        return Err(ApiError::new(Reason::InternalError, message));
    }
    show(call, paths, Outcome::changed(Object::Cached(object))).await
}

impl Registry {
    /// Replaces the scale.
    pub(crate) async fn update_scale(
        &self,
        call: &Call<'_>,
        subresource: &Subresource,
        content: &Content<'_>,
    ) -> Result<Outcome, ApiError> {
        let paths = paths(subresource)?;
        let scale = content.decode_as("autoscaling", "v1", "Scale")?.object;
        let origin = Origin { part: Part::Main, subresource: Some("scale") };
        let propose = |old: &Value| proposal(call, paths, old, &scale);
        let outcome = self.change(call, origin, propose).await?;
        show(call, paths, outcome).await
    }
}

fn paths(subresource: &Subresource) -> Result<&ScalePaths, ApiError> {
    match subresource {
        Subresource::Scale(paths) => Ok(paths),
        _ => Err(ApiError::unknown_path()),
    }
}

/// The object with the scale a client wants.
pub(super) fn proposal(
    call: &Call<'_>,
    paths: &ScalePaths,
    old: &Value,
    scale: &Value,
) -> Result<Proposal, ApiError> {
    let name = document::name(scale);
    if !name.is_empty() && name != call.place.name {
        return Err(ApiError::bad_request(format!(
            "the name of the object ({name}) does not match the name on the URL ({})",
            call.place.name
        )));
    }
    let uid = document::uid(scale);
    if !uid.is_empty() && uid != document::uid(old) {
        let resource = call.place.served.resource();
        return Err(uid_mismatch(resource, name, uid, document::uid(old)));
    }
    let replicas = document::i64_at(scale, "/spec/replicas").unwrap_or(0);
    if replicas < 0 {
        let errors = FieldErrors::new();
        let detail = "must be greater than or equal to 0";
        errors.at("spec").invalid("replicas", replicas, detail);
        return Err(ApiError::invalid("autoscaling", "Scale", name, errors));
    }
    let mut object = old.clone();
    paths.write(&mut object, scale);
    let version = document::resource_version(scale);
    if !version.is_empty() {
        document::metadata_mut(&mut object).insert("resourceVersion".to_owned(), version.into());
    }
    Ok(Proposal::new(object, Vec::new()))
}

/// Shows an outcome as its scale.
pub(super) async fn show(
    call: &Call<'_>,
    paths: &ScalePaths,
    outcome: Outcome,
) -> Result<Outcome, ApiError> {
    let object = match outcome.object {
        Object::Cached(object) => {
            call.place.served.prepare(std::slice::from_ref(&object)).await?;
            Object::Foreign(paths.read(&call.place.served.document(&object)))
        }
        Object::Fresh(object) => Object::Foreign(paths.read(&object)),
        foreign @ Object::Foreign(_) => foreign,
    };
    Ok(Outcome { object, ..outcome })
}
