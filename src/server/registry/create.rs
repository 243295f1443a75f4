//! POST of a new object.

use machinery::{ApiError, FieldErrors, Reason, document};
use serde_json::Value;
use store::Expect;

use super::call::{Call, Content, Object, Outcome, Place};
use super::options::{DeleteOptions, WriteOptions};
use super::{Registry, Written, object_meta, requester};
use crate::admission::{Admission, Attributes, Options, Shown, check_expressions};
use crate::definitions;
use crate::identity::Identity;
use crate::request::Verb;

/// How often a name is generated anew when it is taken. With 27^5 suffixes, eight in a row are taken only
/// when millions of objects share the base.
const NAME_ATTEMPTS: usize = 8;
/// Characters generated behind the base of a name.
const SUFFIX_CHARS: usize = 5;
/// What remains of a base so that base and suffix are a label.
const BASE_CHARS_MAX: usize = 63 - SUFFIX_CHARS;

impl Registry {
    /// Creates what a body describes.
    pub(crate) async fn create(
        &self,
        call: &Call<'_>,
        content: &Content<'_>,
    ) -> Result<Outcome, ApiError> {
        let decoded = content.decode_for(call.place.served, call.options.validation)?;
        let outcome = self.create_document(call, decoded.object, None).await?;
        Ok(outcome.with_warnings(decoded.warnings))
    }

    /// Creates an object the server itself wants.
    pub(crate) async fn create_object(
        &self,
        identity: &Identity,
        group: &str,
        version: &str,
        plural: &str,
        namespace: Option<&str>,
        object: Value,
    ) -> Result<Outcome, ApiError> {
        let served = self.catalog.find(group, version, plural);
        let served = served.ok_or_else(ApiError::unknown_path)?;
        let place = Place { served: &served, namespace, name: "" };
        let call = Call { place, identity, options: WriteOptions::internal() };
        self.create_document(&call, object, None).await
    }

    /// Creates a document that has passed its schema. Its fields are the writer's unless it comes with owners.
    pub(super) async fn create_document(
        &self,
        call: &Call<'_>,
        mut object: Value,
        owners: Option<Value>,
    ) -> Result<Outcome, ApiError> {
        let place = &call.place;
        if !document::resource_version(&object).is_empty() {
            let message = "resourceVersion should not be set on objects to be created";
            return Err(ApiError::bad_request(message));
        }
        object_meta::check_place(place, &mut object)?;
        if definitions::is_definition(place.served) {
            definitions::check_room(place.served, document::name(&object))?;
        }
        let draft = self.draft(call, object, owners).await?;
        let Some(base) = to_generate_from(&draft.object).map(str::to_owned) else {
            let name = document::name(&draft.object).to_owned();
            let outcome = self.create_candidate(call, draft).await?;
            return outcome.ok_or_else(|| taken(place, &name));
        };
        for _ in 0..NAME_ATTEMPTS {
            let mut candidate = draft.clone();
            let name = self.generated_name(&base);
            document::metadata_mut(&mut candidate.object).insert("name".to_owned(), name.into());
            if let Some(outcome) = self.create_candidate(call, candidate).await? {
                return Ok(outcome);
            }
        }
        Err(ApiError::already_exists(place.served.resource(), &base))
    }

    /// What is asked for as everybody who may change it has it. It has neither UID nor time, and no name that the server
    /// is to generate: webhooks and policies that change objects are not told what may yet become another.
    async fn draft(
        &self,
        call: &Call<'_>,
        mut object: Value,
        owners: Option<Value>,
    ) -> Result<Draft, ApiError> {
        let kind = call.place.served.kind();
        let owners_again = object_meta::dedupe_owners(&mut object);
        object_meta::wipe(&mut object);
        document::set_type(&mut object, call.place.served.api_version(), &kind.names().kind);
        kind.set_defaults(&mut object);
        self.own_new(call, &mut object, owners);
        let base = to_generate_from(&object).map(str::to_owned);
        let name = base.as_deref().unwrap_or_else(|| document::name(&object)).to_owned();
        let mut attributes = attributes_of(call, &name, base.is_some(), &mut object);
        let changes = self.admission.admit(&self.catalog, &mut attributes).await?;
        if changes.changed {
            kind.set_defaults(&mut object);
        }
        let mut warnings: Vec<String> = owners_again.into_iter().collect();
        warnings.extend(changes.warnings);
        Ok(Draft { object, warnings })
    }

