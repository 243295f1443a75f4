//! Looking whether another API server answers, and what it has.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, HeaderValue};
use http::{HeaderMap, Request};
use http_body_util::{BodyExt, Limited};
use machinery::document;
use serde_json::{Value, json};

use super::forward::headers;
use super::route::{Known, Way};
use super::status::{Verdict, obstacle};
use super::{Aggregation, Route};
use crate::body::RequestBody;
use crate::catalog::Catalog;
use crate::identity::{MASTERS, User};

/// For one answer, as on Kubernetes.
const DEADLINE: Duration = Duration::from_secs(5);
/// The longest answer: the largest list of resources is a few hundred KiB.
const ANSWER_BYTES_MAX: usize = 8 << 20;

impl Aggregation {
    /// Looks at one server and remembers what is there.
    pub(super) async fn look(&self, catalog: &Catalog, route: &Route) -> Verdict {
        let before = route.known();
        let was_available = route.is_available();
        let known = match look(catalog, route).await {
            Ok(known) => known,
            // What it had is still shown, as something of the past.
            Err(verdict) => Known { verdict: Some(verdict), ..before },
        };
        let verdict = known.verdict.clone().expect("both ways have one");
        if was_available && !verdict.available {
            self.lost.with(&[&route.name, verdict.reason]).inc();
        }
        *route.known.lock().expect("nobody panics with it") = known;
        verdict
    }
}

async fn look(catalog: &Catalog, route: &Route) -> Result<Known, Verdict> {
    if let Some(verdict) = obstacle(catalog, &route.service) {
        return Err(verdict);
    }
    let path = route.path();
    let silent = |why: String| Verdict::silent(&format!("{path}: {why}"));
    let way = route.way.as_ref().map_err(|why| silent(why.clone()))?;
    let list = ask(way, &path).await.map_err(silent)?;
    let listed = entry(&route.group, &route.version, &list);
    let index = ask(way, "/openapi/v3").await.unwrap_or_default();
    let document = &index["paths"][path.trim_start_matches('/')]["serverRelativeURL"];
    Ok(Known {
        verdict: Some(Verdict::passed()),
        discovery: Some(listed),
        openapi: document.as_str().map(str::to_owned),
    })
}

/// Asks in the name of this server itself.
async fn ask(way: &Way, path: &str) -> Result<Value, String> {
    let mut request = Request::new(RequestBody::from(Bytes::new()));
    *request.uri_mut() = path.parse().map_err(|_| "it is no path".to_owned())?;
    let user = User::new("system:kube-aggregator", &[MASTERS]);
    let mut headers = headers(HeaderMap::new(), &user).map_err(|error| error.message)?;
    headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
    *request.headers_mut() = headers;
    let call = async {
        let response = way.remote.send(request).await.map_err(|failure| failure.message)?;
        let status = response.status();
        if !status.is_success() {
            return Err(format!("bad status from {path}: {}", status.as_u16()));
        }
        let body = Limited::new(response.into_body(), ANSWER_BYTES_MAX).collect().await;
        let body = body.map_err(|error| error.to_string())?.to_bytes();
        serde_json::from_slice(&body).map_err(|error| error.to_string())
    };
    let outcome = tokio::time::timeout(DEADLINE, call).await;
    outcome.unwrap_or_else(|_| Err("context deadline exceeded".to_owned()))
}

/// An `APIResourceList` in the aggregated style, which says the same in other words.
fn entry(group: &str, version: &str, list: &Value) -> Value {
    let all = list["resources"].as_array().map(Vec::as_slice).unwrap_or_default();
    let name = |resource| document::str_at(resource, "/name");
    let mut below: BTreeMap<&str, Vec<(&str, &Value)>> = BTreeMap::new();
    for resource in all {
        if let Some((plural, subresource)) = name(resource).split_once('/') {
            below.entry(plural).or_default().push((subresource, resource));
        }
    }
    let kind = |resource: &Value| {
        let or = |field: &str, own: &str| {
            let said = resource[field].as_str().filter(|said| !said.is_empty());
            said.unwrap_or(own).to_owned()
        };
        json!({ "group": or("group", group), "version": or("version", version), "kind": resource["kind"] })
    };
    let mut resources = Vec::new();
    for resource in all.iter().filter(|resource| !name(resource).contains('/')) {
        let plural = name(resource);
        let mut shown = json!({
            "resource": plural,
            "responseKind": kind(resource),
            "scope": if resource["namespaced"] == true { "Namespaced" } else { "Cluster" },
            "singularResource": resource["singularName"].as_str().unwrap_or_default(),
            "verbs": resource["verbs"].as_array().cloned().unwrap_or_default(),
        });
        for field in ["shortNames", "categories"] {
            if let Some(words) = resource[field].as_array().filter(|words| !words.is_empty()) {
                shown[field] = words.clone().into();
            }
        }
        // Taken, so that a list that names one resource many times does not grow by it.
        let below = below.remove(plural).unwrap_or_default().into_iter();
        let below = below.map(|(subresource, sub)| {
            json!({
                "subresource": subresource,
                "responseKind": kind(sub),
                "verbs": sub["verbs"].as_array().cloned().unwrap_or_default(),
            })
        });
        let below: Vec<Value> = below.collect();
        if !below.is_empty() {
            shown["subresources"] = below.into();
        }
        resources.push(shown);
    }
    json!({ "version": version, "resources": resources })
}

#[cfg(test)]
mod tests;
