use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use base::{Clock, Random, Tasks};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt, Empty};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use serde_json::Value;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::{Config, NoNodes, Server, Version};

struct Fixture {
    server: Server,
    tasks: Tasks,
    foundation: Tasks,
}

impl Fixture {
    async fn start() -> Self {
        Self::operated(crate::Operations::default()).await
    }

    async fn operated(operations: crate::Operations) -> Self {
        let (tasks, foundation) = (Tasks::new(), Tasks::new());
        let config = Config {
            clock: Clock::system(),
            random: Random::seeded(1),
            tasks: tasks.clone(),
            foundation: foundation.clone(),
            store: Arc::new(store::memory::Memory::default()),
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            data_dir: None,
            service_cidr: "10.96.0.0/16".parse().unwrap(),
            node_ports: 30_000..=32_767,
            nodes: Arc::new(NoNodes),
            authentication: crate::Authentication::default(),
            version: Version::default(),
            metrics: base::Metrics::default(),
            operations,
        };
        Self { server: Server::start(config).await.unwrap(), tasks, foundation }
    }

    /// A field of the administrator's kubeconfig.
    fn pem(&self, field: &str) -> Vec<u8> {
        let kubeconfig: Value = serde_json::from_str(&self.server.admin_kubeconfig()).unwrap();
        let parts =
            [&kubeconfig["clusters"][0]["cluster"][field], &kubeconfig["users"][0]["user"][field]];
        let text = parts.into_iter().find_map(Value::as_str).unwrap();
        STANDARD.decode(text).unwrap()
    }

    async fn connect(&self, protocol: &str, with_certificate: bool) -> TlsStream<TcpStream> {
        let mut roots = RootCertStore::empty();
        for root in CertificateDer::pem_slice_iter(&self.pem("certificate-authority-data")) {
            roots.add(root.unwrap()).unwrap();
        }
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let builder = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots);
        let mut config = if with_certificate {
            let pem = self.pem("client-certificate-data");
            let chain = CertificateDer::pem_slice_iter(&pem);
            let key = PrivateKeyDer::from_pem_slice(&self.pem("client-key-data")).unwrap();
            builder.with_client_auth_cert(chain.map(Result::unwrap).collect(), key).unwrap()
        } else {
            builder.with_no_client_auth()
        };
        config.alpn_protocols = vec![protocol.as_bytes().to_vec()];
        let stream = TcpStream::connect(self.server.address()).await.unwrap();
        let name = ServerName::try_from("localhost").unwrap();
        TlsConnector::from(Arc::new(config)).connect(name, stream).await.unwrap()
    }

    async fn get(&self, protocol: &str, with_certificate: bool, path: &str) -> (u16, String) {
        self.get_with(protocol, with_certificate, path, &[]).await
    }

    async fn get_with(
        &self,
        protocol: &str,
        with_certificate: bool,
        path: &str,
        headers: &[(&str, String)],
    ) -> (u16, String) {
        let stream = TokioIo::new(self.connect(protocol, with_certificate).await);
        let mut request =
            Request::get(format!("https://localhost{path}")).header("host", "localhost");
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        let request = request.body(Empty::<Bytes>::new()).unwrap();
        let response = if protocol == "h2" {
            let handshake = hyper::client::conn::http2::handshake(TokioExecutor::new(), stream);
            let (mut sender, connection) = handshake.await.unwrap();
            self.tasks.spawn_until_stop("client", async move {
                let _ended = connection.await;
            });
            sender.send_request(request).await
        } else {
            let (mut sender, connection) =
                hyper::client::conn::http1::handshake(stream).await.unwrap();
            self.tasks.spawn_until_stop("client", async move {
                let _ended = connection.await;
            });
            sender.send_request(request).await
        };
        let response = response.unwrap();
        let code = response.status().as_u16();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        (code, String::from_utf8(body.to_vec()).unwrap())
    }
}

#[tokio::test]
async fn both_protocols_are_spoken_and_certificates_are_believed() {
    let fixture = Fixture::start().await;
    for protocol in ["h2", "http/1.1"] {
        let (code, body) = fixture.get(protocol, true, "/api/v1/namespaces").await;
        assert_eq!(code, 200, "{body}");
        assert!(body.contains("kube-system"), "{body}");
        assert_eq!(fixture.get(protocol, false, "/api/v1/namespaces").await.0, 403);
        assert_eq!(fixture.get(protocol, false, "/readyz").await, (200, "ok".to_owned()));
    }
}

