//! Subresources whose answer is a stream.

use http::request::Parts;
use machinery::{ApiError, document};
use serde_json::{Value, json};

use crate::admission::{Operation, Request};
use crate::api::Api;
use crate::api::bodies::Sent;
use crate::body::RequestBody;
use crate::identity::Identity;
use crate::query::Query;
use crate::registry::Place;
use crate::request::{Target, Verb};
use crate::respond::Answer;
use crate::streaming;

impl Api {
    pub(super) async fn answer_stream(
        &self,
        parts: &Parts,
        query: &Query<'_>,
        target: &Target<'_>,
        identity: &Identity,
        place: &Place<'_>,
        sent: Sent,
    ) -> Result<Answer, ApiError> {
        let name = target.subresource.unwrap_or_default();
        let subresource = place.served.subresource(name).ok_or_else(ApiError::unknown_path)?;
        let verb = target.verb.as_str();
        // A browser asks what the scripts of another page may do; what is there answers.
        let passes = target.verb == Verb::Options && name == "proxy";
        if !passes && !subresource.verbs().iter().any(|own| own.as_str() == verb) {
            return Err(ApiError::method_not_supported(place.served.resource(), verb));
        }
        if streaming::needs_create(target) && target.verb != Verb::Create {
            let create = Target { verb: Verb::Create, ..target.clone() };
            self.authorizer.authorize(identity, &create, query).await?;
        }
        let request = || Request {
            operation: Operation::Connect,
            served: place.served,
            subresource: Some(name),
            namespace: place.namespace,
            name: place.name,
            generated: false,
            identity,
            dry_run: false,
            options: Value::Null,
            old: None,
        };
        let options = || connect_options(place, name, parts, query);
        let body = sent.into_body();
        let admission = self.registry.admission();
        let admitted = admission.admit_document(self.registry.catalog(), request, options).await?;
        let same = |admitted: &Value| *admitted == connect_options(place, name, parts, query);
        match admitted.filter(|admitted| !same(admitted)) {
            None => self.stream(identity, name, parts, query, place, body).await,
            Some(changed) if name == "proxy" => {
                let path = document::str_at(&changed, "/path");
                let parts = with_path(parts, path, place.namespace.is_some())?;
                self.stream(identity, name, &parts, query, place, body).await
            }
            Some(changed) => {
                self.stream(identity, name, parts, &query_of(&changed), place, body).await
            }
        }
    }

    async fn stream(
        &self,
        identity: &Identity,
        name: &str,
        parts: &Parts,
        query: &Query<'_>,
        place: &Place<'_>,
        body: RequestBody,
    ) -> Result<Answer, ApiError> {
        let user = &identity.user.name;
        match name {
            "attach" | "exec" => self.streaming.attach(user, name, parts, query, place),
            "portforward" => self.streaming.port_forward(user, parts, query, place),
            "proxy" => {
                self.streaming.proxy(user, parts, place, self.registry.catalog(), body).await
            }
            _ => Err(ApiError::unknown_path()),
        }
    }
}

/// What a client wants of a connection, as the document that webhooks see.
fn connect_options(place: &Place<'_>, name: &str, parts: &Parts, query: &Query<'_>) -> Value {
    let kind = match (place.served.kind_name(), name) {
        (_, "exec") => "PodExecOptions",
        (_, "attach") => "PodAttachOptions",
        (_, "portforward") => "PodPortForwardOptions",
        ("Service", _) => "ServiceProxyOptions",
        ("Node", _) => "NodeProxyOptions",
        _ => "PodProxyOptions",
    };
    let mut options = json!({ "apiVersion": "v1", "kind": kind });
    if name == "proxy" {
        let path = streaming::path_behind(parts.uri.path(), place.namespace.is_some());
        options["path"] = path.unwrap_or_default().into();
        return options;
    }
    for flag in ["stdin", "stdout", "stderr", "tty"] {
        if query.flag(flag) {
            options[flag] = true.into();
        }
    }
    if let Some(container) = query.get("container") {
        options["container"] = container.into();
    }
    let command: Vec<&str> = query.all("command").collect();
    if !command.is_empty() {
        options["command"] = command.into();
    }
    let ports: Vec<i64> = query.all("ports").filter_map(|port| port.parse().ok()).collect();
    if !ports.is_empty() {
        options["ports"] = ports.into();
    }
    options
}

/// The parameters that say what a document of options says.
fn query_of(options: &Value) -> Query<'static> {
    let mut parameters = Vec::new();
    for (name, value) in options.as_object().into_iter().flatten() {
        let values = match value {
            Value::Array(values) => values.as_slice(),
            value => std::slice::from_ref(value),
        };
        for value in values {
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            parameters.push((name.clone(), text));
        }
    }
    Query::of(parameters)
}

/// A request to the same object, but to another path behind its proxy.
fn with_path(parts: &Parts, path: &str, namespaced: bool) -> Result<Parts, ApiError> {
    let own = parts.uri.path();
    let behind = streaming::path_behind(own, namespaced).unwrap_or_default();
    let before = &own[..own.len() - behind.len()];
    let query = parts.uri.query().map(|query| format!("?{query}")).unwrap_or_default();
    let slash = if path.is_empty() || path.starts_with('/') { "" } else { "/" };
    let mut changed = parts.clone();
    changed.uri = format!("{before}{slash}{path}{query}")
        .parse()
        .map_err(|_| ApiError::bad_request(format!("{path:?} is no valid path")))?;
    Ok(changed)
}

#[cfg(test)]
mod tests;
