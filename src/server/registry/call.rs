//! What a verb is called with, and what it gives back.

use std::sync::Arc;

use bytes::Bytes;
use http::StatusCode;
use machinery::{ApiError, Decoded, Definition, FieldValidation, Media, Resource};
use serde_json::Value;

use super::options::WriteOptions;
use crate::cache::{Cached, Shelf};
use crate::catalog::Served;
use crate::identity::Identity;
use crate::negotiate::{JSON, YAML};

/// Where an object is, or, without a name, where objects are.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place<'a> {
    pub(crate) served: &'a Arc<Served>,
    pub(crate) namespace: Option<&'a str>,
    pub(crate) name: &'a str,
}

/// Who wants something done where, and how.
#[derive(Debug, Clone)]
pub(crate) struct Call<'a> {
    pub(crate) place: Place<'a>,
    pub(crate) identity: &'a Identity,
    pub(crate) options: WriteOptions,
}

/// A body that carries a document.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Content<'a> {
    pub(crate) bytes: &'a Bytes,
    pub(crate) media: Media,
}

/// What a verb gives back.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) status: StatusCode,
    pub(crate) object: Object,
    pub(crate) warnings: Vec<String>,
}

/// The document of an answer.
#[derive(Debug)]
pub(crate) enum Object {
    /// What is stored.
    Cached(Arc<Cached>),
    /// A document of the kind that is not stored like this.
    Fresh(Value),
    /// A document of another kind, such as a `Status` or a `Scale`.
    Foreign(Value),
}

impl<'a> Place<'a> {
    /// The key on the kind's shelf.
    pub(crate) fn key(&self) -> String {
        self.served.key(self.namespace, self.name)
    }

    pub(crate) fn shelf(&self) -> Result<&'a Arc<Shelf>, ApiError> {
        self.served.shelf().ok_or_else(ApiError::unknown_path)
    }

    /// The object that is there.
    pub(crate) fn current(&self) -> Result<Arc<Cached>, ApiError> {
        let (shelf, key) = (self.shelf()?, self.key());
        match shelf.get(&key) {
            Some(found) => Ok(found),
            None if shelf.is_unreadable(&key) => Err(unreadable(self.served.resource(), &key)),
            None => Err(ApiError::not_found(self.served.resource(), self.name)),
        }
    }

    /// The object that is there, and the document of the kind that it is.
    pub(crate) async fn current_document(&self) -> Result<(Arc<Cached>, Value), ApiError> {
        let current = self.current()?;
        if self.served.is_converted() {
            self.served.prepare(std::slice::from_ref(&current)).await?;
        }
        let document = self.served.document(&current);
        Ok((current, document))
    }

    /// The same place under another name.
    pub(crate) fn named<'b>(&self, name: &'b str) -> Place<'b>
    where
        'a: 'b,
    {
        Place { served: self.served, namespace: self.namespace, name }
    }

    /// Somebody wrote meanwhile.
    pub(crate) fn modified(&self) -> ApiError {
        ApiError::modified(self.served.resource(), self.name)
    }
}

/// What is stored there cannot be read. Nobody may take it for gone: its dependents would go with it.
pub(super) fn unreadable(resource: &Resource, key: &str) -> ApiError {
    let why = format!("what is stored as {} {key:?} cannot be read", resource.resource);
    let mut error = ApiError::internal(why.as_str());
    error.message = format!("{}: {why}", error.message);
    error
}

impl Content<'_> {
    /// Reads a document of a kind. Kinds made at run time have no protobuf.
    pub(crate) fn decode_for(
        &self,
        served: &Served,
        validation: FieldValidation,
    ) -> Result<Decoded, ApiError> {
        if self.media == Media::Protobuf && !served.is_built_in() {
            return Err(ApiError::unsupported_media_type(&[JSON, YAML]));
        }
        machinery::decode_as(self.bytes, self.media, kinds::schemas(), served.schema(), validation)
    }

    /// Reads a document of one definition.
    fn decode(
        &self,
        expected: Option<&Definition>,
        validation: FieldValidation,
    ) -> Result<Decoded, ApiError> {
        machinery::decode(self.bytes, self.media, kinds::schemas(), expected, validation)
    }

    /// Reads a document of a kind that has no place of its own.
    pub(crate) fn decode_as(
        &self,
        group: &str,
        version: &str,
        kind: &str,
    ) -> Result<Decoded, ApiError> {
        let definition = kinds::schemas().by_gvk(group, version, kind);
        self.decode(definition, FieldValidation::Ignore)
    }
}

impl Outcome {
    pub(crate) fn created(object: Object) -> Self {
        Self { status: StatusCode::CREATED, object, warnings: Vec::new() }
    }

    pub(crate) fn changed(object: Object) -> Self {
        Self { status: StatusCode::OK, object, warnings: Vec::new() }
    }

    pub(crate) fn with_warnings(mut self, warnings: Vec<String>) -> Self {
        self.warnings.extend(warnings);
        self
    }
}
