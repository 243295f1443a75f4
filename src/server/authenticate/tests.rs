//! Users whom others know, through real servers.

use std::sync::{Arc, Mutex, OnceLock};

use base64::Engine;
use http::Request;
use http_body_util::Full;
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};

use super::{Authentication, Maker, OidcSettings, Peer};
use crate::testing::hook::{Hook, Said};
use crate::testing::{EPOCH, Fixture};

/// An `OpenID` Connect provider with one key at a time.
struct Provider {
    hook: Hook,
    issuer: String,
    key: Arc<Mutex<(EncodingKey, String)>>,
    folder: tempfile::TempDir,
}

impl Provider {
    async fn start() -> Self {
        let key = Arc::new(Mutex::new((new_key(), "first".to_owned())));
        let issuer: Arc<OnceLock<String>> = Arc::default();
        let (keys, named) = (Arc::clone(&key), Arc::clone(&issuer));
        let hook = Hook::start(&["localhost"], move |path, _| match path {
            "/.well-known/openid-configuration" => {
                let issuer = named.get().unwrap();
                Said::Json(json!({"issuer": issuer, "jwks_uri": format!("{issuer}/keys")}))
            }
            "/keys" => {
                let keys = keys.lock().unwrap();
                let mut jwk = Jwk::from_encoding_key(&keys.0, Algorithm::ES256).unwrap();
                jwk.common.key_id = Some(keys.1.clone());
                Said::Json(json!({"keys": [jwk]}))
            }
            _ => Said::Status(404, "no"),
        })
        .await;
        let issuer = issuer.get_or_init(|| format!("https://localhost:{}", hook.port)).clone();
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("ca"), &hook.authority).unwrap();
        Self { hook, issuer, key, folder }
    }

    fn settings(&self) -> Authentication {
        let oidc = OidcSettings {
            issuer_url: self.issuer.clone(),
            client_id: "isopod".to_owned(),
            groups_claim: Some("groups".to_owned()),
            signing_algs: vec!["ES256".to_owned()],
            ca_file: Some(self.folder.path().join("ca")),
            ..OidcSettings::default()
        };
        Authentication { oidc: Some(oidc), ..Authentication::default() }
    }

    /// A configuration that makes users of its tokens by an expression.
    fn file(&self, username: &str) -> String {
        let authority = self.hook.authority.replace('\n', "\n      ");
        let mappings = format!("claimMappings: {{username: {{expression: \"{username}\"}}}}");
        format!(
            "apiVersion: apiserver.config.k8s.io/v1\nkind: AuthenticationConfiguration\njwt:\n- issuer:\n    \
             url: {}\n    audiences: [isopod]\n    certificateAuthority: |\n      {authority}\n  {mappings}\n",
            self.issuer
        )
    }

    fn configured(&self, text: &str) -> Authentication {
        let file = self.folder.path().join("configuration");
        std::fs::write(&file, text).unwrap();
        Authentication { config_file: Some(file), ..Authentication::default() }
    }

    fn rotate(&self) {
        *self.key.lock().unwrap() = (new_key(), "second".to_owned());
    }

    fn token(&self) -> String {
        let key = self.key.lock().unwrap();
        let header = Header { kid: Some(key.1.clone()), ..Header::new(Algorithm::ES256) };
        jsonwebtoken::encode(&header, &self.claims(), &key.0).unwrap()
    }

    fn claims(&self) -> Value {
        let now = EPOCH.parse::<jiff::Timestamp>().unwrap().as_second();
        json!({
            "iss": self.issuer, "sub": "ada", "aud": "isopod", "exp": now + 3600, "groups": ["dev"],
        })
    }

    /// How often its keys were fetched.
    fn fetches(&self) -> usize {
        self.hook.asked().iter().filter(|(path, _)| path == "/keys").count()
    }
}

fn new_key() -> EncodingKey {
    let pair = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).unwrap();
    EncodingKey::from_ec_pem(pair.serialize_pem().as_bytes()).unwrap()
}

/// The name and the groups by which the server knows the bearer of a token, or its code.
async fn whoami(server: &Fixture, token: &str) -> Result<(String, Value), u16> {
    let review = json!({"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"});
    let request = Request::post("/apis/authentication.k8s.io/v1/selfsubjectreviews")
        .header("authorization", format!("Bearer {token}"))
        .body(Full::new(review.to_string().into()))
        .unwrap();
    let answer = Arc::clone(&server.api).handle(request, Peer::Unknown).await;
    let reply = crate::testing::read(answer).await;
    if reply.code != 201 {
        return Err(reply.code);
    }
    let user = &reply.json()["status"]["userInfo"];
    Ok((user["username"].as_str().unwrap().to_owned(), user["groups"].clone()))
}

