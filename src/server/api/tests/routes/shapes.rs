//! How each failure looks on every route where it can happen.

use bytes::Bytes;
use http::Method;
use serde_json::{Value, json};

use super::super::kinds::specimens::specimens;
use super::{Route, failed, routes, text};
use crate::testing::{Fixture, Reply};

/// Larger than a body may be.
const TOO_LONG: usize = (3 << 20) + 1;

/// The routes whose objects are kept, each with a valid object.
async fn kept(server: &Fixture) -> Vec<(Route, Value)> {
    let specimens = specimens();
    let routes = routes(server).await.into_iter().filter(Route::is_kept);
    routes
        .map(|route| {
            let (_, object) = specimens
                .iter()
                .find(|(kind, _)| {
                    let names = kind.names();
                    names.plural == *route.resource
                        && names.group == *route.group
                        && names.version == *route.version
                })
                .unwrap_or_else(|| panic!("no specimen for {route:?}"));
            (route, object.clone())
        })
        .collect()
}

/// Checks what a failure says it is about.
#[track_caller]
fn about(status: &Value, route: &Route, name: &str) {
    let details = &status["details"];
    assert_eq!(text(&details["kind"]), route.resource, "{status}");
    assert_eq!(text(&details["group"]), route.group, "{status}");
    assert_eq!(text(&details["name"]), name, "{status}");
}

async fn patch(server: &Fixture, path: &str) -> Reply {
    let media = [("content-type", "application/merge-patch+json")];
    server.ask(Method::PATCH, path, &media, "{}").await
}

#[tokio::test]
async fn what_is_absent_is_not_found() {
    let server = Fixture::new().await;
    for route in routes(&server).await {
        let mut path = route.named("absent");
        if path.ends_with("/proxy") {
            // Without a slash the answer is where to look instead.
            path.push('/');
        }
        for verb in ["get", "delete", "patch"].into_iter().filter(|verb| route.allows(verb)) {
            let reply = match verb {
                "get" => server.get(&path).await,
                "delete" => server.delete(&path, &Value::Null).await,
                _ => patch(&server, &path).await,
            };
            let status = failed(&reply, 404, "NotFound", &format!("{verb} {path}"));
            about(&status, &route, "absent");
        }
    }
}

#[tokio::test]
async fn what_a_route_does_not_do_is_not_allowed() {
    let server = Fixture::new().await;
    for route in routes(&server).await {
        let named = [
            ("update", Method::PUT),
            ("patch", Method::PATCH),
            ("delete", Method::DELETE),
            ("get", Method::GET),
        ];
        for (verb, method) in named {
            if route.allows(verb) || (verb == "get" && route.allows("connect")) {
                continue;
            }
            let path = route.named("x");
            let reply = server.ask(method.clone(), &path, &[], "").await;
            failed(&reply, 405, "MethodNotAllowed", &format!("{method} {path}"));
        }
        if route.subresource.is_some() {
            continue;
        }
        for method in [Method::PUT, Method::PATCH] {
            let path = route.collection();
            let reply = server.ask(method.clone(), &path, &[], "{}").await;
            failed(&reply, 405, "MethodNotAllowed", &format!("{method} {path}"));
        }
        let path = route.named("x");
        let reply = server.post(&path, &json!({})).await;
        failed(&reply, 405, "MethodNotAllowed", &format!("POST {path}"));
        let reply = server.ask(Method::OPTIONS, &path, &[], "").await;
        failed(&reply, 405, "MethodNotAllowed", &format!("OPTIONS {path}"));
    }
}

#[tokio::test]
async fn what_nobody_can_write_is_not_acceptable() {
    let server = Fixture::new().await;
    let picture = [("accept", "image/png")];
    for (route, object) in kept(&server).await {
        let list = route.collection();
        for path in [list.clone(), format!("{list}?watch=true")] {
            let reply = server.ask(Method::GET, &path, &picture, "").await;
            failed(&reply, 406, "NotAcceptable", &path);
        }
        let created = server.post(&list, &object).await.expect(201);
        let path = route.named(text(&created["metadata"]["name"]));
        let reply = server.ask(Method::GET, &path, &picture, "").await;
        failed(&reply, 406, "NotAcceptable", &path);
    }
}

