use http::{Method, Request};
use http_body_util::Full;
use serde_json::json;

use super::*;
use crate::User;

#[tokio::test]
async fn what_is_not_there_is_named() {
    let server = Fixture::new().await;
    let reply = server.get(&format!("{CONFIG_MAPS}/x")).await;
    assert_eq!(reply.failure(404, "NotFound"), "configmaps \"x\" not found");
    assert_eq!(reply.json()["details"], json!({"name": "x", "kind": "configmaps"}));
    let reply = server.get("/apis/apps/v1/namespaces/default/deployments/x").await;
    assert_eq!(reply.failure(404, "NotFound"), "deployments.apps \"x\" not found");
    for path in
        ["/api/v1/nothing", "/apis/none/v1/x", "/nothing", "/api/v1/namespaces/default/nodes"]
    {
        let message = server.get(path).await.failure(404, "NotFound");
        assert_eq!(message, "the server could not find the requested resource", "{path}");
    }
    let path = "/api/v1/namespaces/absent/configmaps";
    let message = server.post(path, &config_map("a", json!({}))).await.failure(404, "NotFound");
    assert_eq!(message, "namespaces \"absent\" not found");
}

#[tokio::test]
async fn users_without_rights_are_refused() {
    let server = Fixture::new().await;
    let ask = async |user: User, path: &str| {
        let request = Request::get(path).body(Full::default()).unwrap();
        server.send(user, request).await
    };
    let reply = ask(User::new("u", &[]), PODS).await;
    assert_eq!(
        reply.failure(403, "Forbidden"),
        "pods is forbidden: User \"u\" cannot list resource \"pods\" in API group \"\" in the namespace \"default\""
    );
    let reply = ask(User::new("u", &[]), "/apis/apps/v1/deployments").await;
    assert_eq!(
        reply.failure(403, "Forbidden"),
        "deployments.apps is forbidden: User \"u\" cannot list resource \"deployments\" in API group \"apps\" at the cluster scope"
    );
    ask(User::new("u", &[]), "/version").await.expect(200);
    ask(User::new("u", &[]), "/apis").await.expect(200);
    for name in ["system:kube-scheduler", "system:kube-controller-manager"] {
        ask(User::new(name, &[]), PODS).await.expect(200);
    }
    let node = User::new("system:node:n", &["system:nodes"]);
    ask(node, &format!("{PODS}?fieldSelector=spec.nodeName%3Dn")).await.expect(200);
}

#[tokio::test]
async fn strangers_see_health_only() {
    let server = Fixture::new().await;
    let ask = async |path: &str, token: Option<&str>| {
        let mut request = Request::get(path);
        if let Some(token) = token {
            request = request.header("authorization", token);
        }
        let request = request.body(Full::<bytes::Bytes>::default()).unwrap();
        let answer = std::sync::Arc::clone(&server.api)
            .handle(request, crate::authenticate::Peer::Unknown)
            .await;
        answer.status().as_u16()
    };
    assert_eq!(ask("/healthz", None).await, 200);
    assert_eq!(ask("/readyz?verbose", None).await, 200);
    assert_eq!(ask("/version", None).await, 200);
    assert_eq!(ask(PODS, None).await, 403);
    assert_eq!(ask("/apis", None).await, 403);
    assert_eq!(ask(PODS, Some("Bearer nonsense")).await, 401);
    assert_eq!(ask(PODS, Some("Basic dTpw")).await, 403);
}

#[tokio::test]
async fn methods_and_forms_that_do_not_exist_are_refused() {
    let server = Fixture::new().await;
    server.ask(Method::PUT, PODS, &[], "{}").await.failure(405, "MethodNotAllowed");
    server
        .ask(Method::POST, &format!("{PODS}/p"), &[], "{}")
        .await
        .failure(405, "MethodNotAllowed");
    server.post("/api/v1/pods", &pod("p")).await.failure(405, "MethodNotAllowed");
    let accept = [("accept", "text/html")];
    server.ask(Method::GET, PODS, &accept, "").await.failure(406, "NotAcceptable");
    let media = [("content-type", "text/plain")];
    server.ask(Method::POST, PODS, &media, "{}").await.failure(415, "UnsupportedMediaType");
    let long = vec![b' '; (3 << 20) + 1];
    server.ask(Method::POST, PODS, &[], long).await.failure(413, "RequestEntityTooLarge");
    server.ask(Method::POST, PODS, &[], "{").await.failure(400, "BadRequest");
    server.ask(Method::POST, PODS, &[], "").await.failure(400, "BadRequest");
}

