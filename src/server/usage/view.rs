//! What nodes and pods use, as objects of `metrics.k8s.io`.

use std::collections::BTreeSet;

use http::StatusCode;
use http::request::Parts;
use kinds::Kind;
use machinery::{ApiError, Quantity, Resource, document};
use serde_json::{Value, json};

use super::sample::{Reading, Sample, Use, used};
use super::{Meter, Said};
use crate::cache::{ListQuery, Scope};
use crate::catalog::Catalog;
use crate::negotiate::{Form, Shape};
use crate::query::Query;
use crate::registry::ListOptions;
use crate::request::{Target, Verb};
use crate::respond::{self, Answer};
use crate::view::table::{self, TableView};

/// Answers a request for what something uses; `None` when it is about something else.
pub(crate) async fn answer(
    meter: &Meter,
    catalog: &Catalog,
    parts: &Parts,
    query: &Query<'_>,
    target: &Target<'_>,
) -> Option<Result<Answer, ApiError>> {
    let kind = kinds::METRICS.iter().copied().find(|kind| {
        let names = kind.names();
        (&*names.group, &*names.version, &*names.plural)
            == (target.group, target.version, target.resource)
    })?;
    let wanted = Wanted { meter, catalog, kind, target };
    let answer = match (target.subresource, target.verb) {
        (None, Verb::Get) => wanted.one(parts, query).await,
        (None, Verb::List) => wanted.all(parts, query).await,
        (Some(_), _) => Err(ApiError::unknown_path()),
        (None, verb) => Err(ApiError::method_not_supported(&wanted.resource(), verb.as_str())),
    };
    Some(answer)
}

/// Whose use is asked for.
struct Wanted<'a> {
    meter: &'a Meter,
    catalog: &'a Catalog,
    kind: &'static dyn Kind,
    target: &'a Target<'a>,
}