#[tokio::test]
async fn a_providers_token_is_known_and_a_new_key_is_looked_up() {
    let provider = Provider::start().await;
    let server = Fixture::with_authentication(provider.settings()).await;
    let user = whoami(&server, &provider.token()).await.unwrap();
    tokio::time::pause();
    assert_eq!(user.0, format!("{}#ada", provider.issuer));
    assert_eq!(user.1, json!(["dev", "system:authenticated"]));
    whoami(&server, &provider.token()).await.unwrap();
    assert_eq!(provider.fetches(), 1);
    // Made-up keys do not make the server ask more often than it wants.
    let old = provider.token();
    provider.rotate();
    for _ in 0..3 {
        assert_eq!(whoami(&server, &provider.token()).await, Err(401));
    }
    assert_eq!(provider.fetches(), 1);
    whoami(&server, &old).await.unwrap();
    tokio::time::advance(std::time::Duration::from_secs(11)).await;
    tokio::time::resume();
    whoami(&server, &provider.token()).await.unwrap();
    assert_eq!(provider.fetches(), 2);
}

#[tokio::test]
async fn forged_tokens_of_a_provider_are_refused() {
    let provider = Provider::start().await;
    let server = Fixture::with_authentication(provider.settings()).await;
    let first = Header { kid: Some("first".to_owned()), ..Header::new(Algorithm::ES256) };
    let forged = jsonwebtoken::encode(&first, &provider.claims(), &new_key()).unwrap();
    assert_eq!(whoami(&server, &forged).await, Err(401));
    let good = provider.token();
    let (_, rest) = good.split_once('.').unwrap();
    for header in [r#"{"alg":"none"}"#, r#"{"alg":"HS256","kid":"first"}"#, r#"{"alg":"RS256"}"#] {
        let header = base64::prelude::BASE64_URL_SAFE_NO_PAD.encode(header);
        assert_eq!(whoami(&server, &format!("{header}.{rest}")).await, Err(401));
    }
    // The public key as a shared secret.
    let public = provider.key.lock().unwrap().0.as_bytes().to_vec();
    let confused = Header { kid: Some("first".to_owned()), ..Header::new(Algorithm::HS256) };
    let confused =
        jsonwebtoken::encode(&confused, &provider.claims(), &EncodingKey::from_secret(&public));
    assert_eq!(whoami(&server, &confused.unwrap()).await, Err(401));
    whoami(&server, &good).await.unwrap();
}

#[tokio::test]
async fn a_service_outside_reviews_what_nobody_else_knows_and_is_asked_once() {
    let hook = Hook::start(&["localhost"], |_, question| {
        let known = question["spec"]["token"] == "opaque";
        let user = json!({"username": "ada", "groups": ["dev"]});
        Said::Json(json!({"status": {"authenticated": known, "user": user}}))
    })
    .await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("kubeconfig");
    let authority = base64::prelude::BASE64_STANDARD.encode(&hook.authority);
    let kubeconfig = json!({
        "apiVersion": "v1", "kind": "Config", "current-context": "c",
        "clusters": [{"name": "c", "cluster": {
            "server": format!("https://localhost:{}/review", hook.port),
            "certificate-authority-data": authority,
        }}],
        "users": [{"name": "c", "user": {"token": "ours"}}],
        "contexts": [{"name": "c", "context": {"cluster": "c", "user": "c"}}],
    });
    std::fs::write(&file, kubeconfig.to_string()).unwrap();
    let settings =
        Authentication { token_webhook_config_file: Some(file), ..Authentication::default() };
    let server = Fixture::with_authentication(settings).await;
    for _ in 0..3 {
        let user = whoami(&server, "opaque").await.unwrap();
        assert_eq!(user, ("ada".to_owned(), json!(["dev", "system:authenticated"])));
        assert_eq!(whoami(&server, "unknown").await, Err(401));
    }
    let asked = hook.asked();
    assert_eq!(asked.len(), 2, "{asked:?}");
    assert_eq!(asked[0].1["kind"], "TokenReview");
    assert_eq!(asked[0].0, "/review");
}

#[tokio::test(start_paused = true)]
async fn without_anonymous_users_a_request_must_say_who_makes_it() {
    let settings = Authentication { anonymous: Some(false), ..Authentication::default() };
    let server = Fixture::with_authentication(settings).await;
    let request = Request::get("/version").body(Full::<bytes::Bytes>::default()).unwrap();
    let answer = Arc::clone(&server.api).handle(request, Peer::Unknown).await;
    assert_eq!(answer.status(), 401);
}

#[tokio::test(start_paused = true)]
async fn a_file_of_tokens_names_users() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("tokens");
    std::fs::write(&file, "one,ada,1,\"dev\"\n").unwrap();
    let settings = Authentication { token_auth_file: Some(file), ..Authentication::default() };
    let server = Fixture::with_authentication(settings).await;
    let user = whoami(&server, "one").await.unwrap();
    assert_eq!(user, ("ada".to_owned(), json!(["dev", "system:authenticated"])));
    assert_eq!(whoami(&server, "two").await, Err(401));
}

