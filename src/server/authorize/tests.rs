//! Permissions as users meet them, over the memory store.

mod aggregation;
mod chain;
mod escalation;
mod grants;
mod impersonation;
mod nodes;
mod reviews;
mod walk;

use bytes::Bytes;
use http::{Method, Request};
use http_body_util::Full;
use serde_json::{Value, json};

use crate::User;
use crate::testing::{Fixture, Reply};

const RBAC: &str = "/apis/rbac.authorization.k8s.io/v1";
const CONFIG_MAPS: &str = "/api/v1/namespaces/default/configmaps";

fn user(name: &str) -> User {
    User::new(name, &[])
}

/// Asks as a user; headers as `name: value`.
async fn ask_with(
    server: &Fixture,
    user: User,
    line: &str,
    headers: &[(&str, &str)],
    body: &Value,
) -> Reply {
    let (method, path) = line.split_once(' ').unwrap();
    let mut request = Request::builder().method(method.parse::<Method>().unwrap()).uri(path);
    if method == "PATCH" {
        request = request.header("content-type", "application/merge-patch+json");
    }
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let body = if body.is_null() { String::new() } else { body.to_string() };
    server.send(user, request.body(Full::new(Bytes::from(body))).unwrap()).await
}

async fn ask(server: &Fixture, user: User, line: &str, body: &Value) -> Reply {
    ask_with(server, user, line, &[], body).await
}

/// Makes a role of rules written `verbs groups resources names`, and gives it to a user. A role in a namespace
/// is `namespace/name`.
async fn grant(server: &Fixture, role: &str, rules: &[&str], user: &str) {
    let rules: Vec<Value> = rules.iter().map(|rule| parse(rule)).collect();
    let (kind, name, path) = match role.split_once('/') {
        Some((namespace, name)) => ("Role", name, format!("{RBAC}/namespaces/{namespace}/role")),
        None => ("ClusterRole", role, format!("{RBAC}/clusterrole")),
    };
    let api = "rbac.authorization.k8s.io/v1";
    let document = json!({
        "apiVersion": api, "kind": kind, "metadata": {"name": name}, "rules": rules,
    });
    server.post(&format!("{path}s"), &document).await.expect(201);
    bind(server, &format!("{path}bindings"), kind, name, &json!({"kind": "User", "name": user}))
        .await;
}

async fn bind(server: &Fixture, path: &str, role_kind: &str, role: &str, subject: &Value) {
    let reply = server.post(path, &binding(path, role_kind, role, subject)).await;
    reply.expect(201);
}

fn binding(path: &str, role_kind: &str, role: &str, subject: &Value) -> Value {
    let kind = if path.contains("/namespaces/") { "RoleBinding" } else { "ClusterRoleBinding" };
    json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": kind,
        "metadata": {"generateName": "test-"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": role_kind, "name": role},
        "subjects": [subject],
    })
}

fn parse(rule: &str) -> Value {
    let lists: Vec<Vec<&str>> = rule
        .split(' ')
        .map(|list| list.split(',').map(|word| word.trim_start_matches('-')).collect())
        .collect();
    if lists[1][0].starts_with('/') {
        return json!({"verbs": lists[0], "nonResourceURLs": lists[1]});
    }
    let mut parsed = json!({"verbs": lists[0], "apiGroups": lists[1], "resources": lists[2]});
    if let Some(names) = lists.get(3) {
        parsed["resourceNames"] = json!(names);
    }
    parsed
}

fn config_map(name: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}})
}