#[tokio::test]
async fn objects_must_fit_their_place() {
    let server = Fixture::new().await;
    let created = server.post(CONFIG_MAPS, &config_map("a", json!({}))).await.expect(201);
    let message =
        server.post(CONFIG_MAPS, &config_map("a", json!({}))).await.failure(409, "AlreadyExists");
    assert_eq!(message, "configmaps \"a\" already exists");
    server.post(CONFIG_MAPS, &created).await.failure(400, "BadRequest");
    let mut elsewhere = config_map("b", json!({}));
    elsewhere["metadata"]["namespace"] = "kube-system".into();
    server.post(CONFIG_MAPS, &elsewhere).await.failure(400, "BadRequest");
    let message = server.put(&format!("{CONFIG_MAPS}/b"), &config_map("a", json!({}))).await;
    message.failure(400, "BadRequest");
    let absent = server.put(&format!("{CONFIG_MAPS}/b"), &config_map("b", json!({}))).await;
    absent.failure(404, "NotFound");
}

#[tokio::test]
async fn invalid_objects_name_their_fields() {
    let server = Fixture::new().await;
    let mut invalid = pod("p");
    invalid["spec"]["containers"] = json!([]);
    let reply = server.post(PODS, &invalid).await;
    let message = reply.failure(422, "Invalid");
    assert!(
        message.starts_with("Pod \"p\" is invalid: spec.containers: Required value"),
        "{message}"
    );
    let details = &reply.json()["details"];
    assert_eq!(details["kind"], "Pod");
    assert_eq!(details["causes"][0]["field"], "spec.containers");
    let nameless = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {}});
    server.post(CONFIG_MAPS, &nameless).await.failure(422, "Invalid");
    server.post(CONFIG_MAPS, &config_map("UPPER", json!({}))).await.failure(422, "Invalid");
}

#[tokio::test]
async fn every_answer_has_an_id() {
    let server = Fixture::new().await;
    let first = server.get(CONFIG_MAPS).await;
    let second = server.get("/nothing").await;
    let id = |reply: &crate::testing::Reply| reply.headers["audit-id"].to_str().unwrap().to_owned();
    assert_eq!(id(&first).len(), 36);
    assert_ne!(id(&first), id(&second));
}

#[tokio::test]
async fn a_failure_is_told_in_the_form_that_is_accepted() {
    let server = Fixture::new().await;
    let path = format!("{CONFIG_MAPS}/x?pretty=true");
    let ask = async |accept: &str| server.ask(Method::GET, &path, &[("accept", accept)], "").await;
    let yaml = ask("application/yaml").await;
    assert_eq!(
        (yaml.code, yaml.headers["content-type"].to_str().unwrap()),
        (404, "application/yaml")
    );
    let text = String::from_utf8(yaml.body.to_vec()).unwrap();
    assert!(text.contains("\nreason: NotFound\n"), "{text}");
    let pretty = ask("application/json").await;
    assert!(pretty.body.starts_with(b"{\n"), "{:?}", pretty.body);
    // As good as nothing is accepted, but that has to be said.
    ask("text/html").await.failure(406, "NotAcceptable");
}

#[tokio::test]
async fn a_watch_path_is_only_read() {
    let server = Fixture::new().await;
    let path = "/api/v1/watch/namespaces/default/configmaps";
    let refused = server.post(path, &config_map("a", json!({}))).await;
    let message = refused.failure(405, "MethodNotAllowed");
    assert_eq!(message, "the server does not allow this method on the requested resource");
}
