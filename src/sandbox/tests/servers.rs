//! HTTP servers: an instance for each request.

use std::net::SocketAddr;
use std::time::Duration;

use super::fixture::{PATIENCE, TestNode, end};
use crate::{Entry, Failure, StartError};

#[tokio::test(flavor = "multi_thread")]
async fn a_server_answers_with_the_help_of_another() {
    let node = TestNode::new();
    let (greeter, greeter_address) = node.sandbox();
    let (mut spec, log) = node.container("greeting", &[]).await;
    spec.env = vec![("GREETING".into(), "Good day!".into())];
    greeter.start(spec).await.unwrap();
    log.wait_for("listening").await;
    let (server, address) = node.sandbox();
    let (mut spec, _) = node.container("hello", &[]).await;
    assert_eq!(spec.prepared.entry(), Entry::Http);
    spec.http_port = Some(9090);
    spec.env = vec![("GREETING_URL".into(), format!("http://{greeter_address}:8080/"))];
    server.start(spec).await.unwrap();
    let to = SocketAddr::new(address, 9090);
    let answer = node.get(to, "/healthz").await;
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.ends_with("\r\n\r\nok\n"));
    let answer = node.get(to, "/").await;
    assert!(answer.ends_with("\r\n\r\nHello from box. Good day!\n"), "{answer}");
    let usage = server.usage("hello");
    assert!(usage.cpu > Duration::ZERO);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_host_is_an_answer_and_not_a_hang() {
    let node = TestNode::new();
    let (server, address) = node.sandbox();
    let (mut spec, _) = node.container("hello", &[]).await;
    spec.env = vec![("GREETING_URL".into(), "http://nobody.example/".into())];
    server.start(spec).await.unwrap();
    let answer = node.get(SocketAddr::new(address, 8080), "/").await;
    assert!(answer.starts_with("HTTP/1.1 502 Bad Gateway\r\n"), "{answer}");
    assert!(answer.contains("NXDOMAIN"), "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_gives_its_memory_back_after_each_request() {
    let node = TestNode::new();
    let (server, address) = node.sandbox();
    let (mut spec, log) = node.container("hello", &[]).await;
    spec.memory_bytes = Some(4 << 20);
    server.start(spec).await.unwrap();
    for _ in 0..20 {
        let answer = node.get(SocketAddr::new(address, 8080), "/healthz").await;
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}{}", log.text());
        let is_back = async {
            while server.usage("hello").memory_bytes > 0 {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(PATIENCE, is_back).await.expect("the memory is given back");
    }
    server.stop("hello", PATIENCE).await;
    assert_eq!(server.usage("hello").memory_bytes, 0);
    assert_eq!(end(&server, "hello").await, Failure::Exit(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_needs_more_memory_than_allowed_fails_alone() {
    let node = TestNode::new();
    let (server, address) = node.sandbox();
    let (mut spec, log) = node.container("hello", &[]).await;
    spec.memory_bytes = Some(64 << 10);
    server.start(spec).await.unwrap();
    let answer = node.get(SocketAddr::new(address, 8080), "/healthz").await;
    assert!(answer.starts_with("HTTP/1.1 500"), "{answer}");
    log.wait_for("request failed: out of memory").await;
    assert!(!server.states().borrow()["hello"].has_exited());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_port_can_be_taken_once() {
    let node = TestNode::new();
    let (sandbox, _) = node.sandbox();
    let (spec, _) = node.container("hello", &[]).await;
    let mut second = spec.clone();
    sandbox.start(spec).await.unwrap();
    second.name = "second".into();
    let error = sandbox.start(second).await.unwrap_err();
    assert!(matches!(error, StartError::Listen { port: 8080, .. }), "{error}");
}
