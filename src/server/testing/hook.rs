//! A real TLS server on loopback that answers JSON questions as a test says.

use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use base::Tasks;
use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

/// What a hook does with a question.
pub(crate) enum Said {
    Json(Value),
    Status(u16, &'static str),
    /// It never answers.
    Nothing,
}

type Answerer = dyn Fn(&str, &Value) -> Said + Send + Sync;

/// Questions, each with the path it came to.
type Asked = Arc<Mutex<Vec<(String, Value)>>>;

/// The server.
pub(crate) struct Hook {
    pub(crate) port: u16,
    /// Whoever trusts this trusts the server.
    pub(crate) authority: String,
    asked: Asked,
    connections: Arc<Mutex<usize>>,
    tasks: Tasks,
}

impl Drop for Hook {
    fn drop(&mut self) {
        self.tasks.stop_token().cancel();
    }
}

impl Hook {
    /// Listens; its certificate is for these names. `answer` is given the path with its query, and the question.
    pub(crate) async fn start(
        names: &[&str],
        answer: impl Fn(&str, &Value) -> Said + Send + Sync + 'static,
    ) -> Self {
        let (config, authority) = certified(names);
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (asked, connections) = (Arc::default(), Arc::new(Mutex::new(0)));
        let tasks = Tasks::new();
        let shared = (Arc::clone(&asked), Arc::<Answerer>::from(Box::new(answer) as Box<Answerer>));
        let (count, owner) = (Arc::clone(&connections), tasks.clone());
        tasks.spawn_until_stop("hook", async move {
            while let Ok((stream, _)) = listener.accept().await {
                *count.lock().unwrap() += 1;
                let (acceptor, shared) = (acceptor.clone(), shared.clone());
                owner.spawn_until_stop("hook connection", async move {
                    let Ok(stream) = acceptor.accept(stream).await else { return };
                    let service = service_fn(move |request| respond(shared.clone(), request));
                    let server = auto::Builder::new(TokioExecutor::new());
                    let _ = server.serve_connection(TokioIo::new(stream), service).await;
                });
            }
        });
        Self { port, authority, asked, connections, tasks }
    }

    /// The questions so far, each with the path it came to.
    pub(crate) fn asked(&self) -> Vec<(String, Value)> {
        self.asked.lock().unwrap().clone()
    }

    /// How many connections were opened.
    pub(crate) fn connections(&self) -> usize {
        *self.connections.lock().unwrap()
    }
}

async fn respond(
    (asked, answer): (Asked, Arc<Answerer>),
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let path = request.uri().path_and_query().unwrap().to_string();
    let body = request.into_body().collect().await.unwrap().to_bytes();
    let question = serde_json::from_slice(&body).unwrap_or(Value::Null);
    let said = answer(&path, &question);
    asked.lock().unwrap().push((path, question));
    let (status, body) = match said {
        Said::Json(document) => (StatusCode::OK, document.to_string()),
        Said::Status(code, text) => (StatusCode::from_u16(code).unwrap(), text.to_owned()),
        Said::Nothing => std::future::pending().await,
    };
    Ok(Response::builder().status(status).body(Full::new(body.into())).unwrap())
}

/// A certificate for these names, and the authority that signed it, PEM.
fn certified(names: &[&str]) -> (ServerConfig, String) {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = params.self_signed(&key).unwrap().pem();
    let issuer = Issuer::new(params, key);
    let key = KeyPair::generate().unwrap();
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let leaf = CertificateParams::new(names).unwrap().signed_by(&key, &issuer).unwrap();
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![leaf.der().clone()], key)
        .unwrap();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    (config, authority)
}
