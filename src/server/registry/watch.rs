//! GET of the changes to come.

use std::sync::Arc;
use std::time::Duration;

use base::Clock;
use bytes::Bytes;
use http::StatusCode;
use machinery::ApiError;

use super::Registry;
use super::call::Place;
use super::options::ListOptions;
use crate::cache::{
    Cached, Head, Render, Scope, Selected, WatchBody, WatchSettings, WatchStart, failure,
};
use crate::catalog::Served;
use crate::negotiate::{Form, JSON, Shape};
use crate::respond::{self, Answer};
use crate::view::table::TableView;
use crate::view::{metadata, table};

impl Registry {
    /// Starts a watch.
    pub(crate) async fn watch(
        &self,
        place: &Place<'_>,
        options: &ListOptions,
        form: Form,
        view: TableView,
        lifetime: Duration,
    ) -> Result<Answer, ApiError> {
        let served = place.served;
        let Selected { mut kept, converted } =
            served.selection(options.labels.clone(), options.fields.as_ref())?;
        if !place.name.is_empty() {
            kept = kept.with_name(place.name);
        }
        let scope = Scope { namespace: place.namespace.map(str::to_owned) };
        let version = options.resource_version.unwrap_or(0);
        let start = match options.send_initial_events {
            Some(true) => WatchStart::State,
            // Without a wish and without a version, the present state comes first all the same.
            None if version == 0 => WatchStart::State,
            _ if version == 0 => WatchStart::After(self.cache.revision()),
            _ => WatchStart::After(version),
        };
        if start == WatchStart::State {
            self.wait_for(version).await?;
        }
        let feed = match place.shelf()?.watch(&scope, kept, start) {
            Ok(feed) => served.prepare_for_watch(&feed.initial).await.map(|()| feed),
            Err(error) => Err(error),
        };
        let mut feed = match feed {
            Ok(feed) => feed,
            // Clients begin anew for an event that says so, and for a refusal they only ask again.
            Err(error) => {
                return Ok(respond::with_body(StatusCode::OK, JSON, failure(&error).into()));
            }
        };
        if let Some(selection) = &converted {
            feed.initial.retain(|object| served.selects(selection, object));
        }
        let settings = WatchSettings {
            bookmarks: options.bookmarks,
            marks_initial_end: options.bookmarks && options.send_initial_events == Some(true),
            lifetime,
        };
        let mut render = render(served, form, view, self.clock.clone());
        if served.is_converted() {
            let served = Arc::clone(served);
            render.prepare = Some(Box::new(move |objects| {
                let served = Arc::clone(&served);
                Box::pin(async move { served.prepare_for_watch(&objects).await })
            }));
        }
        if let Some(selection) = converted {
            let served = Arc::clone(served);
            render.selects = Some(Box::new(move |object| served.selects(&selection, object)));
        }
        let body = WatchBody::new(feed, render, settings);
        Ok(respond::with_body(StatusCode::OK, JSON, body.into()))
    }
}

fn render(served: &Arc<Served>, form: Form, mut view: TableView, clock: Clock) -> Render {
    let own = Render {
        kind: served.kind_name().to_owned(),
        api_version: served.api_version().to_owned(),
        object: None,
        prepare: None,
        selects: None,
    };
    let shape = form.shape;
    if shape == Shape::Whole && served.view().is_stored() {
        return own;
    }
    let (kind, api_version) = match shape {
        Shape::Whole => (own.kind, own.api_version),
        Shape::Metadata => (metadata::KIND.to_owned(), metadata::API_VERSION.to_owned()),
        Shape::Table(version) => ("Table".to_owned(), format!("meta.k8s.io/{version}")),
    };
    let render = |object| Render { kind, api_version, object: Some(object), ..own };
    let served = Arc::clone(served);
    let head = served.shelf().map(|shelf| shelf.head().clone());
    if let (Shape::Metadata, true, Some(head)) = (shape, served.view().keeps_bytes(), &head) {
        let head = head.clone();
        return render(Box::new(move |_: &Cached, bytes: &Bytes| {
            metadata::partial_bytes(head.metadata(bytes))
        }));
    }
    let mut first = true;
    let transform = move |cached: &Cached, bytes: &Bytes| {
        if let (Shape::Whole, Some(renamed)) = (shape, served.renamed(bytes)) {
            return renamed;
        }
        if let Some(shown) = as_it_is(&served, cached, head.as_ref(), bytes) {
            match shape {
                Shape::Whole => return shown,
                Shape::Metadata => return metadata::partial_bytes(served.head().metadata(&shown)),
                Shape::Table(_) => {}
            }
        }
        let mut object = served.document(cached);
        if let Some(revision) = head.as_ref().and_then(|head| head.revision_in(bytes)) {
            object["metadata"]["resourceVersion"] = revision.into();
        }
        let shown = match shape {
            Shape::Whole => object,
            Shape::Metadata => metadata::partial(&object),
            Shape::Table(version) => {
                view.now = clock.now();
                let row = view.row(served.kind().columns(), &object);
                let mut table = table::event_table(version, served.kind().columns(), row, first);
                table["metadata"]["resourceVersion"] =
                    object["metadata"]["resourceVersion"].clone();
                table
            }
        };
        first = false;
        Bytes::from(shown.to_string())
    };
    render(Box::new(transform))
}

/// The bytes of an object as its kind shows it, unless they are to carry another revision, as after a deletion.
fn as_it_is(
    served: &Served,
    cached: &Cached,
    stored: Option<&Head>,
    bytes: &Bytes,
) -> Option<Bytes> {
    let shown = served.bytes(cached)?;
    let same = served.head().revision_in(&shown) == stored?.revision_in(bytes);
    same.then_some(shown)
}
