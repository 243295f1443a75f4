//! Nobody reads or writes what RBAC does not grant, whatever the route.

use http::{Method, Request};
use http_body_util::{BodyExt, Full};
use serde_json::json;

use super::{Ask, Route, failed, routes};
use crate::User;
use crate::testing::{Fixture, Reply};

/// What everybody who is known may ask about themselves (`system:basic-user`).
pub(super) const OF_ONESELF: &[&str] =
    &["selfsubjectreviews", "selfsubjectaccessreviews", "selfsubjectrulesreviews"];

async fn ask_as(server: &Fixture, user: &User, ask: &Ask) -> Reply {
    let request = Request::builder().method(&ask.method).uri(&ask.path);
    server.send(user.clone(), request.body(Full::default()).unwrap()).await
}

/// Somebody whom no connection vouches for, with or without a token.
async fn ask_from_outside(server: &Fixture, ask: &Ask, headers: &[(&str, &str)]) -> Reply {
    let mut request = Request::builder().method(&ask.method).uri(&ask.path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(Full::<bytes::Bytes>::default()).unwrap();
    let response = std::sync::Arc::clone(&server.api)
        .handle(request, crate::authenticate::Peer::Unknown)
        .await;
    let (parts, body) = response.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    Reply { code: parts.status.as_u16(), headers: parts.headers, body }
}

fn forbidden(reply: &Reply, user: &str, route: &Route, ask: &Ask) {
    let about = format!("{} {}", ask.method, ask.path);
    let status = failed(reply, 403, "Forbidden", &about);
    let below = route.subresource.as_ref().map(|below| format!("/{below}")).unwrap_or_default();
    let words = format!(
        "User {user:?} cannot {} resource \"{}{below}\" in API group {:?}",
        ask.verb, route.resource, route.group
    );
    let message = status["message"].as_str().unwrap();
    assert!(message.contains(&words), "{about}: {message}");
    assert_eq!(status["details"]["kind"], *route.resource, "{about}");
}

/// Other spellings of what a route answers: below a watch path, of one object, of all namespaces, behind a proxy.
pub(super) fn spellings(route: &Route) -> Vec<Ask> {
    let mut asks = route.asks();
    if route.subresource.as_deref() == Some("proxy") {
        let behind = asks.clone().into_iter();
        asks.extend(behind.map(|ask| Ask { path: format!("{}/a/b", ask.path), ..ask }));
        return asks;
    }
    if route.subresource.is_some() || !route.allows("watch") {
        return asks;
    }
    let ask = |verb: &str, path: String| Ask { verb: verb.to_owned(), method: Method::GET, path };
    // One object is not watched so: it is got, whatever the query says.
    asks.push(ask("get", format!("{}?watch=1", route.named("x"))));
    let collection = route.collection();
    let (root, rest) = collection.split_at(collection.find(&route.version).unwrap());
    let rest = &rest[route.version.len()..];
    asks.push(ask("watch", format!("{root}{}/watch{rest}", route.version)));
    asks.push(ask("watch", format!("{root}{}/watch{rest}/x", route.version)));
    if route.namespaced {
        asks.push(ask("list", format!("{root}{}/{}", route.version, route.resource)));
        asks.push(ask("watch", format!("{root}{}/{}?watch=true", route.version, route.resource)));
    }
    asks
}

#[tokio::test]
async fn a_user_with_nothing_is_refused_everywhere() {
    let server = Fixture::new().await;
    let nobody = User::new("nobody", &[]);
    for route in routes(&server).await {
        for ask in spellings(&route) {
            let reply = ask_as(&server, &nobody, &ask).await;
            if OF_ONESELF.contains(&route.resource.as_str()) {
                assert_eq!(reply.code, 400, "an empty question is none: {}", ask.path);
            } else {
                forbidden(&reply, "nobody", &route, &ask);
            }
        }
    }
}

#[tokio::test]
async fn strangers_are_refused_and_liars_are_not_known_anywhere() {
    let server = Fixture::new().await;
    for route in routes(&server).await {
        for ask in spellings(&route) {
            let reply = ask_from_outside(&server, &ask, &[]).await;
            forbidden(&reply, "system:anonymous", &route, &ask);
            let liar = [("authorization", "Bearer made.up.token")];
            let reply = ask_from_outside(&server, &ask, &liar).await;
            failed(&reply, 401, "Unauthorized", &ask.path);
        }
    }
}

#[tokio::test]
async fn nobody_borrows_an_identity_without_leave() {
    let server = Fixture::new().await;
    for route in routes(&server).await {
        for ask in route.asks() {
            for header in ["impersonate-user", "impersonate-group", "impersonate-uid"] {
                let request = Request::builder().method(&ask.method).uri(&ask.path);
                let mut request = request.header(header, "system:masters");
                if header != "impersonate-user" {
                    request = request.header("impersonate-user", "u");
                }
                let request = request.body(Full::default()).unwrap();
                let reply = server.send(User::new("nobody", &[]), request).await;
                let status = failed(&reply, 403, "Forbidden", &ask.path);
                let message = status["message"].as_str().unwrap();
                assert!(message.contains("cannot impersonate"), "{message}");
            }
        }
    }
}

/// Gives a user some verbs on some resources in the namespace `default`.
async fn grant(server: &Fixture, user: &str, verbs: &[&str], resources: &[&str]) {
    let rbac = "/apis/rbac.authorization.k8s.io/v1/namespaces/default";
    let role = json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": {"name": user},
        "rules": [{"verbs": verbs, "apiGroups": [""], "resources": resources}],
    });
    server.post(&format!("{rbac}/roles"), &role).await.expect(201);
    let binding = json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding", "metadata": {"name": user},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": user},
        "subjects": [{"kind": "User", "apiGroup": "rbac.authorization.k8s.io", "name": user}],
    });
    server.post(&format!("{rbac}/rolebindings"), &binding).await.expect(201);
}

