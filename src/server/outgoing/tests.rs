//! Calls over real sockets and TLS.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde_json::{Value, json};

use super::{Destination, Failure, Remote, Settings, Trust, client_config};
use crate::testing::{Fixture, Hook, Said};

const LONG: Duration = Duration::from_mins(1);

/// A Service whose only endpoint is a port of this machine.
async fn service(server: &Fixture, name: &str, port: u16) {
    let service = json!({
        "apiVersion": "v1", "kind": "Service", "metadata": {"name": name},
        "spec": {"ports": [{"port": 443, "name": "https"}]},
    });
    server.post("/api/v1/namespaces/default/services", &service).await.expect(201);
    let slice = json!({
        "apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice",
        "metadata": {"name": name, "labels": {"kubernetes.io/service-name": name}},
        "addressType": "FQDN", "ports": [{"name": "https", "port": port}],
        "endpoints": [{"addresses": ["localhost"]}],
    });
    let slices = "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices";
    server.post(slices, &slice).await.expect(201);
}

fn bundle(hook: &Hook) -> String {
    STANDARD.encode(&hook.authority)
}

async fn ask(server: &Fixture, config: &Value, deadline: Duration) -> Result<Value, Failure> {
    let settings = client_config(config).map_err(Failure::new)?;
    let remote = Remote::new(server.api.registry().outgoing(), settings).map_err(Failure::new)?;
    let answer = remote.post("?timeout=1s", Bytes::from_static(b"{\"n\":1}"), deadline).await?;
    Ok(serde_json::from_slice(&answer).unwrap())
}

async fn doubling(names: &[&str]) -> Hook {
    Hook::start(names, |_, question| {
        Said::Json(json!({"n": question["n"].as_i64().unwrap_or_default() * 2}))
    })
    .await
}

#[tokio::test]
async fn a_url_is_asked_over_tls_on_a_connection_that_stays() {
    let server = Fixture::new().await;
    let hook = doubling(&["localhost"]).await;
    let url = format!("https://localhost:{}/twice", hook.port);
    let settings = client_config(&json!({"url": url, "caBundle": bundle(&hook)})).unwrap();
    let remote = Remote::new(server.api.registry().outgoing(), settings).unwrap();
    for _ in 0..3 {
        let answer = remote.post("", Bytes::from_static(b"{\"n\":4}"), LONG).await.unwrap();
        assert_eq!(answer, "{\"n\":8}");
    }
    assert_eq!(hook.connections(), 1);
    assert_eq!(hook.asked()[0], ("/twice".to_owned(), json!({"n": 4})));
}

#[tokio::test]
async fn a_service_is_found_by_its_endpoints_and_known_by_its_name() {
    let server = Fixture::new().await;
    let hook = doubling(&["web.default.svc"]).await;
    service(&server, "web", hook.port).await;
    let config = json!({
        "service": {"namespace": "default", "name": "web", "path": "twice"},
        "caBundle": bundle(&hook),
    });
    assert_eq!(ask(&server, &config, LONG).await, Ok(json!({"n": 2})));
    assert_eq!(hook.asked()[0].0, "/twice?timeout=1s");
}

#[tokio::test]
async fn what_cannot_be_reached_is_said_in_words_that_operators_know() {
    let server = Fixture::new().await;
    let hook = doubling(&["other.default.svc"]).await;
    service(&server, "web", hook.port).await;
    let said = async |config: Value| ask(&server, &config, LONG).await.unwrap_err().message;
    let to = |name: &str| json!({"namespace": "default", "name": name});
    let url = |name: &str| format!("Post \"https://{name}.default.svc:443?timeout=1s\": ");
    assert_eq!(
        said(json!({"service": to("none")})).await,
        format!("{}service \"none\" not found", url("none"))
    );
    assert_eq!(
        said(json!({"service": to("web"), "caBundle": bundle(&hook)})).await,
        url("web")
            + "tls: failed to verify certificate: x509: certificate is valid for \
               other.default.svc, not web.default.svc"
    );
    let stranger = doubling(&["x"]).await;
    assert_eq!(
        said(json!({"service": to("web"), "caBundle": bundle(&stranger)})).await,
        url("web")
            + "tls: failed to verify certificate: x509: certificate signed by unknown authority"
    );
    assert_eq!(
        said(json!({"url": "https://127.0.0.1:1/x"})).await,
        "Post \"https://127.0.0.1:1/x?timeout=1s\": dial tcp 127.0.0.1:1: connect: \
         connection refused"
    );
    assert_eq!(said(json!({})).await, "neither a url nor a service is given");
}

#[tokio::test]
async fn a_deadline_ends_a_call_and_an_answer_that_is_no_success_is_none() {
    let server = Fixture::new().await;
    let hook = Hook::start(&["localhost"], |path, _| match path {
        path if path.starts_with("/silent") => Said::Nothing,
        _ => Said::Status(503, "come back later\n"),
    })
    .await;
    let config = |path: &str| {
        let url = format!("https://localhost:{}/{path}", hook.port);
        json!({"url": url, "caBundle": bundle(&hook)})
    };
    let late = ask(&server, &config("silent"), Duration::from_millis(50)).await.unwrap_err();
    assert!(late.timed_out && late.message.ends_with(": context deadline exceeded"), "{late}");
    let busy = ask(&server, &config("busy"), LONG).await.unwrap_err();
    assert_eq!(busy.status, Some(503));
    assert_eq!(busy.message, "the server is currently unable to handle the request");
}

#[tokio::test]
async fn a_kubeconfig_names_server_authority_and_credentials() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    write("ca.pem", "AUTHORITY");
    let file = write(
        "webhook.yaml",
        "apiVersion: v1\nkind: Config\ncurrent-context: it\n\
         contexts: [{name: it, context: {cluster: c, user: u}}]\n\
         clusters: [{name: c, cluster: {server: 'https://hook.example:8443/review', \
         certificate-authority: ca.pem, tls-server-name: other}}]\n\
         users: [{name: u, user: {token: secret}}]\n",
    );
    let settings = Settings::of_kubeconfig(&file).unwrap();
    assert_eq!(
        settings.destination,
        Destination::of_url("https://hook.example:8443/review").unwrap()
    );
    assert_eq!(settings.trust, Trust::Authorities(b"AUTHORITY".to_vec()));
    assert_eq!(settings.authorization.unwrap(), "Bearer secret");
    assert_eq!(settings.server_name.as_deref(), Some("other"));
    let wrong = write("wrong.yaml", "current-context: absent\n");
    let error = Settings::of_kubeconfig(&wrong).unwrap_err();
    assert!(error.ends_with("wrong.yaml: no context is named \"absent\""), "{error}");
}

#[tokio::test]
async fn many_calls_share_few_connections() {
    let server = Fixture::new().await;
    let hook = doubling(&["localhost"]).await;
    let url = format!("https://localhost:{}", hook.port);
    let settings = client_config(&json!({"url": url, "caBundle": bundle(&hook)})).unwrap();
    let remote = Arc::new(Remote::new(server.api.registry().outgoing(), settings).unwrap());
    remote.post("", Bytes::from_static(b"{}"), LONG).await.unwrap();
    let calls = (0..50).map(|_| remote.post("", Bytes::from_static(b"{}"), LONG));
    for answer in futures::future::join_all(calls).await {
        answer.unwrap();
    }
    // It speaks HTTP/2, which needs only one.
    assert_eq!(hook.connections(), 1);
}
