//! GET of many objects.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::StatusCode;
use machinery::ApiError;
use serde_json::{Value, json};
use store::Revision;

use super::Registry;
use super::call::Place;
use super::continuation::Continuation;
use super::options::{ListOptions, VersionMatch, parse_version};
use super::picked::Picked;
use crate::cache::{Cached, ListQuery, Listed, Scope, Selected, Selection};
use crate::catalog::Served;
use crate::error::store_failure;
use crate::negotiate::{Form, JSON, Shape};
use crate::query::Query;
use crate::respond::{self, Answer};
use crate::view::table::TableView;
use crate::view::{ListBody, metadata, table};

/// How long a list waits for a revision the client knows and this server does not yet, as in Kubernetes.
const FRESHNESS_MAX: Duration = Duration::from_secs(3);
/// Entries read from the store at a time for a list of the past.
const PAST_PAGE: usize = 500;

impl Registry {
    /// Lists, in the form asked for.
    pub(crate) async fn list(
        &self,
        place: &Place<'_>,
        options: &ListOptions,
        form: Form,
        view: &TableView,
    ) -> Result<Answer, ApiError> {
        let (query, converted) = self.query(place, options).await?;
        let after = query.after.clone();
        match self.listed(place, query, converted.as_ref()).await {
            Ok(listed) => {
                place.served.prepare(&listed.items).await?;
                render(place.served, listed, form, view)
            }
            Err(error) => match (&options.continuation, after) {
                (Some(_), Some(after)) if error.code() == 410 => too_old_to_continue(error, after),
                _ => Err(error),
            },
        }
    }

    /// The objects that a query and, once they are converted, a selection are about.
    pub(super) async fn listed(
        &self,
        place: &Place<'_>,
        query: ListQuery,
        converted: Option<&Selection>,
    ) -> Result<Listed, ApiError> {
        let mut picked = Picked::new(place.served, converted, query.limit);
        // How many of these are wanted is known when they have been looked at.
        let limit = if converted.is_some() { 0 } else { query.limit };
        let query = ListQuery { limit, ..query };
        let shelf = place.shelf()?;
        let found = shelf.list(&query);
        shelf.check_followed()?;
        match found {
            Some(listed) if converted.is_some() => {
                picked.add(&listed.items).await?;
                Ok(picked.listed(listed.revision))
            }
            Some(listed) => Ok(listed),
            None => self.list_past(place, &query, picked).await,
        }
    }

    async fn query(
        &self,
        place: &Place<'_>,
        options: &ListOptions,
    ) -> Result<(ListQuery, Option<Selection>), ApiError> {
        let Selected { kept, converted } =
            place.served.selection(options.labels.clone(), options.fields.as_ref())?;
        let mut query = ListQuery {
            scope: Scope { namespace: place.namespace.map(str::to_owned) },
            selection: kept,
            limit: options.limit,
            ..ListQuery::default()
        };
        if let Some(token) = &options.continuation {
            let continuation = Continuation::decode(token)?;
            query.at = continuation.revision;
            query.after = Some(continuation.after);
            return Ok((query, converted));
        }
        let Some(version) = options.resource_version.filter(|version| *version > 0) else {
            return Ok((query, converted));
        };
        self.wait_for(version).await?;
        let exact = match options.version_match {
            Some(version_match) => version_match == VersionMatch::Exact,
            None => options.limit > 0,
        };
        query.at = exact.then_some(version);
        Ok((query, converted))
    }

    /// Waits for the version that a reader of one object has seen elsewhere.
    pub(crate) async fn await_version(&self, query: &Query<'_>) -> Result<(), ApiError> {
        let Some(version) = query.text("resourceVersion") else { return Ok(()) };
        match parse_version(version)? {
            0 => Ok(()),
            version => self.wait_for(version).await,
        }
    }

    /// Waits until a revision has happened; a client may have learnt of it elsewhere.
    pub(super) async fn wait_for(&self, revision: u64) -> Result<(), ApiError> {
        let reached = tokio::time::timeout(FRESHNESS_MAX, self.cache.reached(revision)).await;
        reached.map_err(|_| ApiError::too_large_resource_version(revision, self.cache.revision()))
    }

