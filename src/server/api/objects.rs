//! Requests that name a resource: finds the kind, calls the registry, renders what comes back.

use std::sync::Arc;

use bytes::Bytes;
use http::StatusCode;
use http::request::Parts;
use machinery::{ApiError, Reason, document};

use crate::api::Api;
use crate::api::bodies::Sent;
use crate::cache::Cached;
use crate::catalog::Served;
use crate::definitions;
use crate::identity::Identity;
use crate::negotiate::{self, Form};
use crate::query::Query;
use crate::registry::{
    Call, Content, DeleteOptions, ListOptions, Object, Outcome, Place, WriteOptions, scale,
};
use crate::request::{Target, Verb};
use crate::respond::{self, Answer};
use crate::reviews;
use crate::streaming;
use crate::usage;
use crate::view::table::TableView;

impl Api {
    pub(super) async fn answer_object(
        &self,
        parts: &Parts,
        query: &Query<'_>,
        target: &Target<'_>,
        identity: &Identity,
        sent: Sent,
    ) -> Result<Answer, ApiError> {
        if target.verb == Verb::Options && target.subresource != Some("proxy") {
            return Err(not_allowed());
        }
        let namespace = target.namespace.as_deref();
        if is_legacy_binding(target) {
            let (Verb::Create, Some(namespace)) = (target.verb, namespace) else {
                return Err(not_allowed());
            };
            let options = WriteOptions::read(Verb::Create, query, &parts.headers, identity)?;
            let pods = self.registry.catalog().find("", "v1", "pods");
            let served = &pods.ok_or_else(ApiError::unknown_path)?;
            let place = Place { served, namespace: Some(namespace), name: "" };
            let call = Call { place, identity, options };
            let body = sent.bytes();
            let outcome = self.registry.bind_by_body(&call, &content(parts, &body)?).await?;
            return self.render(parts, query, call.place.served, outcome);
        }
        let catalog = self.registry.catalog();
        let found = catalog.find(target.group, target.version, target.resource);
        let Some(served) = &found else {
            let used = usage::answer(&self.usage, catalog, parts, query, target).await;
            return used.unwrap_or_else(|| Err(ApiError::unknown_path()));
        };
        let mut answer = self.answer_served(parts, query, target, identity, served, sent).await?;
        if let Some(deprecation) = served.kind().deprecation() {
            respond::warn(&mut answer, &[deprecation.to_owned()]);
        }
        Ok(answer)
    }

    async fn answer_served(
        &self,
        parts: &Parts,
        query: &Query<'_>,
        target: &Target<'_>,
        identity: &Identity,
        served: &Arc<Served>,
        sent: Sent,
    ) -> Result<Answer, ApiError> {
        let body = sent.bytes();
        let place = place(served, target)?;
        if streaming::is_stream(target) {
            return self.answer_stream(parts, query, target, identity, &place, sent).await;
        }
        let options = WriteOptions::read(target.verb, query, &parts.headers, identity)?;
        let call = Call { place, identity, options };
        if let Some(subresource) = target.subresource {
            return self.answer_subresource(parts, query, target, subresource, &call, &body).await;
        }
        if !served.kind().verbs().iter().any(|verb| verb.as_str() == target.verb.as_str()) {
            return Err(unserved(served, target.verb));
        }
        let outcome = match target.verb {
            Verb::Options => return Err(not_allowed()),
            Verb::Get => return self.answer_get(parts, query, &call).await,
            Verb::List | Verb::Watch => return self.answer_many(parts, query, target, &call).await,
            Verb::Create if served.kind().virtual_review() => {
                let decoded = content(parts, &body)?.decode_for(served, call.options.validation)?;
                let answered = reviews::answer(self, served, identity, decoded.object).await?;
                Outcome::created(Object::Fresh(answered)).with_warnings(decoded.warnings)
            }
            Verb::Create => {
                let created = self.registry.create(&call, &content(parts, &body)?).await;
                if created.is_err() && definitions::is_definition(served) {
                    // Who hears that it is there already counts on its being served.
                    self.definitions.settled(place.shelf()?.changed()).await;
                }
                created?
            }
            Verb::Update => self.registry.update(&call, &content(parts, &body)?).await?,
            Verb::Patch => {
                let media = negotiate::body_type(&parts.headers)?;
                self.registry.patch(&call, None, media, &body).await?
            }
            Verb::Delete => {
                let options = DeleteOptions::read(query, &body, &parts.headers)?;
                self.registry.delete(&call, &options).await?
            }
            Verb::DeleteCollection => {
                let options = DeleteOptions::read(query, &body, &parts.headers)?;
                let list = ListOptions::read(query, false)?;
                self.registry.delete_collection(&call, &list, &options).await?
            }
        };
        if let Object::Cached(written) = &outcome.object {
            if definitions::is_definition(served) {
                self.definitions.settled(written.revision).await;
            }
            prepare(served, written).await?;
        }
        self.render(parts, query, served, outcome)
    }

