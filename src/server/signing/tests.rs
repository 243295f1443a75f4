use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::Request as HttpRequest;
use http_body_util::Full;
use rcgen::{CertificateParams, DistinguishedName, DnType, KeyPair};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;
use serde_json::{Value, json};
use x509_parser::prelude::{FromDer, X509Certificate};

use super::*;
use crate::User;
use crate::authenticate::Peer;
use crate::testing::{EPOCH, Fixture, Reply};

const REQUESTS: &str = "/apis/certificates.k8s.io/v1/certificatesigningrequests";
const CLIENT: &str = "kubernetes.io/kube-apiserver-client";
const KUBELET: &str = "kubernetes.io/kube-apiserver-client-kubelet";

/// A request of a new key, PEM.
fn pem(name: &str, group: &str) -> String {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    if !group.is_empty() {
        params.distinguished_name.push(DnType::OrganizationName, group);
    }
    params.serialize_request(&KeyPair::generate().unwrap()).unwrap().pem().unwrap()
}

fn object(name: &str, signer: &str, pem: &str) -> Value {
    json!({
        "apiVersion": "certificates.k8s.io/v1", "kind": "CertificateSigningRequest",
        "metadata": {"name": name},
        "spec": {
            "request": STANDARD.encode(pem), "signerName": signer, "expirationSeconds": 3600,
            "usages": ["client auth", "digital signature"], "username": "somebody else",
        },
    })
}

fn approved() -> Value {
    json!({"status": {"conditions": [
        {"type": "Approved", "status": "True", "reason": "Test", "message": "why not"},
    ]}})
}

async fn as_user(server: &Fixture, user: &User, method: &str, path: &str, body: &Value) -> Reply {
    let media = if method == "PATCH" { "application/merge-patch+json" } else { "application/json" };
    let request = HttpRequest::builder().method(method).uri(path).header("content-type", media);
    server.send(user.clone(), request.body(Full::new(body.to_string().into())).unwrap()).await
}

/// The next state of a request for which something holds.
async fn until(server: &Fixture, name: &str, holds: impl Fn(&Value) -> bool) -> Value {
    let mut watch =
        server.watch(&format!("{REQUESTS}?watch=1&fieldSelector=metadata.name={name}")).await;
    loop {
        let object = watch.next().await.unwrap()["object"].clone();
        if holds(&object) {
            return object;
        }
    }
}

fn is_issued(object: &Value) -> bool {
    object["status"]["certificate"].is_string()
}

#[tokio::test(start_paused = true)]
async fn an_approved_request_becomes_a_certificate_that_the_api_knows() {
    let server = Fixture::new().await;
    let created =
        server.post(REQUESTS, &object("ada", CLIENT, &pem("ada", "dev"))).await.expect(201);
    // Who asks is said by the server.
    assert_eq!(created["spec"]["username"], "system:admin");
    let path = format!("{REQUESTS}/ada/approval");
    let answer = server.patch(&path, "merge", &approved()).await.expect(200);
    let condition = &answer["status"]["conditions"][0];
    assert_eq!(condition["type"], "Approved");
    let times = [&condition["lastUpdateTime"], &condition["lastTransitionTime"]];
    assert_eq!(times, [EPOCH, EPOCH], "the server says when");
    let issued = until(&server, "ada", is_issued).await;
    let pem = STANDARD.decode(issued["status"]["certificate"].as_str().unwrap()).unwrap();
    let der = CertificateDer::from_pem_slice(&pem).unwrap();
    let (_, certificate) = X509Certificate::from_der(&der).unwrap();
    let validity = certificate.validity();
    let epoch = EPOCH.parse::<Timestamp>().unwrap().as_second();
    assert_eq!(validity.not_before.timestamp(), epoch - 300);
    assert_eq!(validity.not_after.timestamp(), epoch + 3600);
    assert!(!certificate.is_ca());
    let peer = server.api.authenticators().peer(std::slice::from_ref(&der));
    let Peer::Certified(known) = &peer else { panic!("it is known") };
    let user = &known.client.as_ref().unwrap().user;
    assert_eq!((user.name.as_str(), user.groups[0].as_str()), ("ada", "dev"));
    // It ends in the middle of a connection, too.
    let ask = || async {
        let request = HttpRequest::get("/api").body(Full::<bytes::Bytes>::default()).unwrap();
        std::sync::Arc::clone(&server.api).handle(request, peer.clone()).await.status().as_u16()
    };
    assert_eq!(ask().await, 200);
    tokio::time::advance(Duration::from_hours(1)).await;
    assert_eq!(ask().await, 401);
}

