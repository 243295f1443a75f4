//! Every change of an existing object: what it becomes, whether that is allowed, and the write.

use std::sync::Arc;

use jiff::Timestamp;
use kinds::{Kind, Subresource};
use machinery::{ApiError, FieldErrors, document};
use serde_json::Value;
use store::{Expect, Revision};

use super::call::{Call, Object, Outcome};
use super::{Registry, Written, deletion, object_meta, ownership};
use crate::admission::{Attributes, Options, Shown, check_expressions};
use crate::allocate::Reservation;
use crate::cache::Cached;
use crate::request::Verb;

/// How often a change is computed anew because somebody else wrote meanwhile. Each round that fails means that
/// another writer succeeded.
const ATTEMPTS: usize = 16;

/// Which part of an object a change may touch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// Everything but the status.
    Main,
    /// The status.
    Status,
    /// The decision about a certificate request.
    Approval,
    /// What the kind lets this path below the object change.
    Below(&'static str),
    /// Only what the server itself changes: no preparation, no validation of the rest.
    Internal,
}

/// Where a change comes from, and what it may touch.
#[derive(Debug, Clone, Copy)]
pub(super) struct Origin<'a> {
    pub(super) part: Part,
    pub(super) subresource: Option<&'a str>,
}

impl Origin<'static> {
    pub(super) const MAIN: Self = Self { part: Part::Main, subresource: None };
    pub(super) const STATUS: Self = Self { part: Part::Status, subresource: Some("status") };
    pub(super) const APPROVAL: Self = Self { part: Part::Approval, subresource: Some("approval") };

    /// Of a write to a path below the object that shows the object itself.
    pub(super) fn below(subresource: &Subresource) -> Self {
        match subresource {
            Subresource::Status => Self::STATUS,
            Subresource::Approval => Self::APPROVAL,
            other => Self { part: Part::Below(other.name()), subresource: Some(other.name()) },
        }
    }
}

/// What an object is to become, with what the client should be told.
pub(super) struct Proposal {
    pub(super) object: Value,
    pub(super) warnings: Vec<String>,
    /// Who owns its fields, where that is not told by what changes.
    pub(super) owners: Option<Value>,
}

impl Proposal {
    pub(super) fn new(object: Value, warnings: Vec<String>) -> Self {
        Self { object, warnings, owners: None }
    }
}

impl Registry {
    /// Makes of an object what `propose` makes of its present document, as often as others come in between.
    ///
    /// A proposal that carries a resource version other than the present one is a conflict, which is how both
    /// a PUT with a stale version and a patch that names one fail.
    pub(super) async fn change(
        &self,
        call: &Call<'_>,
        origin: Origin<'_>,
        propose: impl Fn(&Value) -> Result<Proposal, ApiError>,
    ) -> Result<Outcome, ApiError> {
        for _ in 0..ATTEMPTS {
            let (current, old) = call.place.current_document().await?;
            let proposal = propose(&old)?;
            let attempt = self.replace(call, origin, &current, &old, proposal).await?;
            if let Some(outcome) = attempt {
                return Ok(outcome);
            }
        }
        Err(call.place.modified())
    }

    /// One attempt; `None` when somebody else wrote meanwhile.
    async fn replace(
        &self,
        call: &Call<'_>,
        origin: Origin<'_>,
        current: &Arc<Cached>,
        old: &Value,
        proposal: Proposal,
    ) -> Result<Option<Outcome>, ApiError> {
        let Proposal { object: mut new, mut warnings, owners } = proposal;
        let (place, kind) = (&call.place, call.place.served.kind());
        let version = document::resource_version(&new);
        if !version.is_empty() && version != document::resource_version(old) {
            return Err(place.modified());
        }
        object_meta::check_place(place, &mut new)?;
        warnings.extend(object_meta::dedupe_owners(&mut new));
        object_meta::carry_over(place, &mut new, old)?;
        document::set_type(&mut new, place.served.api_version(), &kind.names().kind);
        let (mut reservation, changes) = self.prepare(call, origin, &mut new, old, owners).await?;
        warnings.extend(changes);
        // The parts above may have taken over more than they should: the version is never theirs.
        let version = old["metadata"]["resourceVersion"].clone();
        document::metadata_mut(&mut new).insert("resourceVersion".to_owned(), version);
        let is_unchanged = |new: &Value| ownership::is_unchanged(new, old);
        let mut unchanged = is_unchanged(&new) && !self.is_outdated(place, current).await?;
        // Webhooks and policies are asked even then: whoever tries may want to know.
        if unchanged && !self.admission.is_extended() {
            let same = Object::Cached(Arc::clone(current));
            return Ok(Some(Outcome::changed(same).with_warnings(warnings)));
        }
        validate(call, origin.part, &new, old)?;
        if origin.part == Part::Main && kind.canonicalize(&mut new) {
            unchanged = is_unchanged(&new) && !self.is_outdated(place, current).await?;
        }
        let attributes = attributes_of(call, origin, &mut new, old);
        let mut admitted = self.admission.check(&self.catalog, &attributes).await?;
        warnings.append(&mut admitted.warnings);
        if origin.part == Part::Main {
            warnings.extend(kind.change_warnings(&new, old));
        }
        if unchanged {
            let same = Object::Cached(Arc::clone(current));
            return Ok(Some(Outcome::changed(same).with_warnings(warnings)));
        }
        let finished = document::is_terminating(&new) && deletion::is_finished(&new);
        if call.options.dry_run {
            return Ok(Some(Outcome::changed(Object::Fresh(new)).with_warnings(warnings)));
        }
        if finished {
            // The last finalizer has gone: this write is the end of the object.
            if !self.remove(place, current.revision).await? {
                return Ok(None);
            }
            return Ok(Some(Outcome::changed(Object::Fresh(new)).with_warnings(warnings)));
        }
        let expect = Expect::Unchanged(Revision(current.revision));
        reservation.begin();
        admitted.begin();
        let written = self.put(place, &new, expect).await;
        admitted.end();
        reservation.end();
        match written? {
            Written::Lost => Ok(None),
            Written::Done(cached) => {
                Ok(Some(Outcome::changed(Object::Cached(cached)).with_warnings(warnings)))
            }
        }
    }

