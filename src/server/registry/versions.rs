//! The same object in other versions of its kind, for those who keep account of who owns which fields.
//!
//! Keeping account is synchronous; where versions are converted by a webhook, what it would have needed is noted, had
//! converted, and the account is kept again.

use std::sync::{Mutex, PoisonError};

use machinery::managed::{Shape, Versions};
use machinery::{ApiError, document};
use serde_json::Value;

use crate::catalog::{Catalog, Served, Snapshot};

/// How often somebody may find out what else has to be converted: what there is, what is applied, what comes of it.
pub(super) const ROUNDS_MAX: usize = 8;

/// Documents in other versions, as far as they have been asked for.
#[derive(Debug, Default)]
pub(super) struct Conversions {
    known: Vec<(Wanted, Value)>,
    missing: Mutex<Vec<Wanted>>,
}

/// A document in a version.
#[derive(Debug, PartialEq)]
struct Wanted {
    document: Value,
    api_version: String,
}

impl Conversions {
    /// Whether something was asked for that has not been converted yet.
    pub(super) fn is_missing(&self) -> bool {
        !self.missing.lock().unwrap_or_else(PoisonError::into_inner).is_empty()
    }

    /// Has converted what was missing.
    pub(super) async fn complete(
        &mut self,
        catalog: &Catalog,
        served: &Served,
    ) -> Result<(), ApiError> {
        let missing = self.missing.get_mut().unwrap_or_else(PoisonError::into_inner);
        let missing = std::mem::take(missing);
        for wanted in missing {
            let made = {
                let kinds = catalog.load_full();
                let siblings = Siblings { kinds: &kinds, served, conversions: &*self };
                let from = siblings.find(document::api_version(&wanted.document));
                let to = siblings.find(&wanted.api_version);
                match (from, to) {
                    (Some(from), Some(to)) => from.converted(&wanted.document, to).await?,
                    _ => Value::Null,
                }
            };
            self.known.push((wanted, made));
        }
        Ok(())
    }

    fn get(&self, document: &Value, api_version: &str) -> Option<Value> {
        let is_it = |(wanted, _): &&(Wanted, Value)| {
            wanted.api_version == api_version && wanted.document == *document
        };
        let found = self.known.iter().find(is_it);
        if found.is_none() {
            let wanted = Wanted { document: document.clone(), api_version: api_version.to_owned() };
            let mut missing = self.missing.lock().unwrap_or_else(PoisonError::into_inner);
            if !missing.contains(&wanted) {
                missing.push(wanted);
            }
        }
        found.map(|(_, made)| made.clone()).filter(|made| !made.is_null())
    }
}

/// The versions a kind is served in.
pub(super) struct Siblings<'a> {
    pub(super) kinds: &'a Snapshot,
    pub(super) served: &'a Served,
    pub(super) conversions: &'a Conversions,
}

impl<'a> Siblings<'a> {
    fn find(&self, api_version: &str) -> Option<&'a Served> {
        if self.served.api_version() == api_version {
            return Some(self.served);
        }
        let mut others = self.kinds.versions(self.served);
        others.find(|served| served.api_version() == api_version).map(AsRef::as_ref)
    }
}

impl Versions for Siblings<'_> {
    fn shape(&self, api_version: &str) -> Option<Shape<'_>> {
        self.find(api_version).map(Served::shape)
    }

    fn convert(&self, document: &Value, api_version: &str) -> Option<Value> {
        let from = self.find(document::api_version(document))?;
        let to = self.find(api_version)?;
        if from.is_converted() {
            return self.conversions.get(document, api_version);
        }
        Some(from.convert(document, to))
    }
}