#[tokio::test(start_paused = true)]
async fn who_may_not_approve_does_not_and_the_status_is_no_way_around() {
    let server = Fixture::new().await;
    server.post(REQUESTS, &object("ada", CLIENT, &pem("ada", ""))).await.expect(201);
    let role = json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole",
        "metadata": {"name": "clerk"},
        "rules": [{
            "apiGroups": ["certificates.k8s.io"],
            "resources": ["certificatesigningrequests/approval", "certificatesigningrequests/status"],
            "verbs": ["update", "patch"],
        }],
    });
    let roles = "/apis/rbac.authorization.k8s.io/v1";
    server.post(&format!("{roles}/clusterroles"), &role).await.expect(201);
    let binding = json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding",
        "metadata": {"name": "clerk"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "clerk"},
        "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "clerk"}],
    });
    server.post(&format!("{roles}/clusterrolebindings"), &binding).await.expect(201);
    let clerk = User::new("clerk", &[]);
    let approval = format!("{REQUESTS}/ada/approval");
    let refused = as_user(&server, &clerk, "PATCH", &approval, &approved()).await;
    let message = refused.failure(403, "Forbidden");
    assert!(
        message.contains("user not permitted to approve requests with signerName"),
        "{message}"
    );
    let status = format!("{REQUESTS}/ada/status");
    let certificate = json!({"status": {"certificate": STANDARD.encode("no")}});
    let refused = as_user(&server, &clerk, "PATCH", &status, &certificate).await;
    let message = refused.failure(403, "Forbidden");
    assert!(message.contains("user not permitted to sign requests with signerName"), "{message}");
    // Not even an administrator decides through the status, or asks through the approval.
    let decided = server.patch(&status, "merge", &approved()).await.expect(200);
    assert_eq!(decided["status"].get("conditions"), None);
    let patch = json!({"spec": {"signerName": KUBELET}});
    let kept = server.patch(&approval, "merge", &patch).await.expect(200);
    assert_eq!(kept["spec"]["signerName"], CLIENT);
}

#[tokio::test(start_paused = true)]
async fn a_denied_request_stays_unsigned_and_both_at_once_are_refused() {
    let server = Fixture::new().await;
    server.post(REQUESTS, &object("ada", CLIENT, &pem("ada", ""))).await.expect(201);
    let path = format!("{REQUESTS}/ada/approval");
    let denied = json!({"status": {"conditions": [{"type": "Denied", "status": "True"}]}});
    server.patch(&path, "merge", &denied).await.expect(200);
    let both = json!({"status": {"conditions": [
        {"type": "Denied", "status": "True"}, {"type": "Approved", "status": "True"},
    ]}});
    server.patch(&path, "merge", &both).await.failure(422, "Invalid");
    let object = server.get(&format!("{REQUESTS}/ada")).await.expect(200);
    assert!(!is_issued(&object));
    assert_eq!(decide(&object), Step::Wait);
}

