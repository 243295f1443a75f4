//! Who owns which fields: what every write leaves in `metadata.managedFields`.

use machinery::document;
use machinery::managed::{self, ManagedFields, Reach, Shape, Versions, Write};
use serde_json::Value;

use super::Registry;
use super::call::Call;
use super::change::{Origin, Part};
use super::object_meta::{MANAGED_FIELDS, timestamp};
use crate::catalog::{Served, Snapshot};

/// The versions a kind is served in.
pub(super) struct Siblings<'a> {
    kinds: &'a Snapshot,
    served: &'a Served,
}

impl Registry {
    /// Gives the fields of a new object to its writer, or to the owners it comes with.
    pub(super) fn own_new(&self, call: &Call<'_>, object: &mut Value, owners: Option<Value>) {
        let owners = owners.unwrap_or_else(|| {
            self.as_write(call, Origin::MAIN, |write| {
                ManagedFields::created(write, object).encode()
            })
        });
        set(object, owners);
    }

    /// Gives what changes to its writer. An object nobody is known to own is left alone until somebody applies to it,
    /// and what only the server does has no owner.
    pub(super) fn own_changes(
        &self,
        call: &Call<'_>,
        origin: Origin<'_>,
        new: &mut Value,
        old: &Value,
    ) {
        let sent = document::metadata_mut(new).remove(MANAGED_FIELDS);
        // Only a write to the object itself may say who owns what.
        let sent = sent.filter(|_| origin.subresource.is_none());
        if sent.as_ref().is_some_and(managed::is_reset) {
            return;
        }
        let Some(live) = old["metadata"].get(MANAGED_FIELDS) else {
            // Nobody owns anything so far, but the writer may say otherwise.
            let said = sent.and_then(|sent| ManagedFields::decode(&sent).ok());
            if let Some(said) = said.filter(|said| !said.is_empty()) {
                set(new, said.encode());
            }
            return;
        };
        let tracked = origin.part != Part::Internal || origin.subresource == Some("finalize");
        let before = sent.as_ref().unwrap_or(live);
        let owners = if tracked {
            let track = |before: &Value| {
                self.as_write(call, origin, |write| managed::track(write, before, old, new))
            };
            // What cannot be read is as if it had not been said.
            track(before).or_else(|_| track(live))
        } else {
            Ok(live.clone())
        };
        set(new, owners.unwrap_or_else(|_| live.clone()));
    }

    /// What a call writes, for whoever keeps account of it.
    pub(super) fn as_write<T>(
        &self,
        call: &Call<'_>,
        origin: Origin<'_>,
        with: impl FnOnce(&Write<'_>) -> T,
    ) -> T {
        let served = call.place.served;
        let kinds = self.catalog.load();
        let siblings = Siblings { kinds: &kinds, served };
        let reach = match origin.part {
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

impl Siblings<'_> {
    fn find(&self, api_version: &str) -> Option<&Served> {
        if self.served.api_version() == api_version {
            return Some(self.served);
        }
        let prefix = self.served.shelf()?.prefix();
        let siblings = self.kinds.iter().map(std::convert::AsRef::as_ref);
        siblings
            .filter(|served: &&Served| served.api_version() == api_version)
            .find(|served| served.shelf().is_some_and(|other| other.prefix() == prefix))
    }
}

impl Versions for Siblings<'_> {
    fn shape(&self, api_version: &str) -> Option<Shape<'_>> {
        self.find(api_version).map(Served::shape)
    }

    fn convert(&self, document: &Value, api_version: &str) -> Option<Value> {
        let from = self.find(document::api_version(document))?;
        let to = self.find(api_version)?;
        Some(from.convert(document, to))
    }
}
