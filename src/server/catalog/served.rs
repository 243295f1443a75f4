//! One kind as this server serves it.

use std::sync::Arc;

use bytes::Bytes;
use kinds::{Kind, Scope, Subresource};
use machinery::managed::Shape;
use machinery::{ApiError, Definition, FieldSelector, LabelSelector, Resource, Schema, document};
use serde_json::Value;

use super::View;
use crate::cache::{Cached, Head, Selected, Selection, Shelf};
use crate::conversion::Wanted;

/// One kind as this server serves it.
#[derive(Debug)]
pub(crate) struct Served {
    kind: Source,
    resource: Resource,
    api_version: String,
    head: Head,
    view: View,
    /// Absent for kinds that are questions.
    shelf: Option<Arc<Shelf>>,
    /// The definition of a kind made at run time.
    source: Option<Arc<Cached>>,
}

#[derive(Debug)]
enum Source {
    BuiltIn(&'static dyn Kind),
    Made(Arc<dyn Kind>),
}

impl Served {
    /// A kind that is always there.
    pub(crate) fn built_in(kind: &'static dyn Kind, shelf: Option<Arc<Shelf>>) -> Self {
        let view = kind.storage().conversion.map_or(View::Stored, View::Functions);
        Self::new(Source::BuiltIn(kind), view, shelf)
    }

    /// A version of a kind made at run time, as a view of what is on a shelf.
    pub(crate) fn made(
        kind: Arc<dyn Kind>,
        view: View,
        shelf: Arc<Shelf>,
        source: Arc<Cached>,
    ) -> Self {
        Self { source: Some(source), ..Self::new(Source::Made(kind), view, Some(shelf)) }
    }

    fn new(kind: Source, view: View, shelf: Option<Arc<Shelf>>) -> Self {
        let names = kind.as_dyn().names();
        let api_version = names.api_version();
        Self {
            resource: Resource::new(names.group.clone(), names.plural.clone()),
            head: Head::new(&api_version, &names.kind),
            api_version,
            kind,
            view,
            shelf,
            source: None,
        }
    }

    pub(crate) fn kind(&self) -> &dyn Kind {
        self.kind.as_dyn()
    }

    pub(crate) fn is_built_in(&self) -> bool {
        matches!(self.kind, Source::BuiltIn(_))
    }

    /// Group and plural, as errors name the kind.
    pub(crate) fn resource(&self) -> &Resource {
        &self.resource
    }

    pub(crate) fn api_version(&self) -> &str {
        &self.api_version
    }

    pub(crate) fn kind_name(&self) -> &str {
        &self.kind().names().kind
    }

    /// What items of a list start with, before the bytes of [`Head::item`]: as in Kubernetes, only custom resources
    /// say there what they are.
    pub(crate) fn item_opening(&self) -> &[u8] {
        if self.is_built_in() { b"{" } else { self.head.types() }
    }

    /// How documents of this kind differ from the stored ones.
    pub(crate) fn view(&self) -> &View {
        &self.view
    }

    pub(crate) fn shelf(&self) -> Option<&Arc<Shelf>> {
        self.shelf.as_ref()
    }

    /// The definition of a kind made at run time.
    pub(crate) fn source(&self) -> Option<&Arc<Cached>> {
        self.source.as_ref()
    }

    /// What documents of this kind must fit.
    pub(crate) fn schema(&self) -> Option<Schema<'_>> {
        match self.kind().structural() {
            Some(structural) => Some(Schema::Structural(structural)),
            None => self.definition().map(Schema::Definition),
        }
    }

