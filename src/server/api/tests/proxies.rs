//! What runs in pods and on nodes, asked through the server.

use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use base::Tasks;
use bytes::Bytes;
use futures::StreamExt as _;
use http::header::LOCATION;
use http::{HeaderMap, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::json;
use tower::ServiceExt;

use super::*;
use crate::{BoxBody, Error, NodeTransport, Opened, User};

const NODE: &str = "/api/v1/nodes/n";

/// A program in a pod that sends whoever comes to `/login`, and a kubelet that never comes to the end.
#[derive(Debug)]
struct Program {
    asked: Arc<Mutex<Vec<(String, HeaderMap)>>>,
    tasks: Tasks,
}

#[async_trait]
impl NodeTransport for Program {
    async fn send(&self, _: &str, _: Request<Bytes>) -> Result<Response<BoxBody>, Error> {
        let frames = futures::stream::pending::<Result<http_body::Frame<Bytes>, crate::BoxError>>();
        Ok(Response::new(BodyExt::boxed(StreamBody::new(frames))))
    }

    async fn open(&self, _: &str, _: Request<Bytes>) -> Result<Opened, Error> {
        let (near, far) = tokio::io::duplex(64 << 10);
        let asked = Arc::clone(&self.asked);
        let service = service_fn(move |request: Request<hyper::body::Incoming>| {
            let line = format!("{} {}", request.method(), request.uri());
            asked.lock().unwrap().push((line, request.headers().clone()));
            let mut response = Response::new(Full::new(Bytes::from_static(b"hello")));
            *response.status_mut() = StatusCode::FOUND;
            response.headers_mut().insert(LOCATION, "/login".parse().unwrap());
            async { Ok::<_, Infallible>(response) }
        });
        let served = hyper::server::conn::http1::Builder::new();
        self.tasks.spawn_until_stop("program", async move {
            let _ended = served.serve_connection(TokioIo::new(far), service).await;
        });
        Ok(Opened::Stream(Box::new(near)))
    }
}

async fn served() -> (Arc<Program>, Fixture) {
    let program = Arc::new(Program { asked: Arc::default(), tasks: Tasks::new() });
    let server = Fixture::with_nodes(Arc::clone(&program) as Arc<dyn NodeTransport>).await;
    let mut scheduled = pod("proxy");
    scheduled["spec"]["nodeName"] = "n".into();
    server.post(PODS, &scheduled).await.expect(201);
    (program, server)
}

fn lines(program: &Program) -> Vec<String> {
    program.asked.lock().unwrap().iter().map(|(line, _)| line.clone()).collect()
}

#[tokio::test]
async fn every_method_comes_to_the_program_and_redirects_stay_behind_the_proxy() {
    let (program, server) = served().await;
    let methods = ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"];
    for method in methods {
        let path = format!("{PODS}/proxy:80/proxy/some/path?a=b");
        let headers = [("host", "api.example"), ("x-remote-group", "system:masters")];
        let reply = server.ask(method.parse().unwrap(), &path, &headers, "").await;
        assert_eq!(reply.code, 302, "{method}");
        assert_eq!(reply.headers[LOCATION], format!("{PODS}/proxy:80/proxy/login"));
    }
    assert_eq!(lines(&program), methods.map(|method| format!("{method} /some/path?a=b")));
    for (_, told) in program.asked.lock().unwrap().iter() {
        assert_eq!(told["x-forwarded-uri"], format!("{PODS}/proxy:80/proxy/some/path"));
        assert_eq!(told["x-forwarded-host"], "api.example");
        assert_eq!(told["x-forwarded-proto"], "https");
        assert!(!told.contains_key("x-remote-group"));
    }
}

#[tokio::test]
async fn only_what_is_read_is_sent_on_to_the_root() {
    let (program, server) = served().await;
    let root = format!("{PODS}/proxy:80/proxy");
    for method in [Method::GET, Method::HEAD] {
        let reply = server.ask(method, &format!("{root}?a=b"), &[], "").await;
        assert_eq!(reply.code, 301);
        assert_eq!(reply.headers[LOCATION], format!("{root}/?a=b"));
    }
    assert!(lines(&program).is_empty());
    for method in [Method::POST, Method::OPTIONS] {
        let reply = server.ask(method, &format!("{root}?a=b"), &[], "").await;
        assert_eq!(reply.code, 302);
    }
    assert_eq!(lines(&program), ["POST /?a=b", "OPTIONS /?a=b"]);
}

#[tokio::test]
async fn options_are_asked_of_programs_by_those_who_may_do_everything_with_them() {
    let (program, server) = served().await;
    let path = format!("{PODS}/proxy:80/proxy/");
    let ask = async |user: User, path: &str| {
        let request = Request::builder().method(Method::OPTIONS).uri(path);
        server.send(user, request.body(Full::default()).unwrap()).await
    };
    ask(User::new("ann", &[]), &path).await.failure(403, "Forbidden");
    for (verb, code) in [("get", 403), ("*", 302)] {
        let name = if verb == "*" { "all" } else { verb };
        let (roles, group) = ("/apis/rbac.authorization.k8s.io/v1", "rbac.authorization.k8s.io");
        let role = json!({
            "apiVersion": format!("{group}/v1"), "kind": "ClusterRole", "metadata": {"name": name},
            "rules": [{"apiGroups": [""], "resources": ["pods/proxy"], "verbs": [verb]}],
        });
        server.post(&format!("{roles}/clusterroles"), &role).await.expect(201);
        let binding = json!({
            "apiVersion": format!("{group}/v1"), "kind": "ClusterRoleBinding",
            "metadata": {"name": name},
            "roleRef": {"apiGroup": group, "kind": "ClusterRole", "name": name},
            "subjects": [{"apiGroup": group, "kind": "User", "name": "ann"}],
        });
        server.post(&format!("{roles}/clusterrolebindings"), &binding).await.expect(201);
        assert_eq!(ask(User::new("ann", &[]), &path).await.code, code, "{verb}");
    }
    assert_eq!(lines(&program), ["OPTIONS /"]);
    for other in [PODS.to_owned(), format!("{PODS}/proxy"), format!("{PODS}/proxy/log")] {
        ask(User::admin(), &other).await.failure(405, "MethodNotAllowed");
    }
}

#[tokio::test]
async fn answers_of_nodes_take_a_place_among_the_streams_until_they_end() {
    let (_, server) = served().await;
    let node = json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n"}});
    server.post("/api/v1/nodes", &node).await.expect(201);
    let ask = async || {
        let request = Request::get(format!("{NODE}/proxy/logs/")).body(Full::default()).unwrap();
        server.service(User::admin()).oneshot(request).await.unwrap()
    };
    let mut answers = Vec::new();
    for _ in 0..256 {
        answers.push(ask().await);
    }
    assert!(answers.iter().all(|answer| answer.status() == 200));
    assert_eq!(ask().await.status(), 429);
    answers.pop();
    assert_eq!(ask().await.status(), 200);
}

#[tokio::test]
async fn a_body_that_cannot_be_passed_on_is_read_all_the_same() {
    let server = Fixture::new().await;
    let ask = async |expect: Option<&str>| {
        let (ended, is_read) = tokio::sync::oneshot::channel();
        let pieces = futures::stream::iter(0..4).map(|_| {
            Ok::<_, Infallible>(http_body::Frame::data(Bytes::from(vec![b'x'; 64 << 10])))
        });
        let end = futures::stream::once(async move {
            let _ = ended.send(());
            Ok(http_body::Frame::data(Bytes::new()))
        });
        let mut request = Request::post(format!("{PODS}/nobody/proxy/"));
        if let Some(expect) = expect {
            request = request.header("expect", expect);
        }
        let request = request.body(StreamBody::new(pieces.chain(end))).unwrap();
        let answer = server.service(User::admin()).oneshot(request).await.unwrap();
        (answer.status(), is_read.await.is_ok())
    };
    assert_eq!(ask(None).await, (StatusCode::NOT_FOUND, true));
    // Who asks first has not sent it.
    assert_eq!(ask(Some("100-continue")).await, (StatusCode::NOT_FOUND, false));
}
