//! What is written of a request: `Event` of `audit.k8s.io/v1`.

use std::borrow::Cow;
use std::collections::BTreeMap;

use bytes::Bytes;
use http::HeaderMap;
use http::header::{CONTENT_TYPE, USER_AGENT};
use jiff::Timestamp;
use machinery::{FieldValidation, Media};
use serde_json::{Map, Value, json};

use super::notes::Note;
use super::policy::{Level, Stage, Wanted};
use super::source;
use crate::authorize::Decision;
use crate::identity::User;
use crate::negotiate::{self, YAML};
use crate::record::Record;
use crate::request::{Target, Verb};
use crate::respond::Answer;

/// Characters of a user agent that are kept, as in Kubernetes.
const AGENT_CHARS_MAX: usize = 1_024;
/// The longest answer that is written down, as where Kubernetes truncates events: lists of everything are longer.
const OBJECT_BYTES_MAX: usize = 10 << 20;
/// Says that something was left out for its length, as Kubernetes does.
const TRUNCATED: &str = "audit.k8s.io/truncated";

/// What is known of one request.
#[derive(Debug)]
pub(crate) struct Entry {
    wanted: Wanted,
    /// Everything that is the same at every stage.
    event: Map<String, Value>,
}

impl Entry {
    pub(super) fn new(record: &Record<'_>, wanted: Wanted, now: Timestamp) -> Self {
        let parts = record.parts;
        let mut event = Map::new();
        event.insert("kind".to_owned(), "Event".into());
        event.insert("apiVersion".to_owned(), "audit.k8s.io/v1".into());
        event.insert("level".to_owned(), wanted.level.as_str().into());
        event.insert("auditID".to_owned(), record.id.to_str().unwrap_or_default().into());
        event.insert("requestURI".to_owned(), parts.uri.to_string().into());
        event.insert("verb".to_owned(), verb(record).into());
        let caller = record.caller.as_ref().map(|caller| &caller.user);
        event.insert("user".to_owned(), caller.map_or_else(|| json!({}), user));
        if let (Some(caller), Some(acting)) = (caller, &record.acting)
            && acting.user != *caller
        {
            event.insert("impersonatedUser".to_owned(), user(&acting.user));
        }
        let sources = source::addresses(&parts.headers, record.address);
        if !sources.is_empty() {
            event.insert("sourceIPs".to_owned(), sources.into());
        }
        if let Some(agent) = agent(&parts.headers) {
            event.insert("userAgent".to_owned(), agent.into());
        }
        if let Some(target) = &record.target {
            event.insert("objectRef".to_owned(), reference(target, None));
        }
        event.insert("requestReceivedTimestamp".to_owned(), micros(now).into());
        Self { wanted, event }
    }

    /// Takes in what the client has sent.
    pub(super) fn sent(&mut self, target: &Target<'_>, headers: &HeaderMap, body: &Bytes) {
        let wants_body = self.wanted.level >= Level::Request;
        let is_object = matches!(target.verb, Verb::Create | Verb::Update);
        if body.is_empty() || !(wants_body || is_object) {
            return;
        }
        let Some(mut sent) = read_request(headers, body) else { return };
        if is_object {
            self.event.insert("objectRef".to_owned(), reference(target, Some(&sent)));
        }
        if wants_body {
            strip(&mut sent, &self.wanted);
            self.event.insert("requestObject".to_owned(), sent);
        }
    }

    /// Takes in whether the request was allowed.
    pub(super) fn decided(&mut self, decision: &Decision) {
        let reason = match &decision.error {
            Some(_) if !decision.is_allowed() => "internal error",
            _ => {
                let said = if decision.is_allowed() { "allow" } else { "forbid" };
                self.annotate("authorization.k8s.io/decision", said);
                decision.reason.as_str()
            }
        };
        self.annotate("authorization.k8s.io/reason", reason);
    }

    /// Takes in what admission has to say.
    pub(super) fn noted(&mut self, notes: BTreeMap<String, Note>) {
        for (key, note) in notes {
            if self.wanted.level >= note.level {
                self.annotate(&key, &note.text);
            }
        }
    }

    fn annotate(&mut self, key: &str, value: &str) {
        let annotations = self.event.entry("annotations").or_insert_with(|| json!({}));
        annotations[key] = value.into();
    }

    /// Takes in the answer; the body of one that lasts is left alone.
    pub(super) fn answered(&mut self, answer: &mut Answer, lasts: bool) {
        let code = answer.status().as_u16();
        let mut status = json!({ "metadata": {}, "code": code });
        let wants_body = self.wanted.level == Level::RequestResponse || code >= 400;
        let body = (wants_body && !lasts).then(|| answer.body_mut().gather()).flatten();
        let is_long = body.as_ref().is_some_and(|body| body.len() > OBJECT_BYTES_MAX);
        if is_long {
            self.annotate(TRUNCATED, "true");
        }
        let document = body.filter(|_| !is_long).and_then(|body| read_answer(answer, &body));
        if let Some(mut document) = document {
            if code >= 400 && document["kind"] == "Status" {
                for field in ["status", "message", "reason", "details"] {
                    if !document[field].is_null() {
                        status[field] = document[field].clone();
                    }
                }
            }
            if self.wanted.level == Level::RequestResponse {
                strip(&mut document, &self.wanted);
                self.event.insert("responseObject".to_owned(), document);
            }
        }
        self.event.insert("responseStatus".to_owned(), status);
    }