#[tokio::test]
async fn a_stop_ends_watches_and_idle_connections() {
    let fixture = Fixture::start().await;
    let idle = fixture.connect("http/1.1", true).await;
    let stream = TokioIo::new(fixture.connect("http/1.1", true).await);
    let (mut sender, connection) = hyper::client::conn::http1::handshake(stream).await.unwrap();
    let client = Tasks::new();
    client.spawn("client", |_| async move {
        let _ended = connection.await;
    });
    let request = Request::get("/api/v1/namespaces?watch=1")
        .header("host", "localhost")
        .body(Empty::<Bytes>::new())
        .unwrap();
    let mut watch = sender.send_request(request).await.unwrap().into_body();
    assert!(watch.frame().await.unwrap().unwrap().is_data());
    assert!(fixture.tasks.shutdown(Duration::from_secs(30)).await);
    while let Some(frame) = watch.frame().await {
        assert!(frame.unwrap().is_data());
    }
    drop(idle);
}

#[tokio::test]
async fn a_stop_waits_for_what_is_under_way_and_not_for_clients_that_do_not_read() {
    let fixture = Fixture::start().await;
    let mut unread = fixture.connect("http/1.1", true).await;
    let watch = "GET /api/v1/namespaces?watch=1 HTTP/1.1\r\nhost: localhost\r\n\r\n";
    unread.write_all(watch.as_bytes()).await.unwrap();
    let mut write = fixture.connect("http/1.1", true).await;
    let body = r#"{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"late"}}"#;
    let head = format!(
        "POST /api/v1/namespaces HTTP/1.1\r\nhost: localhost\r\nexpect: 100-continue\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    write.write_all(head.as_bytes()).await.unwrap();
    let mut begun = [0; 12];
    write.read_exact(&mut begun).await.unwrap();
    assert_eq!(&begun, b"HTTP/1.1 100");

    let stopped = fixture.tasks.shutdown(Duration::from_mins(1));
    let answered = async {
        fixture.tasks.stop_token().cancelled().await;
        write.write_all(body.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        // Whether a farewell still comes is not the point here.
        let _ended = write.read_to_end(&mut answer).await;
        String::from_utf8(answer).unwrap()
    };
    let (stopped, answer) = tokio::join!(stopped, answered);
    assert!(stopped);
    assert!(answer.contains("HTTP/1.1 201"), "{answer}");
    assert!(fixture.foundation.shutdown(Duration::from_mins(1)).await);
}

/// Lets paused time pass, slowly enough for the kernel to bring what is sent meanwhile.
async fn pass(time: Duration) {
    const STEP: Duration = Duration::from_millis(100);
    for _ in 0..time.as_millis() / STEP.as_millis() {
        tokio::time::sleep(STEP).await;
        let breath = || std::thread::park_timeout(Duration::from_millis(1));
        tokio::task::spawn_blocking(breath).await.unwrap();
    }
}

/// Reads until the server has closed the connection, however it did.
async fn closed(mut stream: impl AsyncRead + Unpin, about: &str) {
    let mut rest = Vec::new();
    tokio::select! {
        biased;
        _ended = stream.read_to_end(&mut rest) => {}
        () = pass(Duration::from_mins(5)) => panic!("{about:?} is listened to for ever"),
    }
}

#[tokio::test]
async fn who_does_not_say_what_they_want_is_not_waited_for() {
    let fixture = Fixture::start().await;
    let silent = TcpStream::connect(fixture.server.address()).await.unwrap();
    let mut open = Vec::new();
    for (protocol, start) in [
        ("http/1.1", ""),
        ("http/1.1", "GET /api HTTP/1.1\r\nhost: "),
        ("h2", ""),
        ("h2", "PRI * HTTP/2.0"),
        ("h2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    ] {
        let mut stream = fixture.connect(protocol, false).await;
        stream.write_all(start.as_bytes()).await.unwrap();
        open.push((stream, format!("{protocol} {start}")));
    }
    // From here on time passes whenever everybody waits.
    tokio::time::pause();
    closed(silent, "silence").await;
    for (stream, about) in open {
        closed(stream, &about).await;
    }
}

#[tokio::test]
async fn a_connection_on_which_nothing_more_is_asked_ends_and_one_with_a_watch_goes_on() {
    let fixture = Fixture::start().await;
    let request = |path: &str| {
        let request = Request::get(format!("https://localhost{path}"));
        request.header("host", "localhost").body(Empty::<Bytes>::new()).unwrap()
    };
    let mut idle = None;
    let mut watch = None;
    for path in ["/readyz", "/api/v1/configmaps?watch=1&timeoutSeconds=3000"] {
        let stream = TokioIo::new(fixture.connect("h2", true).await);
        let handshake = hyper::client::conn::http2::handshake(TokioExecutor::new(), stream);
        let (mut sender, connection) = handshake.await.unwrap();
        fixture.tasks.spawn_until_stop("client", async move {
            let _ended = connection.await;
        });
        let body = sender.send_request(request(path)).await.unwrap().into_body();
        if path == "/readyz" {
            assert_eq!(body.collect().await.unwrap().to_bytes(), "ok");
            idle = Some(sender);
        } else {
            watch = Some((sender, body));
        }
    }
    tokio::time::pause();
    pass(Duration::from_mins(5)).await;
    assert!(idle.unwrap().is_closed());
    assert!(!watch.unwrap().0.is_closed());
}

#[tokio::test]
async fn who_is_in_hundreds_of_groups_can_be_impersonated_by_both_protocols() {
    let fixture = Fixture::start().await;
    let groups = (0..900).map(|number| ("impersonate-group", format!("g{number}")));
    let user = [("impersonate-user", "ann".to_owned())];
    let headers: Vec<(&str, String)> = user.into_iter().chain(groups).collect();
    for protocol in ["h2", "http/1.1"] {
        let (code, body) = fixture.get_with(protocol, true, "/version", &headers).await;
        assert_eq!(code, 200, "{body}");
        let (code, body) = fixture.get_with(protocol, true, "/api/v1/pods", &headers).await;
        assert_eq!(code, 403, "{body}");
        assert!(body.contains("User \\\"ann\\\" cannot list"), "{body}");
    }
}

#[tokio::test]
async fn client_certificates_and_failed_handshakes_are_counted() {
    let fixture = Fixture::start().await;
    let mut plain = TcpStream::connect(fixture.server.address()).await.unwrap();
    plain.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
    let mut refused = Vec::new();
    let _reset = plain.read_to_end(&mut refused).await;
    fixture.get_with("h2", true, "/version", &[]).await;
    let (code, text) = fixture.get_with("h2", true, "/metrics", &[]).await;
    assert_eq!(code, 200);
    for line in [
        "apiserver_tls_handshake_errors_total 1\n",
        "apiserver_client_certificate_expiration_seconds_bucket{le=\"15552000\"} 0\n",
        "apiserver_client_certificate_expiration_seconds_count 2\n",
    ] {
        assert!(text.contains(line), "{line} in {text}");
    }
}

#[tokio::test]
async fn a_client_that_is_sent_away_finishes_what_is_under_way() {
    let serving = crate::ServingSettings { goaway_chance: 1.0, ..Default::default() };
    let operations = crate::Operations { serving, ..Default::default() };
    let fixture = Fixture::operated(operations).await;
    let stream = TokioIo::new(fixture.connect("h2", true).await);
    let handshake = hyper::client::conn::http2::handshake(TokioExecutor::new(), stream);
    let (mut sender, connection) = handshake.await.unwrap();
    fixture.tasks.spawn_until_stop("client", async move {
        let _ended = connection.await;
    });
    let get = |path: &str| {
        let request = Request::get(format!("https://localhost{path}"));
        request.body(Empty::<Bytes>::new()).unwrap()
    };
    let watch =
        "/api/v1/namespaces?watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan";
    let mut watch = sender.send_request(get(watch)).await.unwrap().into_body();
    watch.frame().await.unwrap().unwrap();
    let sent_away = async { while sender.send_request(get("/readyz")).await.is_ok() {} };
    tokio::time::timeout(Duration::from_mins(1), sent_away).await.expect("it is sent away");
    let mut service = fixture.server.in_process(crate::User::admin());
    let namespace = r#"{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"late"}}"#;
    let request = Request::post("/api/v1/namespaces").body(http_body_util::Full::from(namespace));
    let made = tower::Service::call(&mut service, request.unwrap()).await.unwrap();
    assert_eq!(made.status(), 201);
    let seen = async {
        loop {
            let frame = watch.frame().await.expect("the watch goes on").unwrap();
            if String::from_utf8_lossy(frame.data_ref().unwrap()).contains("late") {
                break;
            }
        }
    };
    tokio::time::timeout(Duration::from_mins(1), seen).await.expect("the event");
    // On another connection, everything goes on.
    assert_eq!(fixture.get("h2", true, "/readyz").await.0, 200);
}