/// What a user may do of everything there is, one permission a line.
async fn passes(server: &Fixture, user: &str) -> Vec<String> {
    let user = User::new(user, &[]);
    let mut passed = Vec::new();
    for route in routes(server).await {
        for ask in spellings(&route) {
            if OF_ONESELF.contains(&route.resource.as_str()) {
                continue;
            }
            if ask_as(server, &user, &ask).await.code != 403 {
                passed.push(format!("{} {}", ask.verb, ask.path));
            }
        }
    }
    passed
}

#[tokio::test]
async fn a_permission_to_get_pods_is_that_and_no_more() {
    let server = Fixture::new().await;
    grant(&server, "getter", &["get"], &["pods"]).await;
    let passed = passes(&server, "getter").await;
    let path = "/api/v1/namespaces/default/pods/x";
    assert_eq!(passed, [format!("get {path}"), format!("get {path}?watch=1")]);
}

#[tokio::test]
async fn a_permission_on_a_path_below_is_none_on_the_object() {
    let server = Fixture::new().await;
    grant(&server, "reader", &["get"], &["pods/log", "services/proxy"]).await;
    let passed = passes(&server, "reader").await;
    let log = "get /api/v1/namespaces/default/pods/x/log";
    let proxy = "get /api/v1/namespaces/default/services/x/proxy";
    assert_eq!(passed, [log, proxy, &format!("{proxy}/a/b")]);
}

#[tokio::test]
async fn a_permission_on_all_resources_is_for_its_group_and_namespace() {
    let server = Fixture::new().await;
    grant(&server, "deleter", &["delete"], &["*"]).await;
    let passed = passes(&server, "deleter").await;
    assert!(passed.len() > 10);
    for one in passed {
        assert!(one.starts_with("delete /api/v1/namespaces/default/"), "{one}");
    }
}