    async fn answer_subresource(
        &self,
        parts: &Parts,
        query: &Query<'_>,
        target: &Target<'_>,
        name: &str,
        call: &Call<'_>,
        body: &Bytes,
    ) -> Result<Answer, ApiError> {
        let served = call.place.served;
        let subresource = served.subresource(name).ok_or_else(ApiError::unknown_path)?;
        if !subresource.verbs().iter().any(|verb| verb.as_str() == target.verb.as_str()) {
            return Err(ApiError::method_not_supported(served.resource(), target.verb.as_str()));
        }
        let registry = &self.registry;
        let outcome = match (name, target.verb) {
            ("log", _) => {
                let answer = registry.log(call, query, self.nodes.as_ref()).await?;
                return self.streaming.log(&call.identity.user.name, parts, answer);
            }
            ("approval" | "status" | "ephemeralcontainers" | "resize", Verb::Get) => {
                return self.answer_get(parts, query, call).await;
            }
            ("approval" | "status" | "ephemeralcontainers" | "resize", Verb::Update) => {
                registry.update_below(call, subresource, &content(parts, body)?).await?
            }
            ("scale", Verb::Get) => scale::get(call, subresource).await?,
            ("scale", Verb::Update) => {
                registry.update_scale(call, subresource, &content(parts, body)?).await?
            }
            ("approval" | "status" | "scale" | "ephemeralcontainers" | "resize", Verb::Patch) => {
                let media = negotiate::body_type(&parts.headers)?;
                registry.patch(call, Some(subresource), media, body).await?
            }
            ("binding", Verb::Create) => registry.bind(call, &content(parts, body)?).await?,
            ("eviction", Verb::Create) => registry.evict(call, &content(parts, body)?).await?,
            ("finalize", Verb::Update) => registry.finalize(call, &content(parts, body)?).await?,
            ("token", Verb::Create) => {
                let decoded = content(parts, body)?.decode_as(
                    "authentication.k8s.io",
                    "v1",
                    "TokenRequest",
                )?;
                let (namespace, name) = (call.place.namespace, call.place.name);
                let namespace = namespace.unwrap_or_default();
                self.authorizer.check_token(call.identity, namespace, name, &decoded.object)?;
                let wanted = registry.admit_document(call, "token", decoded.object).await?;
                let account = call.place.current()?;
                let account = served.document(&account);
                Outcome::created(Object::Fresh(
                    self.authenticators.tokens().issue(&account, wanted)?,
                ))
            }
            _ => return Err(ApiError::unknown_path()),
        };
        if let Object::Cached(written) = &outcome.object {
            prepare(served, written).await?;
        }
        self.render(parts, query, served, outcome)
    }

    async fn answer_get(
        &self,
        parts: &Parts,
        query: &Query<'_>,
        call: &Call<'_>,
    ) -> Result<Answer, ApiError> {
        let form = Form::negotiate(&parts.headers, query)?;
        self.registry.await_version(query).await?;
        let object = call.place.current()?;
        let view = self.table_view(query)?;
        prepare(call.place.served, &object).await?;
        respond::object(StatusCode::OK, form, call.place.served, &object, &view)
    }

