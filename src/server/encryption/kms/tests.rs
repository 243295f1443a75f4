use std::convert::Infallible;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base::{Random, Tasks};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use prost::Message;

use super::Kms;
use super::envelope::Dek;
use super::plugin::{
    DecryptRequest, DecryptResponse, EncryptRequest, EncryptResponse, StatusResponse,
};
use crate::testing::Fixture;

const PLACE: &str = "/registry/secrets/default/one";

/// A plugin on a real socket. Its keys are in its memory, by their names.
struct Plugin {
    folder: tempfile::TempDir,
    state: Arc<State>,
    tasks: Tasks,
}

struct State {
    keys: Mutex<Vec<(String, Dek)>>,
    health: Mutex<String>,
    random: Random,
    opened: AtomicUsize,
}

impl Plugin {
    fn start() -> Self {
        let state = Arc::new(State {
            keys: Mutex::default(),
            health: Mutex::new("ok".to_owned()),
            random: Random::seeded(5),
            opened: AtomicUsize::new(0),
        });
        let folder = tempfile::tempdir().unwrap();
        let tasks = Tasks::new();
        let socket = folder.path().join("socket");
        let serving = serve(socket, Arc::clone(&state), tasks.clone());
        tasks.spawn_until_stop("plugin", serving);
        let plugin = Self { folder, state, tasks };
        plugin.rotate("first");
        plugin
    }

    /// From now on another key seals.
    fn rotate(&self, name: &str) {
        let dek = Dek::generate(&self.state.random).1;
        self.state.keys.lock().unwrap().push((name.to_owned(), dek));
    }

    fn endpoint(&self) -> String {
        format!("unix://{}", self.folder.path().join("socket").display())
    }

    fn kms(&self) -> Kms {
        Kms::new("vault", &self.endpoint(), Duration::from_mins(1)).unwrap()
    }
}

impl Drop for Plugin {
    fn drop(&mut self) {
        self.tasks.stop_token().cancel();
    }
}