#[tokio::test(start_paused = true)]
async fn who_sends_a_password_is_anybody() {
    let server = Fixture::new().await;
    let code = async |path: &str, credentials: &str| {
        let request = Request::get(path).header("authorization", credentials);
        let request = request.body(Full::<bytes::Bytes>::default()).unwrap();
        Arc::clone(&server.api).handle(request, Peer::Unknown).await.status().as_u16()
    };
    for (path, password, token) in
        [("/readyz", 200, 401), ("/version", 200, 401), ("/api/v1/nodes", 403, 401)]
    {
        assert_eq!(code(path, "Basic YWRhOnNlY3JldA==").await, password, "{path}");
        assert_eq!(code(path, "Bearer unknown").await, token, "{path}");
    }
}

#[tokio::test]
async fn a_file_names_providers_and_what_their_claims_become() {
    let (one, two) = (Provider::start().await, Provider::start().await);
    let first = one.file("'one:' + claims.sub");
    let second = two.file("'two:' + claims.sub");
    let (_, second) = second.split_once("jwt:\n").unwrap();
    let server = Fixture::with_authentication(one.configured(&format!("{first}{second}"))).await;
    assert_eq!(whoami(&server, &one.token()).await.unwrap().0, "one:ada");
    assert_eq!(whoami(&server, &two.token()).await.unwrap().0, "two:ada");
    assert_eq!((one.fetches(), two.fetches()), (1, 1));
}

/// Nobody may ask here.
fn nobody_at(path: &str) -> String {
    format!(
        "apiVersion: apiserver.config.k8s.io/v1\nkind: AuthenticationConfiguration\n\
         anonymous: {{enabled: true, conditions: [{{path: {path}}}]}}\n"
    )
}

async fn nobody_gets(server: &Fixture, path: &str) -> u16 {
    let request = Request::get(path).body(Full::<bytes::Bytes>::default()).unwrap();
    Arc::clone(&server.api).handle(request, Peer::Unknown).await.status().as_u16()
}

#[tokio::test(start_paused = true)]
async fn a_file_says_where_nobody_may_ask_and_is_taken_up_again_when_it_changes() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("configuration");
    std::fs::write(&file, nobody_at("/livez")).unwrap();
    let settings = Authentication { config_file: Some(file.clone()), ..Authentication::default() };
    let server = Fixture::with_authentication(settings).await;
    for (path, code) in [("/livez?verbose", 200), ("/livez/ping", 401), ("/version", 401)] {
        assert_eq!(nobody_gets(&server, path).await, code, "{path}");
    }
    // What cannot be used changes nothing.
    std::fs::write(&file, "anonymous: {}").unwrap();
    tokio::time::sleep(std::time::Duration::from_mins(3)).await;
    assert_eq!(nobody_gets(&server, "/livez").await, 200);
    std::fs::write(&file, nobody_at("/version")).unwrap();
    let taken_up = async {
        while nobody_gets(&server, "/version").await != 200 {
            tokio::time::sleep(std::time::Duration::from_secs(10)).await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_mins(10), taken_up).await.unwrap();
    assert_eq!(nobody_gets(&server, "/livez").await, 401);
}

#[tokio::test]
async fn who_is_known_stays_known_when_other_things_change() {
    let provider = Provider::start().await;
    let first = provider.file("claims.sub");
    let settings = provider.configured(&first);
    let file = settings.config_file.clone().expect("a file");
    let server = Fixture::with_authentication(settings.clone()).await;
    whoami(&server, &provider.token()).await.unwrap();
    let authenticators = server.api.authenticators();
    let before = authenticators.providers.load_full();
    let outgoing = Arc::clone(server.api.registry().outgoing());
    let clock = base::Clock::simulated(EPOCH.parse().unwrap());
    let maker = Maker { settings, outgoing, clock };
    assert!(maker.look(&file, &before).await.unwrap().is_none(), "nothing has changed");
    std::fs::write(&file, provider.file("claims.sub + '!'")).unwrap();
    let changed = maker.look(&file, &before).await.unwrap().expect("a change");
    let user = changed.identify(&provider.token(), &mut Vec::new()).await.expect("a user");
    assert_eq!((user.name.as_str(), provider.fetches()), ("ada!", 1));
    // A new provider who cannot be asked, and no file at all.
    let gone = first.replace(&provider.issuer, "https://localhost:1");
    std::fs::write(&file, gone).unwrap();
    assert!(maker.look(&file, &before).await.is_err());
    std::fs::remove_file(&file).unwrap();
    assert!(maker.look(&file, &before).await.is_err());
}
