//! What the server must know about a kind to serve it.

use std::borrow::Cow;
use std::fmt::Debug;

use jiff::Timestamp;
use machinery::{FieldErrors, Structural, document};
use serde_json::Value;

use crate::column::Column;
use crate::metadata::NameRule;
use crate::names::Names;
use crate::subresource::{Subresource, Verb};

/// Where the objects of a kind live.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Inside a namespace.
    Namespaced,
    /// In the cluster as a whole.
    Cluster,
}

/// What a delete returns when the object vanishes at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeletionAnswer {
    /// The object as it last was.
    Object,
    /// A `Status` that says so.
    Status,
}

/// A field that field selectors may name, besides `metadata.name` and `metadata.namespace`.
#[derive(Debug, Clone)]
pub struct FieldLabel {
    /// The name in the selector, such as `spec.nodeName`.
    pub label: Cow<'static, str>,
    field: SelectedField,
}

/// Where the value of a selectable field is.
#[derive(Debug, Clone)]
enum SelectedField {
    /// What a function says.
    Function(fn(&Value) -> Cow<'_, str>),
    /// At a JSON pointer (RFC 6901).
    At(Box<str>),
}

impl FieldLabel {
    pub(crate) const fn new(label: &'static str, get: fn(&Value) -> Cow<'_, str>) -> Self {
        Self { label: Cow::Borrowed(label), field: SelectedField::Function(get) }
    }

    /// A field of a kind made at run time, at a JSON pointer.
    pub(crate) fn at(label: &str, pointer: &str) -> Self {
        Self { label: Cow::Owned(label.to_owned()), field: SelectedField::At(pointer.into()) }
    }

    /// The value of the field; empty when it is absent.
    pub fn read<'v>(&self, object: &'v Value) -> Cow<'v, str> {
        match &self.field {
            SelectedField::Function(get) => get(object),
            SelectedField::At(pointer) => document::scalar_at(object, pointer),
        }
    }
}

/// Turns documents into the form another kind stores, and back.
#[derive(Debug, Clone, Copy)]
pub struct Conversion {
    /// From the kind's own form to the stored one.
    pub to_stored: fn(Value) -> Value,
    /// From the stored form to the kind's own.
    pub from_stored: fn(Value) -> Value,
}

/// Where and how the objects of a kind are stored.
#[derive(Debug, Clone)]
pub struct StorageView {
    /// What every key starts with; `/<namespace>/<name>` or `/<name>` follows.
    pub prefix: Cow<'static, str>,
    /// Set when the kind is a view of another kind's objects.
    pub conversion: Option<Conversion>,
}