#[tokio::test(start_paused = true)]
async fn nobody_asks_for_an_administrators_certificate_or_with_something_else_than_a_request() {
    let server = Fixture::new().await;
    let masters = object("root", CLIENT, &pem("root", "system:masters"));
    let message = server.post(REQUESTS, &masters).await.failure(403, "Forbidden");
    assert!(message.contains("system:masters group is not allowed"), "{message}");
    let wrong = "-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----\n";
    server.post(REQUESTS, &object("wrong", CLIENT, wrong)).await.failure(422, "Invalid");
    // A request whose signature is another's.
    let (one, two) = (pem("one", ""), pem("two", ""));
    let (one, two) = (
        x509_parser::pem::Pem::iter_from_buffer(one.as_bytes()).next().unwrap().unwrap(),
        x509_parser::pem::Pem::iter_from_buffer(two.as_bytes()).next().unwrap().unwrap(),
    );
    let end = one.contents.len() - 60;
    let mut mixed = one.contents.clone();
    let other_end = two.contents.len() - 60;
    mixed.truncate(end);
    mixed.extend_from_slice(&two.contents[other_end..]);
    let body = STANDARD.encode(mixed);
    let mixed =
        format!("-----BEGIN CERTIFICATE REQUEST-----\n{body}\n-----END CERTIFICATE REQUEST-----\n");
    server.post(REQUESTS, &object("mixed", CLIENT, &mixed)).await.failure(422, "Invalid");
}

#[tokio::test(start_paused = true)]
async fn a_node_that_joins_gets_its_certificate_without_asking_anybody() {
    let server = Fixture::new().await;
    let bind = async |name: &str, role: &str, group: &str| {
        let binding = json!({
            "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding",
            "metadata": {"name": name},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role},
            "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "Group", "name": group}],
        });
        let path = "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings";
        server.post(path, &binding).await.expect(201);
    };
    let bootstrappers = "system:bootstrappers";
    bind("join", "system:node-bootstrapper", bootstrappers).await;
    let joining = User::new("system:bootstrap:abcdef", &[bootstrappers]);
    let ask = async |name: &str, signer: &str| {
        let object = object(name, signer, &pem("system:node:two", "system:nodes"));
        as_user(&server, &joining, "POST", REQUESTS, &object).await.expect(201)
    };
    // Without the permission it waits for a person.
    let created = ask("early", KUBELET).await;
    assert_eq!(created["spec"]["username"], "system:bootstrap:abcdef");
    let role = "system:certificates.k8s.io:certificatesigningrequests:nodeclient";
    bind("approve", role, bootstrappers).await;
    ask("join", KUBELET).await;
    let issued = until(&server, "join", is_issued).await;
    assert_eq!(issued["status"]["conditions"][0]["reason"], "AutoApproved");
    let early = server.get(&format!("{REQUESTS}/early")).await.expect(200);
    assert_eq!(early["status"].get("conditions"), None);
}

#[tokio::test(start_paused = true)]
async fn what_the_signer_does_not_sign_fails_with_the_reason() {
    let server = Fixture::new().await;
    server.post(REQUESTS, &object("ada", KUBELET, &pem("ada", "dev"))).await.expect(201);
    server.patch(&format!("{REQUESTS}/ada/approval"), "merge", &approved()).await.expect(200);
    let failed =
        until(&server, "ada", |object| object["status"]["conditions"][1].is_object()).await;
    let condition = &failed["status"]["conditions"][1];
    assert_eq!(
        (&condition["type"], &condition["reason"]),
        (&"Failed".into(), &"SignerValidationFailure".into())
    );
    assert_eq!(condition["message"], "subject organization is not system:nodes");
    // Somebody else's signer is somebody else's business.
    server.post(REQUESTS, &object("other", "example.com/own", &pem("ada", ""))).await.expect(201);
    server.patch(&format!("{REQUESTS}/other/approval"), "merge", &approved()).await.expect(200);
    let other = server.get(&format!("{REQUESTS}/other")).await.expect(200);
    assert_eq!(decide(&other), Step::Wait);
}

#[test]
fn a_certificate_lives_as_asked_but_within_bounds() {
    assert_eq!(life(None), LIFE);
    assert_eq!(life(Some(3600)), SignedDuration::from_hours(1));
    assert_eq!(life(Some(1)), LIFE_MIN);
    assert_eq!(life(Some(i64::from(i32::MAX))), LIFE);
}