    async fn answer_many(
        &self,
        parts: &Parts,
        query: &Query<'_>,
        target: &Target<'_>,
        call: &Call<'_>,
    ) -> Result<Answer, ApiError> {
        let watch = target.verb == Verb::Watch;
        let negotiate = if watch { Form::of_watch } else { Form::negotiate };
        let form = negotiate(&parts.headers, query)?;
        let view = self.table_view(query)?;
        let options = ListOptions::read(query, watch)?;
        if watch {
            let lifetime = options.lifetime(&self.random);
            let place = &call.place;
            let answer = self.registry.watch(place, &options, form, view, lifetime).await?;
            return self.streaming.watch(&call.identity.user.name, parts, answer);
        }
        self.registry.list(&call.place, &options, form, &view).await
    }

    fn render(
        &self,
        parts: &Parts,
        query: &Query<'_>,
        served: &Served,
        outcome: Outcome,
    ) -> Result<Answer, ApiError> {
        let form = Form::negotiate(&parts.headers, query)?;
        let status = outcome.status;
        let view = self.table_view(query)?;
        let mut answer = match outcome.object {
            Object::Cached(object) => respond::object(status, form, served, &object, &view)?,
            Object::Fresh(object) => respond::shaped(status, form, served, &object, &view)?,
            Object::Foreign(scale) if document::kind(&scale) == "Scale" => {
                respond::scale(status, form, &scale, &view)?
            }
            Object::Foreign(document) => respond::document(status, form.whole(), &document)?,
        };
        respond::warn(&mut answer, &outcome.warnings);
        Ok(answer)
    }

    fn table_view(&self, query: &Query<'_>) -> Result<TableView, ApiError> {
        TableView::new(query.get("includeObject"), self.clock.now())
    }
}

/// Has an object converted to the version that is asked for, if that needs a webhook.
async fn prepare(served: &Served, object: &Arc<Cached>) -> Result<(), ApiError> {
    if served.is_converted() { served.prepare(std::slice::from_ref(object)).await } else { Ok(()) }
}

fn content<'a>(parts: &Parts, body: &'a Bytes) -> Result<Content<'a>, ApiError> {
    Ok(Content { bytes: body, media: negotiate::body_media(&parts.headers)? })
}

/// Where the request points among the objects of a kind, if that is possible for the kind.
fn place<'a>(
    served: &'a std::sync::Arc<Served>,
    target: &'a Target<'_>,
) -> Result<Place<'a>, ApiError> {
    let namespace = target.namespace.as_deref();
    let spans_namespaces = matches!(target.verb, Verb::List | Verb::Watch);
    match (served.is_namespaced(), namespace) {
        (false, Some(_)) => return Err(ApiError::unknown_path()),
        (true, None) if target.name.is_some() => return Err(ApiError::unknown_path()),
        (true, None) if !spans_namespaces && !served.kind().virtual_review() => {
            return Err(not_allowed());
        }
        _ => {}
    }
    let needs_name = matches!(target.verb, Verb::Update | Verb::Patch);
    let named_create = target.verb == Verb::Create && target.subresource.is_none();
    if (needs_name && target.name.is_none()) || (named_create && target.name.is_some()) {
        return Err(not_allowed());
    }
    Ok(Place { served, namespace, name: target.name.as_deref().unwrap_or_default() })
}

fn is_legacy_binding(target: &Target<'_>) -> bool {
    target.group.is_empty() && target.resource == "bindings" && target.name.is_none()
}

/// A verb that a kind does not know, or not while its definition goes away.
fn unserved(served: &Served, verb: Verb) -> ApiError {
    let verb = verb.as_str();
    let error = ApiError::method_not_supported(served.resource(), verb);
    if served.source().is_some_and(|definition| definition.terminating) {
        let message = format!("{verb} not allowed while custom resource definition is terminating");
        return ApiError { message, ..error };
    }
    error
}

fn not_allowed() -> ApiError {
    ApiError::new(
        Reason::MethodNotAllowed,
        "the server does not allow this method on the requested resource",
    )
}