/// One kind of object. The server reaches every kind, built in or made at run time, through this.
///
/// Documents are complete JSON objects that have passed the schema: a field that is present has the type
/// the schema gives it. The server calls, for a create: `set_defaults`, `prepare_create`, then
/// [`crate::validate_create`], with `complete` right before it; for an update: `set_defaults`, `prepare_update`, then
/// [`crate::validate_update`]; `canonicalize` follows either check; for a write to `/status`: `prepare_status_update`,
/// then [`crate::validate_status_update`]; for one to `/approval`: `prepare_approval`, then the same; for one to another
/// path below the object: `prepare_below`, then [`crate::validate_below`].
pub trait Kind: Debug + Send + Sync + 'static {
    /// What the kind is called.
    fn names(&self) -> &Names;

    /// Where its objects live.
    fn scope(&self) -> Scope {
        Scope::Namespaced
    }

    /// The name of its definition: among [`crate::schemas`] for a built-in kind, in OpenAPI for all.
    fn schema_name(&self) -> &str;

    /// The schema of a kind made at run time; built-in kinds have a definition.
    fn structural(&self) -> Option<&Structural> {
        None
    }

    /// What its objects may be called.
    fn name_rule(&self) -> NameRule {
        NameRule::Subdomain
    }

    /// Where its objects are stored, and in which form.
    fn storage(&self) -> StorageView {
        StorageView { prefix: Cow::Owned(self.names().storage_prefix()), conversion: None }
    }

    /// The paths below an object, besides the object itself.
    fn subresources(&self) -> &[Subresource] {
        &[]
    }

    /// What may be done with its objects.
    fn verbs(&self) -> &[Verb] {
        if self.virtual_review() { &[Verb::Create] } else { Verb::ALL }
    }

    /// Whether a create is a question that the server answers, and nothing is stored.
    fn virtual_review(&self) -> bool {
        false
    }

    /// The columns of its table, the name's included.
    fn columns(&self) -> &[Column] {
        Column::DEFAULT
    }

    /// The fields that field selectors may name, besides name and namespace.
    fn selectable(&self) -> &[FieldLabel] {
        &[]
    }

    /// What a delete returns when the object vanishes at once.
    fn deletion_answer(&self) -> DeletionAnswer {
        DeletionAnswer::Status
    }

    /// Whether `metadata.generation` counts its changes.
    fn generation(&self) -> bool {
        false
    }

    /// Whether a write has to raise the generation: something besides metadata and status changed.
    fn generation_changes(&self, new: &Value, old: &Value) -> bool {
        content_changes(new, old)
    }

    /// Whether `status` is written through its own path and ignored elsewhere.
    fn has_status(&self) -> bool {
        self.subresources().iter().any(|sub| matches!(sub, Subresource::Status))
    }

    /// Whether an update may leave out the resource version.
    fn unconditional_update(&self) -> bool {
        true
    }

    /// Whether a PUT to a name that does not exist creates the object.
    fn create_on_update(&self) -> bool {
        false
    }

    /// Fills what the writer left out. Running it twice changes nothing more.
    fn set_defaults(&self, _object: &mut Value) {}

    /// Settles what a new object must not or need not say itself; wipes a status the writer sent.
    fn prepare_create(&self, object: &mut Value) {
        if self.has_status() {
            remove_status(object);
        }
    }

    /// Settles what follows from a new object, once everybody has had a say in it.
    fn complete(&self, _object: &mut Value) {}

    /// Carries over from `old` what an update must not or need not repeat, status included.
    fn prepare_update(&self, new: &mut Value, old: &Value) {
        if self.has_status() {
            keep_status(new, old);
        }
    }

    /// Whether a write through `/status` changes the status alone. Of most kinds that came early it may change labels,
    /// annotations, finalizers and owners, too.
    fn status_goes_alone(&self) -> bool {
        false
    }

    /// Restricts a write through `/status` to the status, plus what metadata it may change.
    fn prepare_status_update(&self, new: &mut Value, old: &Value) {
        if self.status_goes_alone() {
            crate::status::take_status_alone(new, old);
        } else {
            crate::status::keep_all_but_status(new, old);
        }
    }

    /// Fills in times that the writer of a status, or of a decision, may leave out.
    fn date_status(&self, _new: &mut Value, _old: &Value, _now: Timestamp) {}

    /// Restricts a write through `/approval` to the decision, plus what metadata it may change.
    fn prepare_approval(&self, new: &mut Value, old: &Value) {
        self.prepare_status_update(new, old);
    }

    /// Restricts a write through another path below the object to what that path may change.
    fn prepare_below(&self, _path: &str, new: &mut Value, old: &Value) {
        *new = old.clone();
    }

    /// Checks what only a new object may not say.
    fn validate_create(&self, _object: &Value, _errors: &FieldErrors) {}

    /// Checks everything about the object except its metadata.
    fn validate(&self, _object: &Value, _errors: &FieldErrors) {}

    /// Gives an object that has been checked the one form that means the same, and says whether it had another.
    fn canonicalize(&self, _object: &mut Value) -> bool {
        false
    }

    /// Checks what may not change from `old` to `new`.
    fn validate_update(&self, _new: &Value, _old: &Value, _errors: &FieldErrors) {}

    /// Checks a changed object: as a new one, and what may not change.
    ///
    /// What stays as it is was checked when it was written. Rules get stricter later on, and an object that is older
    /// than a rule must still lose its finalizers; kinds that know more of what such a rule is about look at less.
    fn validate_change(&self, new: &Value, old: &Value, errors: &FieldErrors) {
        if content_changes(new, old) {
            self.validate(new, errors);
        }
        self.validate_update(new, old, errors);
    }

    /// Checks the status that was written through `/status`.
    fn validate_status(&self, _object: &Value, _errors: &FieldErrors) {}

    /// Checks a write through another path below the object.
    fn validate_below(&self, _path: &str, _new: &Value, _old: &Value, _errors: &FieldErrors) {}

    /// Checks the status that was written, where it matters what it was.
    fn validate_status_change(&self, new: &Value, _old: &Value, errors: &FieldErrors) {
        self.validate_status(new, errors);
    }

    /// Whether its objects can own others, and so whether a delete may say what is to become of those.
    fn has_dependents(&self) -> bool {
        true
    }

    /// Whether a delete that does not say what is to become of an object's dependents leaves them, as did the first
    /// versions of kinds that are older than garbage collection.
    fn orphans_dependents(&self) -> bool {
        false
    }

    /// What somebody should be told who deletes an object and does not say what is to become of its dependents.
    fn deletion_warning(&self) -> Option<&'static str> {
        None
    }

    /// Adds what has to hold an object that somebody wants to delete.
    fn prepare_delete(&self, _object: &mut Value) {}

    /// How long a delete without a wish of its own lets the object finish; `None` deletes at once.
    fn default_grace_seconds(&self, _object: &Value) -> Option<i64> {
        None
    }

    /// Whether nothing is left to finish, so that a delete takes effect at once whatever grace is asked for.
    fn deletes_at_once(&self, object: &Value) -> bool {
        self.default_grace_seconds(object).is_none()
    }

    /// What everybody should be told who asks for the kind in this version, whatever it is.
    fn deprecation(&self) -> Option<&str> {
        None
    }

    /// What a writer of this object should be told.
    fn warnings(&self, _object: &Value) -> Vec<String> {
        Vec::new()
    }

    /// What the creator of this object should be told, who can still do otherwise.
    fn creation_warnings(&self, object: &Value) -> Vec<String> {
        self.warnings(object)
    }

    /// What somebody should be told who changed the object: nothing again that was told before, as far as the
    /// generation says so.
    fn change_warnings(&self, new: &Value, old: &Value) -> Vec<String> {
        let generation = |object: &Value| object["metadata"]["generation"].as_i64();
        if self.generation() && generation(new) == generation(old) {
            return Vec::new();
        }
        self.warnings(new)
    }
}

/// Whether something besides metadata and status changed.
pub(crate) fn content_changes(new: &Value, old: &Value) -> bool {
    desired(new).ne(desired(old))
}

fn desired(object: &Value) -> impl Iterator<Item = (&String, &Value)> {
    object
        .as_object()
        .into_iter()
        .flatten()
        .filter(|(name, _)| !matches!(name.as_str(), "metadata" | "status"))
}

fn remove_status(object: &mut Value) {
    if let Some(fields) = object.as_object_mut() {
        fields.remove("status");
    }
}

fn keep_status(new: &mut Value, old: &Value) {
    let Some(fields) = new.as_object_mut() else { return };
    match old.get("status") {
        Some(status) => fields.insert("status".to_owned(), status.clone()),
        None => fields.remove("status"),
    };
}