impl Wanted<'_> {
    fn resource(&self) -> Resource {
        let names = self.kind.names();
        Resource::new(names.group.clone(), names.plural.clone())
    }

    async fn one(&self, parts: &Parts, query: &Query<'_>) -> Result<Answer, ApiError> {
        let form = Form::negotiate(&parts.headers, query)?;
        let name = self.target.name.as_deref().unwrap_or_default();
        let objects = self.measure(&self.list(query, Some(name))?).await;
        let object = objects.into_iter().next();
        let object = object.ok_or_else(|| ApiError::not_found(&self.resource(), name))?;
        self.render(form, query, vec![object.clone()], object)
    }

    async fn all(&self, parts: &Parts, query: &Query<'_>) -> Result<Answer, ApiError> {
        let form = Form::negotiate(&parts.headers, query)?;
        let objects = self.measure(&self.list(query, None)?).await;
        let names = self.kind.names();
        let list = json!({
            "kind": names.list_kind(),
            "apiVersion": names.api_version(),
            "metadata": {},
            "items": objects,
        });
        self.render(form, query, objects, list)
    }

    fn render(
        &self,
        form: Form,
        query: &Query<'_>,
        objects: Vec<Value>,
        whole: Value,
    ) -> Result<Answer, ApiError> {
        let Shape::Table(version) = form.shape else {
            return respond::document(StatusCode::OK, form.whole(), &whole);
        };
        let view = TableView::new(query.get("includeObject"), self.meter.now())?;
        let rows = objects.iter().map(|object| view.row(self.kind.columns(), object)).collect();
        let table = table::table(version, self.kind.columns(), json!({}), rows);
        respond::document(StatusCode::OK, form, &table)
    }

    /// The nodes or pods that are meant.
    fn list(&self, query: &Query<'_>, name: Option<&str>) -> Result<Vec<Value>, ApiError> {
        let served = self.catalog.find("", "v1", self.target.resource);
        let served = served.ok_or_else(ApiError::unknown_path)?;
        let options = ListOptions::read(query, false)?;
        let mut selection = served.selection(options.labels, options.fields.as_ref())?.kept;
        if let Some(name) = name {
            selection = selection.with_name(name);
        }
        let scope = Scope { namespace: self.target.namespace.as_deref().map(str::to_owned) };
        let listed = served
            .shelf()
            .and_then(|shelf| shelf.list(&ListQuery { scope, selection, ..ListQuery::default() }));
        let objects = listed.into_iter().flat_map(|listed| listed.items);
        Ok(objects.map(|object| served.document(&object)).collect())
    }

    async fn measure(&self, objects: &[Value]) -> Vec<Value> {
        let nodes =
            objects.iter().filter(|object| self.runs(object)).map(|object| self.place(object));
        let nodes: BTreeSet<String> = nodes.map(str::to_owned).collect();
        let running = || objects.iter().filter(|object| self.runs(object));
        let tells_all = |node: &str, sample: &Sample| {
            let mut here = running().filter(|object| self.place(object) == node);
            self.is_about_nodes() || here.all(|pod| readings(sample, pod).next().is_some())
        };
        let said = self.meter.ask(&nodes, &tells_all).await;
        let running = running();
        let measured = running.filter_map(|object| {
            let said = said.get(self.place(object))?;
            if self.is_about_nodes() { self.node(object, said) } else { self.pod(object, said) }
        });
        measured.collect()
    }

    fn is_about_nodes(&self) -> bool {
        self.target.resource == "nodes"
    }

    fn runs(&self, object: &Value) -> bool {
        self.is_about_nodes() || document::str_at(object, "/status/phase") == "Running"
    }

    /// The node that is the object, or that it runs on.
    fn place<'b>(&self, object: &'b Value) -> &'b str {
        if self.is_about_nodes() {
            document::name(object)
        } else {
            document::str_at(object, "/spec/nodeName")
        }
    }

    fn node(&self, node: &Value, said: &Said) -> Option<Value> {
        let last = (said.last.at, said.last.node);
        let before = said.before.as_ref().map(|before| (before.at, before.node));
        let used = used(last, before)?;
        let mut object = self.object(node, said, &used);
        object["usage"] = usage(&used);
        Some(object)
    }

    fn pod(&self, pod: &Value, said: &Said) -> Option<Value> {
        let mut object = None;
        let mut containers = Vec::new();
        for (key, reading) in readings(&said.last, pod) {
            let before = said.before.as_ref();
            let before = before.and_then(|before| Some((before.at, *before.containers.get(key)?)));
            let used = used((said.last.at, *reading), before)?;
            object.get_or_insert_with(|| self.object(pod, said, &used));
            containers.push(json!({ "name": key.2, "usage": usage(&used) }));
        }
        let mut object = object?;
        object["containers"] = containers.into();
        Some(object)
    }

    fn object(&self, of: &Value, said: &Said, used: &Use) -> Value {
        let names = self.kind.names();
        let at = said.last.at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        let mut metadata = json!({ "name": document::name(of), "creationTimestamp": at });
        if !self.is_about_nodes() {
            metadata["namespace"] = document::namespace(of).into();
        }
        if let Some(labels) = of.pointer("/metadata/labels") {
            metadata["labels"] = labels.clone();
        }
        let window = used.window.as_millis();
        json!({
            "kind": names.kind,
            "apiVersion": names.api_version(),
            "metadata": metadata,
            "timestamp": at,
            "window": format!("{}.{:03}s", window / 1000, window % 1000),
        })
    }
}

/// What a node said of the containers of a pod.
fn readings<'a>(
    sample: &'a Sample,
    pod: &'a Value,
) -> impl Iterator<Item = (&'a (String, String, String), &'a Reading)> {
    let (namespace, name) = (document::namespace(pod), document::name(pod));
    let first = (namespace.to_owned(), name.to_owned(), String::new());
    let from = sample.containers.range(first..);
    from.take_while(move |((n, p, _), _)| n == namespace && p == name)
}

fn usage(used: &Use) -> Value {
    json!({ "cpu": nanos(used.cores), "memory": kibibytes(used.memory_bytes) })
}

/// Cores, to a billionth.
#[expect(clippy::cast_possible_truncation, reason = "no machine has ten billion cores")]
fn nanos(cores: f64) -> String {
    format!("{}n", (cores.max(0.0) * 1e9) as i64)
}

#[expect(clippy::cast_possible_truncation, reason = "no machine has so much memory")]
fn kibibytes(bytes: f64) -> String {
    Quantity::from_bytes((bytes.max(0.0) / 1024.0) as i64 * 1024).to_string()
}
