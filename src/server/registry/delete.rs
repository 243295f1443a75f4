//! DELETE of one object, and of many.

use std::sync::Arc;

use http::StatusCode;
use kinds::Kind;
use machinery::{ApiError, Reason, document};
use serde_json::{Value, json};
use store::{Expect, Revision};

use super::call::{Call, Object, Outcome, Place, unreadable};
use super::deletion::{self, Deletion};
use super::options::{DeleteOptions, ListOptions, WriteOptions};
use super::{Registry, Written};
use crate::admission::{Attributes, Options, Shown};
use crate::cache::{Cached, ListQuery, Scope, Selected};
use crate::catalog::Served;
use crate::identity::Identity;
use crate::request::Verb;
use crate::respond;

/// How often a delete is tried again because somebody else wrote meanwhile.
const ATTEMPTS: usize = 16;

/// What a delete left behind.
enum Deleted {
    /// Nothing; this was the object.
    Gone(Value),
    /// The object, which finalizers or grace keep alive.
    Kept(Object),
}

impl Registry {
    /// Deletes one object and answers as its kind does.
    pub(crate) async fn delete(
        &self,
        call: &Call<'_>,
        options: &DeleteOptions,
    ) -> Result<Outcome, ApiError> {
        let served = call.place.served;
        let object = match self.delete_one(call, options).await? {
            // Old clients are told that it goes on.
            Deleted::Kept(object) if options.collects_dependents => {
                let outcome = Outcome { status: StatusCode::ACCEPTED, ..Outcome::changed(object) };
                return Ok(outcome.with_warnings(warnings(served.kind(), options)));
            }
            Deleted::Kept(object) => object,
            Deleted::Gone(object)
                if served.kind().deletion_answer() == kinds::DeletionAnswer::Object =>
            {
                Object::Fresh(object)
            }
            Deleted::Gone(object) => {
                let resource = served.resource();
                let mut details = json!({
                    "name": call.place.name,
                    "kind": resource.resource,
                    "uid": document::uid(&object),
                });
                if !resource.group.is_empty() {
                    details["group"] = resource.group.as_ref().into();
                }
                Object::Foreign(respond::success(details))
            }
        };
        Ok(Outcome::changed(object).with_warnings(warnings(served.kind(), options)))
    }

    /// Deletes an object the server itself does not want, as long as it is the one that was looked at.
    pub(crate) async fn delete_object(
        &self,
        identity: &Identity,
        group: &str,
        version: &str,
        plural: &str,
        object: &Cached,
    ) -> Result<(), ApiError> {
        let served = self.catalog.find(group, version, plural);
        let served = served.ok_or_else(ApiError::unknown_path)?;
        let place = Place { served: &served, namespace: object.namespace(), name: object.name() };
        let call = Call { place, identity, options: WriteOptions::internal() };
        let options = DeleteOptions {
            resource_version: Some(object.revision.to_string()),
            ..DeleteOptions::default()
        };
        self.delete_one(&call, &options).await.map(drop)
    }

    /// Deletes every selected object and answers with the list of them.
    pub(crate) async fn delete_collection(
        &self,
        call: &Call<'_>,
        list: &ListOptions,
        options: &DeleteOptions,
    ) -> Result<Outcome, ApiError> {
        let served = call.place.served;
        let scope = Scope { namespace: call.place.namespace.map(str::to_owned) };
        let Selected { kept, converted } =
            served.selection(list.labels.clone(), list.fields.as_ref())?;
        let query = ListQuery { scope, selection: kept, limit: list.limit, ..ListQuery::default() };
        let listed = self.listed(&call.place, query, converted.as_ref()).await?;
        served.prepare(&listed.items).await?;
        let mut items = Vec::with_capacity(listed.items.len());
        for item in &listed.items {
            let mut one = call.clone();
            one.place.name = item.name();
            one.place.namespace = item.namespace();
            match self.delete_one(&one, options).await {
                Ok(_) => items.push(served.document(item)),
                Err(error) if error.reason == Reason::NotFound && error.foreign.is_none() => {}
                Err(error) => return Err(error),
            }
        }
        if let Some(key) = call.place.shelf()?.unreadable(call.place.namespace) {
            return Err(unreadable(served.resource(), &key));
        }
        let items: Vec<Value> =
            items.into_iter().map(|item| super::list::item(served, item)).collect();
        let deleted = json!({
            "kind": served.kind().names().list_kind(),
            "apiVersion": served.api_version(),
            "metadata": { "resourceVersion": self.cache.revision().to_string() },
            "items": items,
        });
        let warnings = warnings(served.kind(), options);
        Ok(Outcome::changed(Object::Foreign(deleted)).with_warnings(warnings))
    }