    /// Who owns which of its fields.
    pub(crate) fn shape(&self) -> Shape<'_> {
        let schemas = kinds::schemas();
        match self.schema() {
            Some(Schema::Definition(definition)) => Shape::of_definition(schemas, definition),
            Some(Schema::Structural(structural)) => Shape::of_custom_resource(schemas, structural),
            None => Shape::DEDUCED,
        }
    }

    /// The definition of a built-in kind.
    fn definition(&self) -> Option<&'static Definition> {
        kinds::schemas().definition(self.kind().schema_name())
    }

    pub(crate) fn is_namespaced(&self) -> bool {
        self.kind().scope() == Scope::Namespaced
    }

    pub(crate) fn subresource(&self, name: &str) -> Option<&Subresource> {
        self.kind().subresources().iter().find(|subresource| subresource.name() == name)
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
    ) -> Result<Selected, ApiError> {
        let selection = Selection::new(self.kind().selectable(), &self.view, labels, fields)?;
        Ok(if self.is_converted() {
            selection.after_conversion()
        } else {
            selection.after_reading()
        })
    }

    /// An object of the cache as a document of this kind.
    ///
    /// Versions that a webhook makes have to be prepared first; without, only the metadata is right.
    pub(crate) fn document(&self, object: &Cached) -> Value {
        match self.form(object) {
            Some(form) if self.is_converted() => form.object(),
            _ => self.shown(object.object()),
        }
    }

    /// Sees to it that objects can be shown as documents of this kind.
    pub(crate) async fn prepare(&self, objects: &[Arc<Cached>]) -> Result<(), ApiError> {
        match &self.view {
            View::Converted(converter) => Box::pin(converter.prepare(self.wanted(), objects)).await,
            _ => Ok(()),
        }
    }

    /// The same for those who watch; they share the work.
    pub(crate) async fn prepare_for_watch(&self, objects: &[Arc<Cached>]) -> Result<(), ApiError> {
        match &self.view {
            View::Converted(converter) => {
                Box::pin(converter.prepare_for_watch(self.wanted(), objects)).await
            }
            _ => Ok(()),
        }
    }

    /// The bytes and values of an object as this kind selects by them; absent until the object is prepared.
    fn form<'a>(&self, object: &'a Cached) -> Option<&'a Cached> {
        match &self.view {
            View::Converted(converter) => converter.form(&self.api_version, object),
            _ => Some(object),
        }
    }

    /// Whether a selection is about a prepared object.
    pub(crate) fn selects(&self, selection: &Selection, object: &Cached) -> bool {
        self.form(object).is_some_and(|form| selection.matches(form))
    }

    /// Whether somebody else has to be asked what objects look like in this version.
    pub(crate) fn is_converted(&self) -> bool {
        matches!(self.view, View::Converted(_))
    }

    fn wanted(&self) -> Wanted<'_> {
        Wanted { kind: self.kind(), api_version: &self.api_version, head: &self.head }
    }

    /// A stored document as one of this kind.
    fn shown(&self, stored: Value) -> Value {
        self.view.shown(stored, &self.api_version)
    }

    /// A document of this kind as it is stored, if that differs in more than its name.
    pub(crate) async fn stored(&self, document: &Value) -> Result<Option<Value>, ApiError> {
        let View::Converted(converter) = &self.view else {
            return Ok(self.view.to_stored(document));
        };
        let stored = self.shelf.as_ref().and_then(|shelf| shelf.made_kind());
        let Some(stored) = stored.filter(|_| converter.stored() != self.api_version) else {
            return Ok(None);
        };
        let documents = vec![document.clone()];
        let made = Box::pin(converter.convert(documents, stored, converter.stored())).await?;
        Ok(made.into_iter().next())
    }

    /// A document of this kind as one of another version of it, whoever knows what that is.
    pub(crate) async fn converted(&self, document: &Value, to: &Self) -> Result<Value, ApiError> {
        let View::Converted(converter) = &self.view else { return Ok(self.convert(document, to)) };
        let documents = vec![document.clone()];
        let made = Box::pin(converter.convert(documents, to.kind(), to.api_version())).await?;
        Ok(made.into_iter().next().unwrap_or_default())
    }

    /// A document of this kind as one of another version of it, as far as that needs no webhook.
    pub(crate) fn convert(&self, document: &Value, to: &Self) -> Value {
        let stored = self.view.to_stored(document).unwrap_or_else(|| document.clone());
        let mut converted = to.shown(stored);
        document::set_type(&mut converted, to.api_version(), to.kind_name());
        converted
    }

    /// Whether these objects are shown as they are stored, but for their `apiVersion`.
    pub(crate) fn keeps_bytes_of(&self, objects: &[Arc<Cached>]) -> bool {
        match &self.view {
            View::Converted(converter) => {
                converter.stored() == self.api_version
                    && objects.iter().all(|object| object.stored_as.is_none())
            }
            view => view.keeps_bytes(),
        }
    }

    /// How the documents of this kind begin.
    pub(crate) fn head(&self) -> &Head {
        &self.head
    }

    /// The bytes of an object as this kind shows them, where that needs no look at the document.
    pub(crate) fn bytes(&self, object: &Cached) -> Option<Bytes> {
        match &self.view {
            View::Stored => Some(object.bytes.clone()),
            View::Renamed => self.renamed(&object.bytes),
            View::Functions(_) => None,
            View::Converted(_) => self.form(object).map(|form| form.bytes.clone()),
        }
    }

    /// The same of bytes that stand for a stored object which is no longer.
    pub(crate) fn renamed(&self, object: &Bytes) -> Option<Bytes> {
        let renames = matches!(self.view, View::Renamed);
        renames.then(|| {
            self.shelf.as_ref().map(|shelf| shelf.head().replaced_by(&self.head, object))
        })?
    }
}

impl Source {
    fn as_dyn(&self) -> &dyn Kind {
        match self {
            Self::BuiltIn(kind) => *kind,
            Self::Made(kind) => kind.as_ref(),
        }
    }
}
