//! Server-side apply: PATCH with what a client wants of an object, and no more (KEP-555).

use bytes::Bytes;
use kinds::{ScalePaths, Subresource};
use machinery::managed::{self, ManagedFields, Write};
use machinery::{ApiError, Decoded, FieldValidation, Media, Reason, document};
use serde_json::{Map, Value, json};

use super::call::{Call, Outcome};
use super::change::{Origin, Part, Proposal};
use super::object_meta::MANAGED_FIELDS;
use super::versions::{Conversions, ROUNDS_MAX};
use super::{Registry, scale};

/// How often an apply starts over because the object appeared or vanished meanwhile.
const ATTEMPTS: usize = 8;

/// What a client applies to an object.
struct Wish<'a> {
    document: &'a Value,
    force: bool,
}

impl Registry {
    /// Applies to an object, which is created when absent, or to its status or scale.
    pub(super) async fn apply(
        &self,
        call: &Call<'_>,
        subresource: Option<&Subresource>,
        body: &Bytes,
        force: bool,
    ) -> Result<Outcome, ApiError> {
        let Decoded { object, warnings } = read(body, call.options.validation)?;
        let outcome = match subresource {
            None => {
                check_wish(call, &object)?;
                self.apply_main(call, &Wish { document: &object, force }).await?
            }
            Some(Subresource::Scale(paths)) => {
                self.apply_scale(call, paths, &object, force).await?
            }
            Some(below) => {
                check_wish(call, &object)?;
                let wish = Wish { document: &object, force };
                self.apply_over(call, Origin::below(below), &wish).await?
            }
        };
        Ok(outcome.with_warnings(warnings))
    }

    async fn apply_main(&self, call: &Call<'_>, wish: &Wish<'_>) -> Result<Outcome, ApiError> {
        for _ in 0..ATTEMPTS {
            let (attempt, race) = match call.place.current() {
                Err(error) if error.reason == Reason::NotFound => {
                    (self.apply_anew(call, wish).await, Reason::AlreadyExists)
                }
                _ => (self.apply_over(call, Origin::MAIN, wish).await, Reason::NotFound),
            };
            match attempt {
                // What a webhook says is no race, whichever code it says it with.
                Err(error)
                    if error.reason == race && error.foreign.is_none() && !call.options.dry_run => {
                }
                attempt => return attempt,
            }
        }
        Err(call.place.modified())
    }

    async fn apply_over(
        &self,
        call: &Call<'_>,
        origin: Origin<'_>,
        wish: &Wish<'_>,
    ) -> Result<Outcome, ApiError> {
        let mut conversions = Conversions::default();
        for _ in 0..ROUNDS_MAX {
            let propose = |old: &Value| {
                let made = self.as_write(call, origin, &conversions, |write| {
                    let owners = old["metadata"].get(MANAGED_FIELDS).map(ManagedFields::decode);
                    let owners =
                        owners.transpose().map_err(ApiError::internal)?.unwrap_or_default();
                    let mut live = old.clone();
                    document::metadata_mut(&mut live).remove(MANAGED_FIELDS);
                    let (object, owners) = applied(call, write, owners, &live, wish)?;
                    Ok(Proposal { owners: Some(owners), ..Proposal::new(object, Vec::new()) })
                });
                if conversions.is_missing() { Err(call.place.modified()) } else { made }
            };
            let outcome = self.change(call, origin, propose).await;
            if !conversions.is_missing() {
                return outcome;
            }
            Box::pin(conversions.complete(&self.catalog, call.place.served)).await?;
        }
        Err(call.place.modified())
    }

    /// Applies where nothing is.
    async fn apply_anew(&self, call: &Call<'_>, wish: &Wish<'_>) -> Result<Outcome, ApiError> {
        let place = &call.place;
        let uid = document::uid(wish.document);
        if !uid.is_empty() {
            let message = format!(
                "uid mismatch: the provided object specified uid {uid}, and no existing object was found"
            );
            return Err(ApiError::conflict(place.served.resource(), place.name, &message));
        }
        if !document::resource_version(wish.document).is_empty() {
            return Err(place.modified());
        }
        let nothing = Value::Object(Map::new());
        let (object, owners) =
            self.as_write(call, Origin::MAIN, &Conversions::default(), |write| {
                applied(call, write, ManagedFields::default(), &nothing, wish)
            })?;
        self.create_document(call, object, Some(owners)).await
    }

