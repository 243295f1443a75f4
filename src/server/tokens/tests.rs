use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::Request;
use http_body_util::Full;
use serde_json::{Value, json};

use super::ISSUER;
use crate::authenticate::Peer;
use crate::testing::Fixture;

const ACCOUNTS: &str = "/api/v1/namespaces/default/serviceaccounts";
const PODS: &str = "/api/v1/namespaces/default/pods";
const SECRETS: &str = "/api/v1/namespaces/default/secrets";
const REVIEWS: &str = "/apis/authentication.k8s.io/v1/tokenreviews";

async fn request(server: &Fixture, spec: Value) -> Value {
    let request = json!({
        "apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": spec,
    });
    server.post(&format!("{ACCOUNTS}/default/token"), &request).await.expect(201)
}

async fn token(server: &Fixture, spec: Value) -> String {
    request(server, spec).await["status"]["token"].as_str().unwrap().to_owned()
}

/// What the server answers to the question who asks, or its code.
async fn whoami(server: &Fixture, token: &str) -> Result<Value, u16> {
    let review = json!({
        "apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview",
    });
    let request = Request::post("/apis/authentication.k8s.io/v1/selfsubjectreviews")
        .header("authorization", format!("Bearer {token}"))
        .body(Full::new(review.to_string().into()))
        .unwrap();
    let answer = std::sync::Arc::clone(&server.api).handle(request, Peer::Unknown).await;
    let reply = crate::testing::read(answer).await;
    if reply.code == 201 { Ok(reply.json()["status"]["userInfo"].clone()) } else { Err(reply.code) }
}

async fn review(server: &Fixture, token: &str, audiences: &[&str]) -> Value {
    let review = json!({
        "apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview",
        "spec": {"token": token, "audiences": audiences},
    });
    server.post(REVIEWS, &review).await.expect(201)["status"].clone()
}

fn pod(name: &str) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": name},
        "spec": {"containers": [{"name": "one", "image": "one"}], "nodeName": "worker"},
    })
}

#[tokio::test(start_paused = true)]
async fn a_token_names_its_account_until_it_expires() {
    let server = Fixture::new().await;
    let answer = request(&server, json!({ "expirationSeconds": 600 })).await;
    assert_eq!(answer["status"]["expirationTimestamp"], "2026-01-01T00:10:00Z");
    assert_eq!(answer["spec"]["audiences"], json!([ISSUER]));
    let token = answer["status"]["token"].as_str().unwrap();
    let user = whoami(&server, token).await.unwrap();
    assert_eq!(user["username"], "system:serviceaccount:default:default");
    assert_eq!(
        user["groups"],
        json!(["system:serviceaccounts", "system:serviceaccounts:default", "system:authenticated"])
    );
    let id = user["extra"]["authentication.kubernetes.io/credential-id"][0].as_str().unwrap();
    assert!(id.starts_with("JTI="), "{id}");
    tokio::time::advance(Duration::from_mins(10)).await;
    whoami(&server, token).await.unwrap();
    tokio::time::advance(Duration::from_mins(1)).await;
    assert_eq!(whoami(&server, token).await, Err(401), "clocks differ by less");
}

#[tokio::test(start_paused = true)]
async fn a_pods_token_lasts_for_a_program_that_reads_it_once() {
    let server = Fixture::new().await;
    server.post(PODS, &pod("one")).await.expect(201);
    let reference = json!({"kind": "Pod", "apiVersion": "v1", "name": "one"});
    let spec = json!({ "expirationSeconds": 3607, "boundObjectRef": reference });
    let answer = request(&server, spec.clone()).await;
    assert_eq!(answer["status"]["expirationTimestamp"], "2026-01-01T01:00:07Z");
    let token = answer["status"]["token"].as_str().unwrap();
    let claims = URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap()).unwrap();
    let claims: Value = serde_json::from_slice(&claims).unwrap();
    let asked = claims["iat"].as_i64().unwrap() + 3607;
    assert_eq!(claims["kubernetes.io"]["warnafter"], asked);
    let stale = async || {
        let text = String::from_utf8(server.get("/metrics").await.body.to_vec()).unwrap();
        let line = text.lines().find(|line| line.starts_with("serviceaccount_stale_tokens_total"));
        line.unwrap().rsplit(' ').next().unwrap().to_owned()
    };
    whoami(&server, token).await.unwrap();
    assert_eq!(stale().await, "0");
    let mut foreign = spec;
    foreign["audiences"] = json!(["vault"]);
    let foreign = self::token(&server, foreign).await;
    tokio::time::advance(Duration::from_hours(24 * 364)).await;
    whoami(&server, token).await.unwrap();
    assert_eq!(stale().await, "1");
    let refused = review(&server, &foreign, &["vault"]).await;
    assert!(refused["error"].as_str().unwrap().contains("expired"), "{refused}");
    tokio::time::advance(Duration::from_hours(25)).await;
    assert_eq!(whoami(&server, token).await, Err(401));
}