    /// Restricts the change to its part, fills in what follows from it and lets admission see it.
    async fn prepare(
        &self,
        call: &Call<'_>,
        origin: Origin<'_>,
        new: &mut Value,
        old: &Value,
        owners: Option<Value>,
    ) -> Result<(Reservation, Vec<String>), ApiError> {
        let kind = call.place.served.kind();
        let now = self.clock.now();
        restrict(kind, origin.part, new, old, now);
        match owners {
            Some(owners) => ownership::set(new, owners),
            None => self.own_changes(call, origin, new, old).await?,
        }
        let mut attributes = attributes_of(call, origin, new, old);
        let changes = self.admission.admit(&self.catalog, &mut attributes).await?;
        if changes.changed {
            restrict(kind, origin.part, new, old, now);
        }
        let reservation = match origin.part {
            Part::Main => self.allocators.assign(kind, new, Some(old))?,
            Part::Below(_) => Reservation::default(),
            Part::Status | Part::Approval | Part::Internal => {
                return Ok((Reservation::default(), changes.warnings));
            }
        };
        if kind.generation() && kind.generation_changes(new, old) {
            object_meta::raise_generation(new);
        }
        Ok((reservation, changes.warnings))
    }
}

/// Fills in defaults and keeps what the change may not touch.
fn restrict(kind: &dyn Kind, part: Part, new: &mut Value, old: &Value, now: Timestamp) {
    if part != Part::Internal {
        kind.set_defaults(new);
    }
    match part {
        Part::Main => kind.prepare_update(new, old),
        Part::Status => kind.prepare_status_update(new, old),
        Part::Approval => kind.prepare_approval(new, old),
        Part::Below(path) => kind.prepare_below(path, new, old),
        Part::Internal => {}
    }
    if matches!(part, Part::Status | Part::Approval) {
        kind.date_status(new, old, now);
    }
}

fn attributes_of<'a>(
    call: &'a Call<'_>,
    origin: Origin<'a>,
    new: &'a mut Value,
    old: &'a Value,
) -> Attributes<'a> {
    Attributes {
        verb: Verb::Update,
        served: call.place.served,
        subresource: origin.subresource,
        namespace: call.place.namespace,
        name: call.place.name,
        generated: false,
        upserts: false,
        identity: call.identity,
        dry_run: call.options.dry_run,
        options: Options::Write(&call.options),
        shown: shown(call, origin),
        object: new,
        old: Some(old),
    }
}

fn shown<'a>(call: &'a Call<'_>, origin: Origin<'_>) -> Shown<'a> {
    match origin.subresource {
        Some("binding" | "eviction") => Shown::Nothing,
        Some("scale") => match call.place.served.subresource("scale") {
            Some(Subresource::Scale(paths)) => Shown::Scale(paths),
            _ => Shown::Object,
        },
        _ => Shown::Object,
    }
}

fn validate(call: &Call<'_>, part: Part, new: &Value, old: &Value) -> Result<(), ApiError> {
    let kind = call.place.served.kind();
    let errors = FieldErrors::new();
    match part {
        Part::Main => {
            kinds::validate_update(kind, new, old, &errors);
            check_expressions(call.place.served, new, Some(old), &errors);
        }
        Part::Status | Part::Approval => kinds::validate_status_update(kind, new, old, &errors),
        Part::Below(path) => kinds::validate_below(kind, path, new, old, &errors),
        Part::Internal => {}
    }
    if errors.is_empty() {
        return Ok(());
    }
    let names = kind.names();
    Err(ApiError::invalid(&names.group, &names.kind, call.place.name, errors))
}