    /// Removes an object that has outlived its time, unless it was changed since it was read.
    pub(crate) async fn expire(
        &self,
        served: &Arc<Served>,
        object: Arc<Cached>,
    ) -> Result<(), ApiError> {
        let place = Place { served, namespace: object.namespace(), name: object.name() };
        self.remove(&place, object.revision).await.map(drop)
    }

    async fn delete_one(
        &self,
        call: &Call<'_>,
        options: &DeleteOptions,
    ) -> Result<Deleted, ApiError> {
        let place = &call.place;
        let dry_run = options.dry_run || call.options.dry_run;
        for _ in 0..ATTEMPTS {
            let (current, object) = place.current_document().await?;
            options.check(place.served.resource(), &object)?;
            self.admit_delete(call, options, &object, dry_run).await?;
            let deleted = self.delete_current(place, current, object, options, dry_run).await?;
            if let Some(deleted) = deleted {
                return Ok(deleted);
            }
        }
        Err(place.modified())
    }

    /// Deletes an object as it was found; `None` if somebody else wrote meanwhile.
    async fn delete_current(
        &self,
        place: &Place<'_>,
        current: Arc<Cached>,
        object: Value,
        options: &DeleteOptions,
        dry_run: bool,
    ) -> Result<Option<Deleted>, ApiError> {
        match deletion::decide(place.served.kind(), &object, options, self.clock.now()) {
            Deletion::AtOnce => {
                let gone = dry_run || self.remove(place, current.revision).await?;
                Ok(gone.then_some(Deleted::Gone(object)))
            }
            Deletion::UnderWay => Ok(Some(Deleted::Kept(Object::Cached(current)))),
            Deletion::Later(next) if dry_run => Ok(Some(Deleted::Kept(Object::Fresh(next)))),
            Deletion::Later(next) => {
                let expect = Expect::Unchanged(Revision(current.revision));
                match self.put(place, &next, expect).await? {
                    Written::Done(cached) => Ok(Some(Deleted::Kept(Object::Cached(cached)))),
                    Written::Lost => Ok(None),
                }
            }
        }
    }

    /// Deletes every object of a kind that is no more, and asks nobody: whoever has a say in the end of its objects had
    /// one in its own. An object that cannot be deleted keeps no other; the first error is the one that counts.
    pub(crate) async fn delete_all(&self, served: &Arc<Served>) -> Result<(), ApiError> {
        let Some(shelf) = served.shelf() else { return Ok(()) };
        let mut outcome = Ok(());
        for object in shelf.all() {
            let place = Place { served, namespace: object.namespace(), name: object.name() };
            let deleted = self.delete_unasked(&place, &DeleteOptions::default()).await;
            outcome = outcome.and(match deleted {
                Err(error) if error.reason == Reason::NotFound => Ok(()),
                deleted => deleted,
            });
        }
        outcome
    }

    /// Deletes one object without admission.
    pub(super) async fn delete_unasked(
        &self,
        place: &Place<'_>,
        options: &DeleteOptions,
    ) -> Result<(), ApiError> {
        for _ in 0..ATTEMPTS {
            let (current, object) = place.current_document().await?;
            options.check(place.served.resource(), &object)?;
            let dry_run = options.dry_run;
            if self.delete_current(place, current, object, options, dry_run).await?.is_some() {
                return Ok(());
            }
        }
        Err(place.modified())
    }

    async fn admit_delete(
        &self,
        call: &Call<'_>,
        options: &DeleteOptions,
        old: &Value,
        dry_run: bool,
    ) -> Result<(), ApiError> {
        let mut nothing = Value::Null;
        let mut attributes = Attributes {
            verb: Verb::Delete,
            served: call.place.served,
            subresource: None,
            namespace: call.place.namespace,
            name: call.place.name,
            generated: false,
            upserts: false,
            identity: call.identity,
            dry_run,
            options: Options::Delete(options),
            shown: Shown::Object,
            object: &mut nothing,
            old: Some(old),
        };
        self.admission.admit(&self.catalog, &mut attributes).await?;
        // What a quota holds is given back when the object has gone, which needs no room.
        self.admission.check(&self.catalog, &attributes).await.map(drop)
    }
}

/// What somebody is told who relies on what the kind does with dependents.
fn warnings(kind: &dyn Kind, options: &DeleteOptions) -> Vec<String> {
    let silent = options.propagation.is_none();
    kind.deletion_warning().filter(|_| silent).map(str::to_owned).into_iter().collect()
}
