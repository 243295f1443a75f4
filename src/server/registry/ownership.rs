//! Who owns which fields: what every write leaves in `metadata.managedFields`.

use machinery::managed::{self, ManagedFields, Reach, Write};
use machinery::{ApiError, document};
use serde_json::Value;
use tracing::warn;

use super::Registry;
use super::call::Call;
use super::change::{Origin, Part};
use super::object_meta::{MANAGED_FIELDS, timestamp};
use super::versions::{Conversions, ROUNDS_MAX, Siblings};

impl Registry {
    /// Gives the fields of a new object to its writer, or to the owners it comes with.
    pub(super) fn own_new(&self, call: &Call<'_>, object: &mut Value, owners: Option<Value>) {
        let owners = owners.unwrap_or_else(|| {
            // What is new has been written in one version alone.
            self.as_write(call, Origin::MAIN, &Conversions::default(), |write| {
                ManagedFields::created(write, object).encode()
            })
        });
        set(object, owners);
    }

    /// Gives what changes to its writer. An object nobody is known to own is left alone until somebody applies to it,
    /// and what only the server does has no owner.
    pub(super) async fn own_changes(
        &self,
        call: &Call<'_>,
        origin: Origin<'_>,
        new: &mut Value,
        old: &Value,
    ) -> Result<(), ApiError> {
        let sent = document::metadata_mut(new).remove(MANAGED_FIELDS);
        // Only a write to the object itself may say who owns what.
        let sent = sent.filter(|_| origin.subresource.is_none());
        if sent.as_ref().is_some_and(managed::is_reset) {
            return Ok(());
        }
        let Some(live) = old["metadata"].get(MANAGED_FIELDS) else {
            // Nobody owns anything so far, but the writer may say otherwise.
            let said = sent.and_then(|sent| ManagedFields::decode(&sent).ok());
            if let Some(said) = said.filter(|said| !said.is_empty()) {
                set(new, said.encode());
            }
            return Ok(());
        };
        let tracked = origin.part != Part::Internal || origin.subresource == Some("finalize");
        let before = sent.as_ref().unwrap_or(live);
        if !tracked {
            set(new, live.clone());
            return Ok(());
        }
        let mut conversions = Conversions::default();
        let mut owners = live.clone();
        for _ in 0..ROUNDS_MAX {
            let track = |before: &Value| {
                self.as_write(call, origin, &conversions, |write| {
                    managed::track(write, before, old, new)
                })
            };
            // What cannot be read is as if it had not been said.
            owners = track(before).or_else(|_| track(live)).unwrap_or_else(|_| live.clone());
            if !conversions.is_missing() {
                break;
            }
            let served = call.place.served;
            if let Err(error) = Box::pin(conversions.complete(&self.catalog, served)).await {
                // A webhook that is out of order must not keep people from what needs no conversion.
                warn!(resource = %served.resource(), %error, "nobody is noted as the owner of a change");
                owners = live.clone();
                break;
            }
        }
        set(new, owners);
        Ok(())
    }

    /// What a call writes, for whoever keeps account of it.
    pub(super) fn as_write<T>(
        &self,
        call: &Call<'_>,
        origin: Origin<'_>,
        conversions: &Conversions,
        with: impl FnOnce(&Write<'_>) -> T,
    ) -> T {
        let served = call.place.served;
        let kinds = self.catalog.load();
        let siblings = Siblings { kinds: &kinds, served, conversions };
        let reach = match origin.part {
            Part::Status | Part::Approval if served.kind().status_goes_alone() => {
                Reach::StatusAlone
            }
            Part::Status | Part::Approval => Reach::Status,
            Part::Main | Part::Below(_) | Part::Internal if served.kind().has_status() => {
                Reach::AllButStatus
            }
            Part::Main | Part::Below(_) | Part::Internal => Reach::Everything,
        };
        with(&Write {
            manager: &call.options.manager,
            api_version: served.api_version(),
            subresource: origin.subresource.unwrap_or_default(),
            now: &timestamp(self.clock.now()),
            reach,
            shape: served.shape(),
            versions: &siblings,
        })
    }
}

/// Writes down who owns what.
pub(super) fn set(object: &mut Value, owners: Value) {
    let metadata = document::metadata_mut(object);
    if owners.as_array().is_none_or(Vec::is_empty) {
        metadata.remove(MANAGED_FIELDS);
    } else {
        metadata.insert(MANAGED_FIELDS.to_owned(), owners);
    }
}

/// Whether a write changes nothing. That somebody did the same again is no change.
pub(super) fn is_unchanged(new: &Value, old: &Value) -> bool {
    same_without(new, old, "metadata")
        && same_without(&new["metadata"], &old["metadata"], MANAGED_FIELDS)
        && match (new["metadata"].get(MANAGED_FIELDS), old["metadata"].get(MANAGED_FIELDS)) {
            (Some(now), Some(before)) => managed::same_but_times(now, before),
            (now, before) => now == before,
        }
}

/// Whether two objects are the same in all fields but one.
fn same_without(left: &Value, right: &Value, hidden: &str) -> bool {
    let fields = |object| {
        let fields = Value::as_object(object).into_iter().flatten();
        fields.filter(move |(name, _)| name.as_str() != hidden)
    };
    fields(left).eq(fields(right))
}