    /// Creates one object; `None` when its name is taken.
    async fn create_candidate(
        &self,
        call: &Call<'_>,
        draft: Draft,
    ) -> Result<Option<Outcome>, ApiError> {
        let kind = call.place.served.kind();
        let Draft { mut object, mut warnings } = draft;
        object_meta::begin(&mut object, self.random.uuid(), self.clock.now(), kind.generation());
        kind.prepare_create(&mut object);
        requester::sign_in(call, &mut object);
        kind.complete(&mut object);
        let name = document::name(&object).to_owned();
        let mut reservation = self.allocators.assign(kind, &mut object, None)?;
        let errors = FieldErrors::new();
        kinds::validate_create(kind, &object, &errors);
        check_expressions(call.place.served, &object, None, &errors);
        if !errors.is_empty() {
            let names = kind.names();
            return Err(ApiError::invalid(&names.group, &names.kind, &name, errors));
        }
        kind.canonicalize(&mut object);
        let attributes = attributes_of(call, &name, false, &mut object);
        let mut admitted = self.admission.check(&self.catalog, &attributes).await?;
        warnings.extend(kind.creation_warnings(&object));
        warnings.append(&mut admitted.warnings);
        let place = call.place.named(&name);
        if call.options.dry_run {
            let taken = place.shelf()?.get(&place.key()).is_some();
            return Ok(
                (!taken).then(|| Outcome::created(Object::Fresh(object)).with_warnings(warnings))
            );
        }
        reservation.begin();
        admitted.begin();
        let written = self.put(&place, &object, Expect::Absent).await;
        admitted.end();
        reservation.end();
        match written? {
            Written::Done(cached) => {
                self.withdraw_homeless(call, &place, &mut object, cached.revision).await?;
                Ok(Some(Outcome::created(Object::Cached(cached)).with_warnings(warnings)))
            }
            Written::Lost => Ok(None),
        }
    }

    /// Takes back what was written while its namespace began to go: who empties the namespace may have been through.
    async fn withdraw_homeless(
        &self,
        call: &Call<'_>,
        place: &Place<'_>,
        object: &mut Value,
        revision: u64,
    ) -> Result<(), ApiError> {
        let attributes = attributes_of(call, place.name, false, object);
        let Err(refusal) = Admission::check_namespace(&self.catalog, &attributes) else {
            return Ok(());
        };
        if self.remove(place, revision).await? {
            return Err(refusal);
        }
        match self.delete_unasked(place, &DeleteOptions::default()).await {
            Err(error) if error.reason != Reason::NotFound => Err(error),
            _ => Err(refusal),
        }
    }

    fn generated_name(&self, base: &str) -> String {
        let end = base.char_indices().nth(BASE_CHARS_MAX).map_or(base.len(), |(at, _)| at);
        format!("{}{}", &base[..end], self.random.suffix(SUFFIX_CHARS))
    }
}

/// A new object before it is one.
#[derive(Clone)]
struct Draft {
    object: Value,
    /// What the writer is to be told.
    warnings: Vec<String>,
}

/// What a name has to be generated from, if one has.
fn to_generate_from(object: &Value) -> Option<&str> {
    let base = document::str_at(object, "/metadata/generateName");
    (document::name(object).is_empty() && !base.is_empty()).then_some(base)
}

fn attributes_of<'a>(
    call: &'a Call<'_>,
    name: &'a str,
    generated: bool,
    object: &'a mut Value,
) -> Attributes<'a> {
    Attributes {
        verb: Verb::Create,
        served: call.place.served,
        subresource: None,
        namespace: call.place.namespace,
        name,
        generated,
        upserts: !call.place.name.is_empty(),
        identity: call.identity,
        dry_run: call.options.dry_run,
        options: Options::Write(&call.options),
        shown: Shown::Object,
        object,
        old: None,
    }
}

/// Says that a name is taken, and whether it is about to be free.
fn taken(place: &Place<'_>, name: &str) -> ApiError {
    let mut error = ApiError::already_exists(place.served.resource(), name);
    let key = place.served.key(place.namespace, name);
    let there = place.shelf().ok().and_then(|shelf| shelf.get(&key));
    if there.is_some_and(|there| there.terminating) {
        error.message = format!("object is being deleted: {}", error.message);
    }
    error
}