async fn serve(socket: PathBuf, state: Arc<State>, tasks: Tasks) {
    let listener = tokio::net::UnixListener::bind(&socket).unwrap();
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        let state = Arc::clone(&state);
        let service = service_fn(move |request| answer(request, Arc::clone(&state)));
        let server = hyper::server::conn::http2::Builder::new(TokioExecutor::new());
        tasks.spawn_until_stop("connection", async move {
            let _ = server.serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

/// A message of gRPC over HTTP/2: a flag, the length, the message; the status in the trailers.
async fn answer(
    request: http::Request<hyper::body::Incoming>,
    state: Arc<State>,
) -> Result<http::Response<http_body_util::combinators::BoxBody<Bytes, Infallible>>, Infallible> {
    let path = request.uri().path().to_owned();
    let body = request.into_body().collect().await.unwrap().to_bytes();
    let (message, status) = match state.answer(&path, &body[5..]) {
        Some(message) => (message, "0"),
        None => (Vec::new(), "3"),
    };
    let mut frame = vec![0];
    frame.extend_from_slice(&u32::try_from(message.len()).unwrap().to_be_bytes());
    frame.extend_from_slice(&message);
    let mut trailers = http::HeaderMap::new();
    trailers.insert("grpc-status", status.parse().unwrap());
    let body = Full::new(Bytes::from(frame)).with_trailers(async move { Some(Ok(trailers)) });
    let response = http::Response::builder().header("content-type", "application/grpc");
    Ok(response.body(body.boxed()).unwrap())
}

impl State {
    fn answer(&self, path: &str, message: &[u8]) -> Option<Vec<u8>> {
        let keys = self.keys.lock().unwrap();
        let (name, key) = keys.last()?;
        match path.strip_prefix("/v2.KeyManagementService/")? {
            "Status" => {
                let healthz = self.health.lock().unwrap().clone();
                let answer =
                    StatusResponse { version: "v2".to_owned(), healthz, key_id: name.clone() };
                Some(answer.encode_to_vec())
            }
            "Encrypt" => {
                let request = EncryptRequest::decode(message).ok()?;
                let annotations = [("local.example.com".to_owned(), b"note".to_vec())].into();
                let ciphertext = key.seal("kms", &request.plaintext, &self.random);
                let answer = EncryptResponse { ciphertext, key_id: name.clone(), annotations };
                Some(answer.encode_to_vec())
            }
            "Decrypt" => {
                let request = DecryptRequest::decode(message).ok()?;
                assert_eq!(request.annotations["local.example.com"], b"note");
                self.opened.fetch_add(1, Ordering::Relaxed);
                let (_, key) = keys.iter().find(|(name, _)| *name == request.key_id)?;
                let plaintext = key.open("kms", &request.ciphertext)?;
                Some(DecryptResponse { plaintext }.encode_to_vec())
            }
            _ => None,
        }
    }
}

#[tokio::test]
async fn values_outlive_the_server_that_sealed_them_and_the_plugin_is_asked_once_for_all() {
    let (plugin, random) = (Plugin::start(), Random::seeded(1));
    let kms = plugin.kms();
    let early = kms.seal(PLACE, b"x", &random).unwrap_err();
    assert!(early.contains("the KMS plugin \"vault\": it has given no key yet"), "{early}");
    kms.keep(&random).await.unwrap();
    let sealed: Vec<_> =
        (0..20).map(|value| kms.seal(PLACE, &[value; 8], &random).unwrap()).collect();
    assert!(sealed[0].starts_with(b"k8s:enc:kms:v2:vault:"));
    assert!(sealed.iter().all(|value| kms.is_current(value)));

    let later = plugin.kms();
    for (value, sealed) in (0..20).zip(&sealed) {
        assert_eq!(later.open(PLACE, sealed, &random).await.unwrap(), vec![value; 8]);
    }
    assert_eq!(plugin.state.opened.load(Ordering::Relaxed), 1);
    assert_eq!(kms.open(PLACE, &sealed[3], &random).await.unwrap(), vec![3; 8]);
    assert_eq!(plugin.state.opened.load(Ordering::Relaxed), 1, "its own key is known");
    let elsewhere = later.open("/registry/secrets/default/two", &sealed[0], &random).await;
    assert!(elsewhere.unwrap_err().contains("it is damaged"));
}

#[tokio::test]
async fn a_new_key_of_the_plugin_seals_from_the_next_look_on_and_old_ones_open() {
    let (plugin, random) = (Plugin::start(), Random::seeded(1));
    let kms = plugin.kms();
    kms.keep(&random).await.unwrap();
    let old = kms.seal(PLACE, b"value", &random).unwrap();
    plugin.rotate("second");
    kms.keep(&random).await.unwrap();
    assert!(kms.is_current(&old), "a plugin that is well is asked once a minute");
    kms.age(Duration::from_mins(1));
    kms.keep(&random).await.unwrap();
    assert!(!kms.is_current(&old));
    let new = kms.seal(PLACE, b"value", &random).unwrap();
    assert!(kms.is_current(&new));
    for sealed in [old, new] {
        assert_eq!(plugin.kms().open(PLACE, &sealed, &random).await.unwrap(), "value");
    }
}

#[tokio::test]
async fn a_plugin_that_fails_is_named_and_nothing_is_sealed_for_long_without_it() {
    let (plugin, random) = (Plugin::start(), Random::seeded(1));
    let kms = plugin.kms();
    *plugin.state.health.lock().unwrap() = "the vault is shut".to_owned();
    let ill = kms.keep(&random).await.unwrap_err();
    assert!(ill.contains("it is not well: the vault is shut"), "{ill}");
    *plugin.state.health.lock().unwrap() = "ok".to_owned();
    kms.keep(&random).await.unwrap();
    kms.age(Duration::from_mins(2));
    kms.seal(PLACE, b"x", &random).unwrap();
    kms.age(Duration::from_mins(2));
    let late = kms.seal(PLACE, b"x", &random).unwrap_err();
    assert!(late.contains("has not confirmed its key"), "{late}");

    let nobody = format!("unix://{}", missing(plugin.folder.path()));
    let nobody = Kms::new("nobody", &nobody, Duration::from_millis(500)).unwrap();
    let silent = nobody.keep(&random).await.unwrap_err();
    assert!(silent.starts_with("the KMS plugin \"nobody\": "), "{silent}");
    for damaged in ["", "\u{1}", "\n"] {
        let value = format!("k8s:enc:kms:v2:vault:{damaged}");
        kms.open(PLACE, value.as_bytes(), &random).await.unwrap_err();
    }
}

fn missing(folder: &Path) -> String {
    folder.join("missing").display().to_string()
}

impl Kms {
    /// As if the plugin had confirmed its key earlier.
    fn age(&self, by: Duration) {
        let now = self.sealing.load_full().unwrap();
        let (dek, object) = (Arc::clone(&now.dek), now.object.clone());
        let confirmed = now.confirmed.checked_sub(by).unwrap();
        self.sealing.store(Some(Arc::new(super::Sealing { dek, object, confirmed })));
    }
}

#[tokio::test]
async fn a_plugin_that_is_not_well_is_seen_in_the_health_of_the_server() {
    let plugin = Plugin::start();
    let file = plugin.folder.path().join("encryption.yaml");
    let text = format!(
        "apiVersion: apiserver.config.k8s.io/v1\nkind: EncryptionConfiguration\nresources:\n\
         - resources: [secrets]\n  providers:\n  \
         - kms: {{apiVersion: v2, name: vault, endpoint: '{}', timeout: 1m}}\n",
        plugin.endpoint()
    );
    std::fs::write(&file, text).unwrap();
    let server = Fixture::encrypted(Arc::default(), &file).await;
    for path in ["/healthz", "/livez", "/readyz"] {
        let report = server.get(&format!("{path}?verbose")).await;
        let report = String::from_utf8(report.body.to_vec()).unwrap();
        assert!(report.contains("[+]kms-provider-0 ok\n"), "{report}");
    }
    *plugin.state.health.lock().unwrap() = "sealed".to_owned();
    // Longer than a plugin that was well is believed to be so.
    tokio::time::pause();
    tokio::time::advance(Duration::from_mins(2)).await;
    tokio::time::resume();
    assert_eq!(server.get("/readyz/kms-provider-0").await.code, 500);
    assert_eq!(server.get("/readyz?exclude=kms-provider-0").await.code, 200);
    *plugin.state.health.lock().unwrap() = "ok".to_owned();
    // A check gives a plugin less time than a busy machine may.
    while server.get("/readyz/kms-provider-0").await.code != 200 {
        tokio::task::yield_now().await;
    }
    assert_eq!(server.get("/readyz/kms-provider-1").await.code, 404);
}