#[tokio::test(start_paused = true)]
async fn a_token_for_somebody_else_is_refused_here_and_known_to_a_review_for_them() {
    let server = Fixture::new().await;
    let token = token(&server, json!({ "audiences": ["vault", "safe"] })).await;
    assert_eq!(whoami(&server, &token).await, Err(401));
    let status = review(&server, &token, &["vault", "bank"]).await;
    assert_eq!(status["authenticated"], true);
    assert_eq!(status["audiences"], json!(["vault"]));
    let refused = review(&server, &token, &[]).await;
    assert_eq!(refused.get("authenticated"), None);
    assert!(refused["error"].as_str().unwrap().contains("not for this audience"), "{refused}");
}

#[tokio::test(start_paused = true)]
async fn a_token_ends_with_its_account_even_if_another_takes_the_name() {
    let server = Fixture::new().await;
    let token = token(&server, json!({})).await;
    whoami(&server, &token).await.unwrap();
    server.delete(&format!("{ACCOUNTS}/default"), &Value::Null).await.expect(200);
    assert_eq!(whoami(&server, &token).await, Err(401));
    let again = json!({
        "apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default"}
    });
    server.post(ACCOUNTS, &again).await.expect(201);
    assert_eq!(whoami(&server, &token).await, Err(401));
}

#[tokio::test(start_paused = true)]
async fn a_token_bound_to_a_pod_says_where_it_runs_and_ends_with_it() {
    let server = Fixture::new().await;
    let node = json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "worker"}});
    let node = server.post("/api/v1/nodes", &node).await.expect(201);
    let created = server.post(PODS, &pod("one")).await.expect(201);
    let reference = json!({"kind": "Pod", "apiVersion": "v1", "name": "one"});
    let token = token(&server, json!({ "boundObjectRef": reference })).await;
    let user = whoami(&server, &token).await.unwrap();
    let extra = |key: &str| &user["extra"][format!("authentication.kubernetes.io/{key}")][0];
    assert_eq!(extra("pod-name"), "one");
    assert_eq!(extra("pod-uid"), &created["metadata"]["uid"]);
    assert_eq!(extra("node-name"), "worker");
    assert_eq!(extra("node-uid"), &node["metadata"]["uid"]);
    // A pod that is being deleted keeps its token until its time is up, and a minute.
    server.delete(&format!("{PODS}/one"), &json!({"gracePeriodSeconds": 30})).await.expect(200);
    whoami(&server, &token).await.unwrap();
    tokio::time::advance(Duration::from_secs(91)).await;
    assert_eq!(whoami(&server, &token).await, Err(401));
}

