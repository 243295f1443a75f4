//! The kinds this server serves, each with the shelf its objects are on.

use std::collections::HashMap;
use std::sync::Arc;

use kinds::{Conversion, Kind, Scope, Subresource};
use machinery::{Definition, FieldSelector, LabelSelector, Resource};

use crate::cache::{CacheProgress, Cached, Head, Selection, Shelf};
use crate::openapi::{Documents, OpenApi};

/// One kind as this server serves it.
#[derive(Debug)]
pub(crate) struct Served {
    kind: &'static dyn Kind,
    resource: Resource,
    api_version: String,
    head: Head,
    conversion: Option<Conversion>,
    /// Absent for kinds that are questions.
    shelf: Option<Arc<Shelf>>,
}

impl Served {
    pub(crate) fn kind(&self) -> &dyn Kind {
        self.kind
    }

    /// Group and plural, as errors name the kind.
    pub(crate) fn resource(&self) -> &Resource {
        &self.resource
    }

    pub(crate) fn api_version(&self) -> &str {
        &self.api_version
    }

    pub(crate) fn kind_name(&self) -> &str {
        &self.kind.names().kind
    }

    /// How documents of this kind are encoded for clients.
    pub(crate) fn head(&self) -> &Head {
        &self.head
    }

    /// How this kind's documents differ from the stored ones, if they do.
    pub(crate) fn conversion(&self) -> Option<Conversion> {
        self.conversion
    }

    pub(crate) fn shelf(&self) -> Option<&Arc<Shelf>> {
        self.shelf.as_ref()
    }

    pub(crate) fn definition(&self) -> Option<&'static Definition> {
        kinds::schemas().definition(self.kind.schema_name())
    }

    pub(crate) fn is_namespaced(&self) -> bool {
        self.kind.scope() == Scope::Namespaced
    }

    pub(crate) fn subresource(&self, name: &str) -> Option<&Subresource> {
        self.kind.subresources().iter().find(|subresource| subresource.name() == name)
    }

    /// The key of an object on its shelf.
    pub(crate) fn key(&self, namespace: Option<&str>, name: &str) -> String {
        match namespace {
            Some(namespace) if self.is_namespaced() => format!("{namespace}/{name}"),
            _ => name.to_owned(),
        }
    }

    /// Resolves selectors against the fields of this kind.
    pub(crate) fn selection(
        &self,
        labels: Option<LabelSelector>,
        fields: Option<&FieldSelector>,
    ) -> Result<Selection, machinery::ApiError> {
        Selection::new(self.kind.selectable(), self.conversion, labels, fields)
    }
}

impl Served {
    /// An object of the cache as a document of this kind.
    pub(crate) fn document(&self, object: &Cached) -> serde_json::Value {
        let stored = object.object();
        match self.conversion {
            None => stored,
            Some(conversion) => (conversion.from_stored)(stored),
        }
    }
}

/// Every kind served, by its names.
#[derive(Debug)]
pub(crate) struct Catalog {
    kinds: Vec<&'static dyn Kind>,
    openapi: Documents,
    served: Vec<Arc<Served>>,
    by_plural: HashMap<&'static str, Vec<Arc<Served>>>,
}

impl Catalog {
    /// Serves these kinds, each stored kind on a shelf of its own.
    pub(crate) fn new(kinds: &[&'static dyn Kind], progress: &Arc<CacheProgress>) -> Self {
        let stored = kinds.iter().filter(|kind| !kind.virtual_review());
        let owners = stored.filter(|kind| kind.storage().conversion.is_none());
        let shelves: HashMap<String, Arc<Shelf>> = owners
            .map(|kind| {
                let shelf = Shelf::new(*kind, Arc::clone(progress));
                (kind.storage().prefix.into_owned(), Arc::new(shelf))
            })
            .collect();
        let served: Vec<Arc<Served>> = kinds
            .iter()
            .map(|kind| {
                let (names, storage) = (kind.names(), kind.storage());
                let api_version = names.api_version();
                Arc::new(Served {
                    kind: *kind,
                    resource: Resource::new(names.group.clone(), names.plural.clone()),
                    head: Head::new(&api_version, &names.kind),
                    api_version,
                    conversion: storage.conversion,
                    shelf: shelves.get(storage.prefix.as_ref()).cloned(),
                })
            })
            .collect();
        let mut by_plural: HashMap<&'static str, Vec<Arc<Served>>> = HashMap::new();
        for (kind, served) in kinds.iter().zip(&served) {
            by_plural.entry(kind.names().plural.as_ref()).or_default().push(Arc::clone(served));
        }
        Self { kinds: kinds.to_vec(), openapi: Documents::default(), served, by_plural }
    }

    pub(crate) fn find(&self, group: &str, version: &str, plural: &str) -> Option<&Arc<Served>> {
        self.by_plural.get(plural)?.iter().find(|served| {
            let names = served.kind.names();
            names.group == group && names.version == version
        })
    }

    /// Every kind, in the order discovery lists them.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Arc<Served>> {
        self.served.iter()
    }

    /// The schemas of every kind, as clients see them.
    pub(crate) fn openapi(&self) -> OpenApi<'_> {
        self.openapi.of(&self.kinds)
    }

    /// The shelves, each once.
    pub(crate) fn shelves(&self) -> impl Iterator<Item = Arc<Shelf>> {
        let owners = self.served.iter().filter(|served| served.conversion.is_none());
        owners.filter_map(|served| served.shelf.clone())
    }
}