    /// Lists what the cache has forgotten, from the store's history.
    async fn list_past(
        &self,
        place: &Place<'_>,
        query: &ListQuery,
        mut picked: Picked<'_>,
    ) -> Result<Listed, ApiError> {
        let (shelf, at) = (place.shelf()?, query.at.unwrap_or_default());
        let prefix = match &query.scope.namespace {
            Some(namespace) => format!("{}/{namespace}/", shelf.prefix()),
            None => format!("{}/", shelf.prefix()),
        };
        let mut range = store::under(&prefix);
        if let Some(after) = &query.after {
            range.start = format!("{}/{after}\0", shelf.prefix()).max(range.start);
        }
        while range.start < range.end {
            let page = self.store.list(range.clone(), Some(Revision(at)), PAST_PAGE).await;
            let page = page.map_err(store_failure)?;
            let mut objects: Vec<Arc<Cached>> = Vec::new();
            for entry in &page.entries {
                let key = &entry.key[shelf.prefix().len() + 1..];
                let object = shelf.read_stored(key, entry).map_err(ApiError::internal)?;
                objects.extend(query.selection.matches(&object).then(|| Arc::new(object)));
            }
            picked.add(&objects).await?;
            match page.entries.last() {
                Some(last) if page.more && !picked.more => range.start = format!("{}\0", last.key),
                _ => break,
            }
        }
        Ok(picked.listed(at))
    }
}

fn render(
    served: &Served,
    listed: Listed,
    form: Form,
    view: &TableView,
) -> Result<Answer, ApiError> {
    let meta = list_meta(&listed);
    let names = served.kind().names();
    let shelf = served.shelf().filter(|_| served.keeps_bytes_of(&listed.items));
    if form.is_plain()
        && let Some(shelf) = shelf
    {
        let start = format!(
            r#"{{"kind":"{}","apiVersion":"{}","metadata":{meta},"items":["#,
            names.list_kind(),
            served.api_version(),
        );
        let opening = Bytes::copy_from_slice(served.item_opening());
        let body = ListBody::new(shelf.head().clone(), start.into(), opening, listed.items);
        return Ok(respond::with_body(StatusCode::OK, JSON, body.into()));
    }
    let documents = listed.items.iter().map(|item| served.document(item));
    let document = match form.shape {
        Shape::Whole => json!({
            "kind": names.list_kind(),
            "apiVersion": served.api_version(),
            "metadata": meta,
            "items": documents.map(|object| item(served, object)).collect::<Vec<_>>(),
        }),
        Shape::Metadata => json!({
            "kind": "PartialObjectMetadataList",
            "apiVersion": metadata::API_VERSION,
            "metadata": meta,
            "items": documents.map(|object| metadata::partial(&object)).collect::<Vec<_>>(),
        }),
        Shape::Table(version) => {
            let rows = documents.map(|object| view.row(served.kind().columns(), &object)).collect();
            table::table(version, served.kind().columns(), meta, rows)
        }
    };
    respond::document(StatusCode::OK, form, &document)
}

fn list_meta(listed: &Listed) -> Value {
    let mut meta = json!({ "resourceVersion": listed.revision.to_string() });
    if let Some(last) = listed.items.last().filter(|_| listed.more) {
        let after = last.key.as_ref().to_owned();
        let token = Continuation { revision: Some(listed.revision), after };
        meta["continue"] = token.encode().into();
        if let Some(remaining) = listed.remaining {
            meta["remainingItemCount"] = remaining.into();
        }
    }
    meta
}

/// An object as an item of a list: built-in ones do not repeat what they are.
pub(super) fn item(served: &Served, mut object: Value) -> Value {
    if served.is_built_in()
        && let Some(fields) = object.as_object_mut()
    {
        fields.remove("kind");
        fields.remove("apiVersion");
    }
    object
}

/// The client may start over, or take the rest as it is now with the token given here.
fn too_old_to_continue(mut error: ApiError, after: String) -> Result<Answer, ApiError> {
    error.message = String::from(
        "The provided continue parameter is too old to display a consistent list result. \
         Start a new list, or use the continue token of this response for the rest as it is now.",
    );
    let mut status = error.to_status();
    status["metadata"]["continue"] = Continuation { revision: None, after }.encode().into();
    respond::document(StatusCode::GONE, Form::default(), &status)
}
