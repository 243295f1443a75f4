//! The kinds served at one moment.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::Served;
use crate::cache::Shelf;
use crate::openapi::Documents;

/// The kinds served at one moment.
#[derive(Debug)]
pub(crate) struct Snapshot {
    /// Built-in kinds first, in the order discovery lists them.
    served: Vec<Arc<Served>>,
    by_plural: HashMap<Box<str>, Vec<Arc<Served>>>,
    openapi: Documents,
}

impl Snapshot {
    /// Only built-in kinds.
    pub(super) fn new(served: Vec<Arc<Served>>) -> Self {
        Self::over(served, Documents::default())
    }

    /// The built-in kinds with these instead of the others.
    pub(super) fn with_made(&self, made: Vec<Arc<Served>>) -> Self {
        let built_in = self.served.iter().filter(|served| served.is_built_in()).cloned();
        Self::over(built_in.chain(made).collect(), self.openapi.renewed())
    }

    fn over(served: Vec<Arc<Served>>, openapi: Documents) -> Self {
        let mut by_plural: HashMap<Box<str>, Vec<Arc<Served>>> = HashMap::new();
        for one in &served {
            let plural = one.kind().names().plural.as_ref();
            by_plural.entry(plural.into()).or_default().push(Arc::clone(one));
        }
        Self { served, by_plural, openapi }
    }

    pub(crate) fn find(&self, group: &str, version: &str, plural: &str) -> Option<&Arc<Served>> {
        self.by_plural.get(plural)?.iter().find(|served| {
            let names = served.kind().names();
            names.group == group && names.version == version
        })
    }

    /// The other versions of a kind: those that serve the same objects.
    pub(crate) fn versions<'a>(
        &'a self,
        served: &'a Served,
    ) -> impl Iterator<Item = &'a Arc<Served>> {
        let prefix = served.shelf().map(|shelf| shelf.prefix());
        let namesakes = self.by_plural.get(served.kind().names().plural.as_ref());
        let same = move |other: &&Arc<Served>| {
            prefix.is_some() && other.shelf().map(|shelf| shelf.prefix()) == prefix
        };
        let others = namesakes.into_iter().flatten().filter(same);
        others.filter(|other| other.api_version() != served.api_version())
    }

    /// Every kind, in the order discovery lists them.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Arc<Served>> {
        self.served.iter()
    }

    /// The documents that describe these kinds.
    pub(crate) fn openapi(&self) -> &Documents {
        &self.openapi
    }

    /// The shelves, each once.
    pub(crate) fn shelves(&self) -> impl Iterator<Item = &Arc<Shelf>> {
        let mut seen = HashSet::new();
        let shelves = self.served.iter().filter_map(|served| served.shelf());
        shelves.filter(move |shelf| seen.insert(Arc::as_ptr(shelf)))
    }
}