    /// Notes that nobody has waited for the answer.
    pub(super) fn abandoned(&mut self) {
        let message =
            "the client went away before it was answered; the request may have had its effect";
        let status = json!({ "metadata": {}, "status": "Failure", "message": message });
        self.event.entry("responseStatus").or_insert(status);
    }

    /// The event of a stage, as JSON; `None` when the policy does not want it.
    pub(super) fn line(&mut self, stage: Stage, now: Timestamp) -> Option<Vec<u8>> {
        if self.wanted.omit_stages.contains(&stage) {
            return None;
        }
        self.event.insert("stage".to_owned(), stage.as_str().into());
        self.event.insert("stageTimestamp".to_owned(), micros(now).into());
        Some(serde_json::to_vec(&self.event).expect("a map with text keys is JSON"))
    }
}

/// What a request wants to do: the verb that authorization sees, or the method.
pub(super) fn verb(record: &Record<'_>) -> Cow<'static, str> {
    match &record.target {
        Some(target) => target.verb.as_str().into(),
        None => record.parts.method.as_str().to_ascii_lowercase().into(),
    }
}

fn user(user: &User) -> Value {
    let mut shown = json!({ "username": user.name });
    if !user.uid.is_empty() {
        shown["uid"] = user.uid.as_str().into();
    }
    if !user.groups.is_empty() {
        shown["groups"] = json!(user.groups);
    }
    if !user.extra.is_empty() {
        shown["extra"] = json!(user.extra);
    }
    shown
}

fn agent(headers: &HeaderMap) -> Option<String> {
    let agent = headers.get(USER_AGENT)?.to_str().ok()?;
    match agent.char_indices().nth(AGENT_CHARS_MAX) {
        Some((end, _)) => Some(format!("{}...TRUNCATED", &agent[..end])),
        None => Some(agent.to_owned()),
    }
}

/// A document or a patch, whatever it is written in.
fn read_request(headers: &HeaderMap, body: &[u8]) -> Option<Value> {
    let media = match negotiate::body_media(headers) {
        Ok(Media::Protobuf) => {
            let schemas = kinds::schemas();
            let read =
                machinery::decode(body, Media::Protobuf, schemas, None, FieldValidation::Ignore);
            return Some(read.ok()?.object);
        }
        Ok(media) => media,
        Err(_) if negotiate::is_apply(headers) => Media::Yaml,
        Err(_) => Media::Json,
    };
    Some(machinery::parse(body, media, FieldValidation::Ignore).ok()?.object)
}

fn read_answer(answer: &Answer, body: &[u8]) -> Option<Value> {
    if answer.headers().get(CONTENT_TYPE).is_some_and(|media| media == YAML) {
        return Some(machinery::parse(body, Media::Yaml, FieldValidation::Ignore).ok()?.object);
    }
    serde_json::from_slice(body).ok()
}

/// What a request is about; what the path does not say is in what was sent.
fn reference(target: &Target<'_>, sent: Option<&Value>) -> Value {
    let mut reference = json!({ "resource": target.resource, "apiVersion": target.version });
    let metadata = |field: &str| sent.and_then(|sent| sent["metadata"][field].as_str());
    let fields = [
        ("namespace", target.namespace.as_deref().or_else(|| metadata("namespace"))),
        ("name", target.name.as_deref().or_else(|| metadata("name"))),
        ("uid", metadata("uid")),
        ("resourceVersion", metadata("resourceVersion")),
        ("apiGroup", Some(target.group)),
        ("subresource", target.subresource),
    ];
    for (field, value) in fields {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            reference[field] = value.into();
        }
    }
    reference
}

/// Takes out of an object, or of those of a list, what the policy does not want.
fn strip(object: &mut Value, wanted: &Wanted) {
    if !wanted.omit_managed_fields {
        return;
    }
    let forget = |object: &mut Value| {
        if let Some(Value::Object(metadata)) = object.get_mut("metadata") {
            metadata.remove("managedFields");
        }
    };
    forget(object);
    if let Some(Value::Array(items)) = object.get_mut("items") {
        items.iter_mut().for_each(forget);
    }
    if let Some(Value::Array(rows)) = object.get_mut("rows") {
        rows.iter_mut().filter_map(|row| row.get_mut("object")).for_each(forget);
    }
}

fn micros(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%S.%6fZ").to_string()
}