    /// A scale is applied as what it is: one field of the object.
    async fn apply_scale(
        &self,
        call: &Call<'_>,
        paths: &ScalePaths,
        wanted: &Value,
        force: bool,
    ) -> Result<Outcome, ApiError> {
        let definition = kinds::schemas().by_gvk("autoscaling", "v1", "Scale");
        let definition = definition.ok_or_else(ApiError::unknown_path)?;
        let shape = managed::Shape::of_definition(kinds::schemas(), definition);
        check_document(shape, "autoscaling/v1", "Scale", wanted)?;
        let ignore = FieldValidation::Ignore;
        let fitted = machinery::conform(wanted.clone(), kinds::schemas(), definition, ignore)?;
        let (_, live) = call.place.current_document().await?;
        scale::proposal(call, paths, &live, &fitted.object)?;
        let document = scale_wish(call, paths, wanted);
        let origin = Origin { part: Part::Main, subresource: Some("scale") };
        let outcome = self.apply_over(call, origin, &Wish { document: &document, force }).await?;
        scale::show(call, paths, outcome).await
    }
}

fn check_wish(call: &Call<'_>, document: &Value) -> Result<(), ApiError> {
    let served = call.place.served;
    check_document(served.shape(), served.api_version(), served.kind_name(), document)
}

/// Reads a body, which is YAML and mostly its subset JSON.
fn read(body: &Bytes, validation: FieldValidation) -> Result<Decoded, ApiError> {
    let looks_like_json = body.trim_ascii_start().starts_with(b"{");
    let json = looks_like_json.then(|| machinery::parse(body, Media::Json, validation));
    let decoded = match json {
        Some(Ok(decoded)) => decoded,
        _ => machinery::parse(body, Media::Yaml, validation)?,
    };
    if decoded.object.is_object() {
        return Ok(decoded);
    }
    Err(ApiError::bad_request("error decoding YAML: the document is no object"))
}

fn check_document(
    shape: managed::Shape<'_>,
    api_version: &str,
    kind: &str,
    document: &Value,
) -> Result<(), ApiError> {
    let (found_version, found_kind) = (document::api_version(document), document::kind(document));
    for (name, found) in [("Kind", found_kind), ("apiVersion", found_version)] {
        if found.is_empty() {
            return Err(ApiError::bad_request(format!("Object '{name}' is missing in the body")));
        }
    }
    if found_version != api_version {
        return Err(ApiError::bad_request(format!(
            "Incorrect version specified in apply patch. Specified patch version: {found_version}, expected: {api_version}"
        )));
    }
    if found_kind != kind {
        return Err(ApiError::bad_request(format!(
            "{found_kind} cannot be handled as a {kind}: an apply must name the kind of its path"
        )));
    }
    let metadata = document.get("metadata");
    if metadata.and_then(|metadata| metadata.get(MANAGED_FIELDS)).is_some_and(|it| !it.is_null()) {
        return Err(ApiError::bad_request("metadata.managedFields must be nil"));
    }
    let problems = match managed::check(shape, document).as_slice() {
        [] => return Ok(()),
        [problem] => problem.clone(),
        problems => format!("errors:\n  {}", problems.join("\n  ")),
    };
    let (namespace, name) = (document::namespace(document), document::name(document));
    let group = if api_version.contains('/') { "" } else { "/" };
    Err(ApiError::bad_request(format!(
        "failed to create typed patch object ({namespace}/{name}; {group}{api_version}, Kind={kind}): {problems}"
    )))
}

/// What an apply makes of an object, and who owns its fields then.
fn applied(
    call: &Call<'_>,
    write: &Write<'_>,
    owners: ManagedFields,
    live: &Value,
    wish: &Wish<'_>,
) -> Result<(Value, Value), ApiError> {
    let mut draft = owners.draft(write, live, wish.document);
    let object = std::mem::take(&mut draft.object);
    let mut object = match call.place.served.schema() {
        Some(schema) => {
            let ignore = FieldValidation::Ignore;
            machinery::conform(object, kinds::schemas(), schema, ignore)?.object
        }
        None => object,
    };
    let owners = draft.settle(write, live, &object, wish.force)?;
    managed::refresh_last_applied(write, &mut object, wish.document);
    Ok((object, owners.encode()))
}

/// What applying a scale asks of the object it belongs to.
fn scale_wish(call: &Call<'_>, paths: &ScalePaths, scale: &Value) -> Value {
    let served = call.place.served;
    let mut wish = json!({
        "apiVersion": served.api_version(), "kind": served.kind_name(),
        "metadata": { "name": call.place.name },
    });
    for field in ["uid", "resourceVersion"] {
        if let Some(value) = scale["metadata"].get(field) {
            wish["metadata"][field] = value.clone();
        }
    }
    if let Some(replicas) = scale["spec"].get("replicas") {
        let steps = paths.spec_replicas.split('/').skip(1);
        *steps.fold(&mut wish, |place, step| &mut place[step]) = replicas.clone();
    }
    wish
}
