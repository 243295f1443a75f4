//! DELETE of one object, and of many.

use std::sync::Arc;

use machinery::{ApiError, Reason, document};
use serde_json::{Value, json};
use store::{Expect, Revision};

use super::call::{Call, Object, Outcome, Place};
use super::deletion::{self, Deletion};
use super::options::{DeleteOptions, ListOptions, WriteOptions};
use super::{Registry, Written};
use crate::admission::{Attributes, Options, Shown};
use crate::cache::{Cached, ListQuery, Scope};
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
        match self.delete_one(call, options).await? {
            Deleted::Kept(object) => Ok(Outcome::changed(object)),
            Deleted::Gone(object)
                if served.kind().deletion_answer() == kinds::DeletionAnswer::Object =>
            {
                Ok(Outcome::changed(Object::Fresh(object)))
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
                Ok(Outcome::changed(Object::Foreign(respond::success(details))))
            }
        }
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

    /// Deletes every selected object and returns the list of them.
    pub(crate) async fn delete_collection(
        &self,
        call: &Call<'_>,
        list: &ListOptions,
        options: &DeleteOptions,
    ) -> Result<Value, ApiError> {
        let served = call.place.served;
        let scope = Scope { namespace: call.place.namespace.map(str::to_owned) };
        let selection = served.selection(list.labels.clone(), list.fields.as_ref())?;
        let query = ListQuery { scope, selection, limit: list.limit, ..ListQuery::default() };
        let listed = call.place.shelf()?.list(&query).ok_or_else(ApiError::unknown_path)?;
        served.prepare(&listed.items).await?;
        let mut items = Vec::with_capacity(listed.items.len());
        for item in &listed.items {
            let mut one = call.clone();
            one.place.name = item.name();
            one.place.namespace = item.namespace();
            match self.delete_one(&one, options).await {
                Ok(_) => items.push(served.document(item)),
                Err(error) if error.reason == Reason::NotFound => {}
                Err(error) => return Err(error),
            }
        }
        for item in items.iter_mut().filter_map(Value::as_object_mut) {
            item.remove("kind");
            item.remove("apiVersion");
        }
        Ok(json!({
            "kind": served.kind().names().list_kind(),
            "apiVersion": served.api_version(),
            "metadata": { "resourceVersion": self.cache.revision().to_string() },
            "items": items,
        }))
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
        let (place, kind) = (&call.place, call.place.served.kind());
        let dry_run = options.dry_run || call.options.dry_run;
        for _ in 0..ATTEMPTS {
            let (current, object) = place.current_document().await?;
            options.check(place.served.resource(), &object)?;
            self.admit_delete(call, options, &object, dry_run).await?;
            match deletion::decide(kind, &object, options, self.clock.now()) {
                Deletion::AtOnce => {
                    if dry_run {
                        return Ok(Deleted::Gone(object));
                    }
                    if self.remove(place, current.revision).await? {
                        return Ok(Deleted::Gone(object));
                    }
                }
                Deletion::UnderWay => return Ok(Deleted::Kept(Object::Cached(current))),
                Deletion::Later(next) => {
                    if dry_run {
                        return Ok(Deleted::Kept(Object::Fresh(next)));
                    }
                    let expect = Expect::Unchanged(Revision(current.revision));
                    if let Written::Done(cached) = self.put(place, &next, expect).await? {
                        return Ok(Deleted::Kept(Object::Cached(cached)));
                    }
                }
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
