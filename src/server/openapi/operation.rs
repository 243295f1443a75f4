//! One operation on a path.

use machinery::GroupVersionKind;
use serde_json::{Map, Value, json};

use super::document::reference;
use super::parameters::Query;
use crate::negotiate::{JSON, YAML};

pub(super) const STATUS: &str = "io.k8s.apimachinery.pkg.apis.meta.v1.Status";
pub(super) const WATCH_EVENT: &str = "io.k8s.apimachinery.pkg.apis.meta.v1.WatchEvent";
const DELETE_OPTIONS: &str = "io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions";
const PATCH: &str = "io.k8s.apimachinery.pkg.apis.meta.v1.Patch";

const PROTOBUF: &str = "application/vnd.kubernetes.protobuf";
const STREAM: &str = "application/json;stream=watch";
/// What containers print.
pub(super) const TEXT: &str = "text/plain";
/// What other servers answer.
pub(super) const ANY: &str = "*/*";

const STRATEGIC: &str = "application/strategic-merge-patch+json";
const PATCH_TYPES: [&str; 4] = [
    "application/json-patch+json",
    "application/merge-patch+json",
    STRATEGIC,
    "application/apply-patch+yaml",
];

/// What a method on a path does.
#[derive(Debug, Clone)]
pub(super) struct Operation<'a> {
    pub(super) id: String,
    pub(super) tag: String,
    pub(super) description: String,
    /// What Kubernetes calls it, which is not always what RBAC calls it.
    pub(super) action: Option<&'static str>,
    /// What it is done to.
    pub(super) kind: Option<GroupVersionKind>,
    pub(super) query: &'static [Query],
    pub(super) body: Option<Body<'a>>,
    pub(super) answer: Answer<'a>,
    /// Whether the kind was made at run time: it has no wire numbers and no merge keys.
    pub(super) custom: bool,
    /// With which codes it succeeds.
    pub(super) codes: &'static [&'static str],
}

/// What a request carries.
#[derive(Debug, Clone, Copy)]
pub(super) enum Body<'a> {
    /// A document of this definition.
    Of(&'a str),
    /// How to delete, which may go unsaid.
    Options,
    Patch,
}

/// What comes back.
#[derive(Debug, Clone, Copy)]
pub(super) enum Answer<'a> {
    /// A document of this definition.
    Of(&'a str),
    /// A list of this definition; or a watch, if that was asked for.
    List(&'a str),
    /// One document after the other.
    Watch(&'a str),
    /// A document of this definition, as JSON alone.
    Json(&'a str),
    /// What is defined elsewhere.
    Media(&'static str),
}

impl Operation<'_> {
    pub(super) fn describe(&self) -> Value {
        let mut operation = json!({
            "description": self.description,
            "operationId": self.id,
            "responses": self.responses(),
            "tags": [self.tag],
        });
        if !self.query.is_empty() {
            operation["parameters"] = self.query.iter().map(Query::describe).collect();
        }
        if let Some(body) = self.body {
            operation["requestBody"] = body.describe(self.custom);
        }
        if let Some(action) = self.action {
            operation["x-kubernetes-action"] = action.into();
        }
        if let Some(GroupVersionKind { group, version, kind }) = &self.kind {
            operation["x-kubernetes-group-version-kind"] =
                json!({ "group": group, "version": version, "kind": kind });
        }
        operation
    }

    fn responses(&self) -> Value {
        let content = self.answer.content();
        let answer = |code: &str| {
            let description = match code {
                "201" => "Created",
                "202" => "Accepted",
                _ => "OK",
            };
            json!({ "description": description, "content": content })
        };
        let mut responses: Map<String, Value> =
            self.codes.iter().map(|code| ((*code).to_owned(), answer(code))).collect();
        responses.insert("401".to_owned(), json!({ "description": "Unauthorized" }));
        responses.into()
    }
}

impl Body<'_> {
    fn describe(self, custom: bool) -> Value {
        match self {
            Self::Of(name) => {
                let media: &[&str] = if custom { &[JSON, YAML] } else { &[JSON, YAML, PROTOBUF] };
                let content = content(media, &reference(name));
                json!({ "required": true, "content": content })
            }
            Self::Options => {
                let content = content(&[JSON, YAML, PROTOBUF], &reference(DELETE_OPTIONS));
                json!({ "content": content })
            }
            Self::Patch => {
                let media: Vec<&str> = PATCH_TYPES
                    .into_iter()
                    .filter(|media| !custom || *media != STRATEGIC)
                    .collect();
                let content = content(&media, &reference(PATCH));
                json!({ "required": true, "content": content })
            }
        }
    }
}

impl Answer<'_> {
    fn content(self) -> Value {
        match self {
            Self::Of(name) => content(&[JSON, YAML], &reference(name)),
            Self::List(name) => content(&[JSON, STREAM, YAML], &reference(name)),
            Self::Watch(name) => content(&[JSON, STREAM], &reference(name)),
            Self::Json(name) => content(&[JSON], &reference(name)),
            Self::Media(media) => content(&[media], &json!({ "type": "string" })),
        }
    }
}

fn content(media: &[&str], schema: &Value) -> Value {
    let content = media.iter().map(|media| ((*media).to_owned(), json!({ "schema": schema })));
    Value::Object(content.collect())
}