#[tokio::test(start_paused = true)]
async fn a_pod_may_take_longer_to_end_than_any_clock_shows() {
    let server = Fixture::new().await;
    server.post(PODS, &pod("one")).await.expect(201);
    let reference = json!({"kind": "Pod", "apiVersion": "v1", "name": "one"});
    let token = token(&server, json!({ "boundObjectRef": reference })).await;
    let options = json!({ "gracePeriodSeconds": i64::MAX });
    server.delete(&format!("{PODS}/one"), &options).await.expect(200);
    whoami(&server, &token).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_token_bound_to_a_secret_or_a_node_ends_with_it() {
    let server = Fixture::new().await;
    let secret = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "one"}});
    server.post(SECRETS, &secret).await.expect(201);
    let node = json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "one"}});
    server.post("/api/v1/nodes", &node).await.expect(201);
    for (kind, path) in [("Secret", SECRETS), ("Node", "/api/v1/nodes")] {
        let reference = json!({"kind": kind, "apiVersion": "v1", "name": "one"});
        let token = token(&server, json!({ "boundObjectRef": reference })).await;
        whoami(&server, &token).await.unwrap();
        server.delete(&format!("{path}/one"), &Value::Null).await.expect(200);
        assert_eq!(whoami(&server, &token).await, Err(401), "{kind}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_token_cannot_be_bound_to_is_said() {
    let server = Fixture::new().await;
    server.post(PODS, &pod("one")).await.expect(201);
    let other = json!({
        "apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "other"}
    });
    server.post(ACCOUNTS, &other).await.expect(201);
    let ask = async |account: &str, spec: Value| {
        let request = json!({
            "apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": spec,
        });
        server.post(&format!("{ACCOUNTS}/{account}/token"), &request).await
    };
    let bound = |kind: &str, name: &str, uid: &str| json!({"boundObjectRef": {"kind": kind, "apiVersion": "v1", "name": name, "uid": uid}});
    let message = ask("other", bound("Pod", "one", "")).await.failure(400, "BadRequest");
    assert!(message.contains("different serviceaccount name"), "{message}");
    let message = ask("default", bound("Pod", "one", "not-it")).await.failure(409, "Conflict");
    assert!(message.contains("does not match the UID in record"), "{message}");
    ask("default", bound("Pod", "two", "")).await.failure(404, "NotFound");
    let message = ask("default", bound("ConfigMap", "one", "")).await.failure(400, "BadRequest");
    assert!(message.contains("cannot bind token to object of type"), "{message}");
    let message = ask("default", json!({"expirationSeconds": 5})).await.failure(422, "Invalid");
    assert!(message.contains("may not specify a duration less than 10 minutes"), "{message}");
    ask("nobody", json!({})).await.failure(404, "NotFound");
}

#[tokio::test(start_paused = true)]
async fn a_secret_that_names_an_account_gets_a_token_and_goes_with_the_account() {
    let server = Fixture::new().await;
    let secret = json!({
        "apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/service-account-token",
        "metadata": {
            "name": "old", "annotations": {"kubernetes.io/service-account.name": "default"},
        },
    });
    let mut watch =
        server.watch(&format!("{SECRETS}?watch=1&fieldSelector=metadata.name=old")).await;
    server.post(SECRETS, &secret).await.expect(201);
    assert_eq!(watch.brief().await, "ADDED old");
    let filled = watch.next().await.unwrap()["object"].clone();
    let decode = |key: &str| {
        let text = filled["data"][key].as_str().unwrap();
        String::from_utf8(base64::prelude::BASE64_STANDARD.decode(text).unwrap()).unwrap()
    };
    assert_eq!(decode("namespace"), "default");
    assert!(decode("ca.crt").starts_with("-----BEGIN CERTIFICATE-----"));
    let token = decode("token");
    let user = whoami(&server, &token).await.unwrap();
    assert_eq!(user["username"], "system:serviceaccount:default:default");
    // A token counts only as long as its Secret holds it.
    let patch = json!({"data": {"token": "bm90IGl0"}});
    server.patch(&format!("{SECRETS}/old"), "merge", &patch).await.expect(200);
    assert_eq!(whoami(&server, &token).await, Err(401));
    assert_eq!(watch.brief().await, "MODIFIED old");
    server.delete(&format!("{ACCOUNTS}/default"), &Value::Null).await.expect(200);
    assert_eq!(watch.brief().await, "DELETED old");
}

#[tokio::test(start_paused = true)]
async fn forged_and_broken_tokens_are_refused() {
    let server = Fixture::new().await;
    let good = token(&server, json!({})).await;
    let parts: Vec<&str> = good.split('.').collect();
    let (header, claims, signature) = (parts[0], parts[1], parts[2]);
    let encode = |text: &str| URL_SAFE_NO_PAD.encode(text);
    let admin = String::from_utf8(URL_SAFE_NO_PAD.decode(claims).unwrap()).unwrap();
    let admin = encode(&admin.replace("default:default", "kube-system:admin"));
    let none = encode(r#"{"alg":"none","typ":"JWT"}"#);
    let symmetric = encode(r#"{"alg":"HS256","typ":"JWT"}"#);
    let other_key = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).unwrap();
    let other_key =
        jsonwebtoken::EncodingKey::from_ec_pem(other_key.serialize_pem().as_bytes()).unwrap();
    let body: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).unwrap()).unwrap();
    let es256 = jsonwebtoken::Header::new(jsonwebtoken::Algorithm::ES256);
    let forged = [
        format!("{header}.{admin}.{signature}"),
        format!("{none}.{claims}."),
        format!("{none}.{claims}.{signature}"),
        format!("{symmetric}.{claims}.{signature}"),
        format!("{header}.{claims}"),
        format!("{header}.{claims}."),
        format!("{header}.{claims}.{}", &signature[..20]),
        format!("{good}.{signature}"),
        jsonwebtoken::encode(&es256, &body, &other_key).unwrap(),
        "..".to_owned(),
        "\u{0}".to_owned().escape_default().to_string(),
        "a.b.c".to_owned(),
        encode("{}") + "." + &encode("{}") + "." + &encode("{}"),
        "x".repeat(60 << 10),
        format!("{header}.{}.{signature}", encode(&"[".repeat(30_000))),
    ];
    for token in forged {
        assert_eq!(whoami(&server, &token).await, Err(401), "{token:.60}");
        let status = review(&server, &token, &[]).await;
        assert_eq!(status.get("authenticated"), None, "{status}");
    }
    whoami(&server, &good).await.unwrap();
    let empty = json!({
        "apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "spec": {"token": ""},
    });
    let message = server.post(REVIEWS, &empty).await.failure(400, "BadRequest");
    assert_eq!(message, "token is required for TokenReview in authentication");
}