#[tokio::test]
async fn what_exists_or_has_changed_is_a_conflict() {
    let server = Fixture::new().await;
    for (route, object) in kept(&server).await {
        let created = server.post(&route.collection(), &object).await.expect(201);
        let name = text(&created["metadata"]["name"]);
        let again = server.post(&route.collection(), &object).await;
        about(&failed(&again, 409, "AlreadyExists", &route.collection()), &route, name);
        let path = route.named(name);
        let mut stale = server.get(&path).await.expect(200);
        let labelled = json!({"metadata": {"labels": {"changed": "meanwhile"}}});
        server.patch(&path, "merge", &labelled).await.expect(200);
        stale["metadata"]["labels"] = json!({"late": "too"});
        let late = server.put(&path, &stale).await;
        about(&failed(&late, 409, "Conflict", &path), &route, name);
        let mut other = json!({"metadata": {"uid": "other"}});
        about(
            &failed(&server.patch(&path, "merge", &other).await, 409, "Conflict", &path),
            &route,
            name,
        );
        other = json!({"preconditions": {"uid": "other"}});
        about(&failed(&server.delete(&path, &other).await, 409, "Conflict", &path), &route, name);
    }
}

#[tokio::test]
async fn what_is_too_long_is_too_large_everywhere() {
    let server = Fixture::new().await;
    let body = Bytes::from(vec![b' '; TOO_LONG]);
    for route in routes(&server).await {
        for ask in route.asks().into_iter().filter(|ask| ask.method != Method::GET) {
            // What a pod may be sent is the pod's business; nodes are asked short questions.
            if ask.path.ends_with("/proxy") && !ask.path.contains("/nodes/") {
                continue;
            }
            let reply = server.ask(ask.method.clone(), &ask.path, &[], body.clone()).await;
            failed(&reply, 413, "RequestEntityTooLarge", &format!("{} {}", ask.method, ask.path));
        }
    }
}

#[tokio::test]
async fn what_nobody_can_read_is_an_unsupported_type() {
    let server = Fixture::new().await;
    let csv = [("content-type", "text/csv")];
    for (route, object) in kept(&server).await {
        let reply = server.ask(Method::POST, &route.collection(), &csv, object.to_string()).await;
        failed(&reply, 415, "UnsupportedMediaType", &route.collection());
        let created = server.post(&route.collection(), &object).await.expect(201);
        let path = route.named(text(&created["metadata"]["name"]));
        let reply = server.ask(Method::PUT, &path, &csv, object.to_string()).await;
        failed(&reply, 415, "UnsupportedMediaType", &path);
        let json = [("content-type", "application/json")];
        let reply = server.ask(Method::PATCH, &path, &json, "{}").await;
        failed(&reply, 415, "UnsupportedMediaType", &path);
    }
}

#[tokio::test]
async fn what_is_wrong_is_invalid_and_says_where() {
    let server = Fixture::new().await;
    for (route, object) in kept(&server).await {
        let mut wrong = object.clone();
        wrong["metadata"]["labels"] = json!({"a b": "c d"});
        let status = failed(
            &server.post(&route.collection(), &wrong).await,
            422,
            "Invalid",
            &route.collection(),
        );
        assert_eq!(status["details"]["kind"], object["kind"], "{status}");
        assert_eq!(status["details"]["causes"][0]["field"], "metadata.labels", "{status}");
        let created = server.post(&route.collection(), &object).await.expect(201);
        let path = route.named(text(&created["metadata"]["name"]));
        let labels = json!({"metadata": {"labels": {"a b": "c d"}}});
        failed(&server.patch(&path, "merge", &labels).await, 422, "Invalid", &path);
        let test = json!([{"op": "test", "path": "/kind", "value": "Other"}]);
        failed(&server.patch(&path, "json", &test).await, 422, "Invalid", &path);
    }
}

#[tokio::test]
async fn what_is_not_understood_is_a_bad_request() {
    let server = Fixture::new().await;
    for (route, object) in kept(&server).await {
        for body in ["", "{", "[]", "nonsense", "{\"metadata\": 5}"] {
            let reply = server.ask(Method::POST, &route.collection(), &[], body).await;
            failed(&reply, 400, "BadRequest", &format!("{} {body}", route.collection()));
        }
        let mut unknown = object.clone();
        unknown["metadata"]["surprise"] = json!(1);
        let path = format!("{}?fieldValidation=Strict", route.collection());
        failed(&server.post(&path, &unknown).await, 400, "BadRequest", &path);
    }
}