#[tokio::test(start_paused = true)]
async fn others_can_check_tokens_by_what_the_server_publishes() {
    let server = Fixture::new().await;
    let token = token(&server, json!({})).await;
    let document = server.get("/.well-known/openid-configuration").await;
    assert_eq!(document.headers["content-type"], "application/json");
    let document = document.expect(200);
    assert_eq!(document["issuer"], ISSUER);
    assert_eq!(document["jwks_uri"], "https://127.0.0.1:6443/openid/v1/jwks");
    assert_eq!(document["id_token_signing_alg_values_supported"], json!(["ES256"]));
    let keys = server.get("/openid/v1/jwks").await;
    assert_eq!(keys.headers["content-type"], "application/jwk-set+json");
    let keys: jsonwebtoken::jwk::JwkSet = serde_json::from_value(keys.expect(200)).unwrap();
    let id = jsonwebtoken::decode_header(&token).unwrap().kid.unwrap();
    let key = jsonwebtoken::DecodingKey::from_jwk(keys.find(&id).unwrap()).unwrap();
    let checks = super::keys::signature_only(jsonwebtoken::Algorithm::ES256);
    let claims = jsonwebtoken::decode::<Value>(&token, &key, &checks).unwrap().claims;
    assert_eq!(claims["sub"], "system:serviceaccount:default:default");
    // Accounts may look, strangers may not.
    let account =
        crate::User::new("system:serviceaccount:default:default", &["system:serviceaccounts"]);
    let look = || Request::get("/openid/v1/jwks").body(Full::default()).unwrap();
    assert_eq!(server.send(account, look()).await.code, 200);
    assert_eq!(server.send(crate::User::new("somebody", &[]), look()).await.code, 403);
}

#[tokio::test(start_paused = true)]
async fn a_token_is_for_a_hundred_audiences_at_most() {
    let server = Fixture::new().await;
    let audiences = |count: usize| -> Vec<String> { (0..count).map(|n| n.to_string()).collect() };
    let issued = request(&server, json!({"audiences": audiences(100)})).await;
    assert_eq!(issued["spec"]["audiences"].as_array().unwrap().len(), 100);
    let many = json!({
        "apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest",
        "spec": {"audiences": audiences(101)},
    });
    let refused = server.post(&format!("{ACCOUNTS}/default/token"), &many).await;
    let message = refused.failure(422, "Invalid");
    assert!(message.contains("spec.audiences: Too many: 101: must have at most 100 items"));
}
