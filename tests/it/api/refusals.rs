//! Wrong requests, and the Status that answers each.

use expect_test::{Expect, expect};
use http::Method;
use kube::Client;

use crate::support::cluster::Cluster;
use crate::support::patience::until;
use crate::support::raw::{self, Answer, JSON, Media};
use crate::support::space::Space;

const MAPS: &str = "/api/v1/namespaces/refusals/configmaps";

async fn check(client: &Client, method: Method, path: &str, body: &str, expected: Expect) {
    let answer = raw::send(client, method, path, JSON, body).await;
    expected.assert_eq(&answer.status());
}

/// Asks until the answer is a good one: a server that is held up for a moment says that it is not ready.
async fn good(client: &Client, path: &str) -> Answer {
    let found = until(path, async || {
        let answer = raw::get(client, path).await;
        if answer.code == 200 { Ok(answer) } else { Err(format!("{answer:?}")) }
    });
    found.await
}

#[tokio::test]
async fn wrong_requests_are_answered_with_a_status() {
    let cluster = Cluster::shared().await;
    let space = Space::new(cluster.client().await, "refusals").await;
    let client = &space.client;
    let made = raw::send(client, Method::POST, MAPS, JSON, r#"{"metadata":{"name":"here"}}"#).await;
    assert_eq!(made.code, 201);
    let here = format!("{MAPS}/here");

    // 400
    check(client, Method::POST, MAPS, "{", expect!["400 BadRequest: couldn't get version/kind; json parse error: unexpected end of JSON input"]).await;
    check(client, Method::POST, MAPS, "", expect!["400 BadRequest: couldn't get version/kind; json parse error: unexpected end of JSON input"]).await;
    check(client, Method::POST, MAPS, "[]", expect!["400 BadRequest: couldn't get version/kind; json parse error: json: cannot unmarshal a value that is no object"]).await;
    check(
        client,
        Method::POST,
        MAPS,
        r#"{"kind":"Pod","apiVersion":"v1","metadata":{"name":"x"}}"#,
        expect![[r#"400 BadRequest: Pod in version "v1" cannot be handled as a ConfigMap: converting (Pod) to (ConfigMap): unknown conversion"#]],
    )
    .await;
    check(
        client,
        Method::POST,
        MAPS,
        r#"{"metadata":{"name":"x","namespace":"other"}}"#,
        expect!["400 BadRequest: the namespace of the provided object does not match the namespace sent on the request (other is not refusals)"],
    )
    .await;
    check(client, Method::PUT, &here, r#"{"metadata":{"name":"there"}}"#, expect!["400 BadRequest: the name of the object (there) does not match the name on the URL (here)"]).await;
    check(client, Method::POST, MAPS, r#"{"metadata":{"name":"x"},"data":{"a":1}}"#, expect![[r#"400 BadRequest: ConfigMap in version "v1" cannot be handled as a ConfigMap: json: cannot unmarshal number into Go struct field ConfigMap.data of type string"#]])
        .await;
    check(
        client,
        Method::POST,
        MAPS,
        r#"{"metadata":{"name":"x","resourceVersion":"5"}}"#,
        expect!["400 BadRequest: resourceVersion should not be set on objects to be created"],
    )
    .await;
    check(
        client,
        Method::GET,
        &format!("{MAPS}?labelSelector=a%3D%3D%3Db"),
        "",
        expect!["400 BadRequest: unable to parse requirement: found '=', expected: identifier"],
    )
    .await;
    check(
        client,
        Method::GET,
        &format!("{MAPS}?fieldSelector=data%3Dx"),
        "",
        expect!["400 BadRequest: field label not supported: data"],
    )
    .await;
    check(
        client,
        Method::GET,
        &format!("{MAPS}?limit=many"),
        "",
        expect![[r#"400 BadRequest: strconv.ParseInt: parsing "many": invalid syntax"#]],
    )
    .await;
    check(
        client,
        Method::GET,
        &format!("{MAPS}?continue=nonsense"),
        "",
        expect!["400 BadRequest: continue key is not valid: the token cannot be read"],
    )
    .await;
    check(
        client,
        Method::GET,
        &format!("{MAPS}?resourceVersion=old"),
        "",
        expect![[r#"400 BadRequest: Invalid value: "old": invalid resource version"#]],
    )
    .await;
    // 404
    check(
        client,
        Method::GET,
        &format!("{MAPS}/nobody"),
        "",
        expect![[r#"404 NotFound: configmaps "nobody" not found"#]],
    )
    .await;
    check(
        client,
        Method::POST,
        "/api/v1/namespaces/nowhere/configmaps",
        r#"{"metadata":{"name":"x"}}"#,
        expect![[r#"404 NotFound: namespaces "nowhere" not found"#]],
    )
    .await;
    check(
        client,
        Method::GET,
        "/apis/none.example/v1/things",
        "",
        expect!["404 NotFound: the server could not find the requested resource"],
    )
    .await;
    check(
        client,
        Method::GET,
        "/api/v1/namespaces/refusals/nothings",
        "",
        expect!["404 NotFound: the server could not find the requested resource"],
    )
    .await;
    check(
        client,
        Method::GET,
        &format!("{here}/status"),
        "",
        expect!["404 NotFound: the server could not find the requested resource"],
    )
    .await;
    // 405
    check(
        client,
        Method::DELETE,
        "/api/v1/namespaces/refusals/bindings",
        "",
        expect![
            "405 MethodNotAllowed: the server does not allow this method on the requested resource"
        ],
    )
    .await;
    check(
        client,
        Method::POST,
        &here,
        r#"{"metadata":{"name":"here"}}"#,
        expect![
            "405 MethodNotAllowed: the server does not allow this method on the requested resource"
        ],
    )
    .await;
    // 409
    check(
        client,
        Method::POST,
        MAPS,
        r#"{"metadata":{"name":"here"}}"#,
        expect![[r#"409 AlreadyExists: configmaps "here" already exists"#]],
    )
    .await;
    check(
        client,
        Method::PUT,
        &here,
        r#"{"metadata":{"name":"here","resourceVersion":"1"}}"#,
        expect![[r#"409 Conflict: Operation cannot be fulfilled on configmaps "here": the object has been modified; please apply your changes to the latest version and try again"#]],
    )
    .await;
    // 422
    check(client, Method::POST, MAPS, r#"{"metadata":{"name":"No"}}"#, expect![[r#"422 Invalid: ConfigMap "No" is invalid: metadata.name: Invalid value: "No": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"#]]).await;
    check(client, Method::POST, MAPS, r#"{"metadata":{}}"#, expect![[r#"422 Invalid: ConfigMap "" is invalid: metadata.name: Required value: name or generateName is required"#]]).await;
    check(client, Method::GET, &format!("{MAPS}?watch=true&sendInitialEvents=true"), "", expect![[r#"422 Invalid: ListOptions.meta.k8s.io "" is invalid: resourceVersionMatch: Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan"#]])
        .await;
}

#[tokio::test]
async fn wrong_media_types_are_refused() {
    let cluster = Cluster::shared().await;
    let space = Space::new(cluster.client().await, "media").await;
    let path = "/api/v1/namespaces/media/configmaps";
    let media = Media { sends: "text/xml", ..JSON };
    let answer = raw::send(&space.client, Method::POST, path, media, "<a/>").await;
    expect!["415 UnsupportedMediaType: the body of the request was in an unknown format - accepted media types include: application/json, application/yaml, application/vnd.kubernetes.protobuf"].assert_eq(&answer.status());
    let answer =
        raw::send(&space.client, Method::PATCH, &format!("{path}/kube-root-ca.crt"), JSON, "{}")
            .await;
    expect!["415 UnsupportedMediaType: the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/strategic-merge-patch+json, application/apply-patch+yaml"].assert_eq(&answer.status());
    let media = Media { accepts: "text/html", ..JSON };
    let answer = raw::send(&space.client, Method::GET, path, media, "").await;
    expect!["406 NotAcceptable: only the following media types are accepted: application/json, application/yaml"].assert_eq(&answer.status());
    let protobuf = Media { sends: "application/vnd.kubernetes.protobuf", ..JSON };
    for body in [b"k8s\0\xff\xff\xff\xff".as_slice(), b"none", b""] {
        let answer = raw::send(&space.client, Method::POST, path, protobuf, body).await;
        assert!(answer.status().starts_with("400 BadRequest: "), "{}", answer.status());
    }
}

#[tokio::test]
async fn a_body_that_is_too_large_is_refused_and_the_server_lives() {
    let cluster = Cluster::shared().await;
    let space = Space::new(cluster.client().await, "large").await;
    let path = "/api/v1/namespaces/large/configmaps";
    let body = format!(r#"{{"metadata":{{"name":"x"}},"data":{{"a":"{}"}}}}"#, "x".repeat(4 << 20));
    let answer = raw::send(&space.client, Method::POST, path, JSON, body).await;
    assert!(answer.status().starts_with("413 RequestEntityTooLarge: "), "{}", answer.status());
    let body =
        format!(r#"{{"metadata":{{"name":"x"}},"data":{{"a":"{}"}}}}"#, "x".repeat((1 << 20) + 1));
    let answer = raw::send(&space.client, Method::POST, path, JSON, body).await;
    assert!(answer.status().starts_with("422 Invalid: "), "{}", answer.status());
    let deep = format!("{{\"a\":{}1{}}}", "[".repeat(100_000), "]".repeat(100_000));
    let answer = raw::send(&space.client, Method::POST, path, JSON, deep).await;
    assert_eq!(answer.code, 400, "{}", answer.status());
    assert_eq!(good(&space.client, "/readyz").await.body, "ok");
}

#[tokio::test]
async fn who_shows_nothing_gets_in_nowhere_but_to_health() {
    let cluster = Cluster::shared().await;
    let mut config = cluster.config().await;
    config.auth_info = kube::config::AuthInfo::default();
    let nobody = Client::try_from(config).expect("a client");
    let answer = raw::get(&nobody, "/api/v1/pods").await;
    expect![[r#"403 Forbidden: pods is forbidden: User "system:anonymous" cannot list resource "pods" in API group "" at the cluster scope"#]].assert_eq(&answer.status());
    for path in ["/api", "/apis/apps/v1", "/openapi/v3", "/metrics"] {
        let answer = raw::get(&nobody, path).await;
        let refusal = format!(
            r#"403 Forbidden: forbidden: User "system:anonymous" cannot get path "{path}""#
        );
        assert_eq!(answer.status(), refusal);
    }
    for path in ["/healthz", "/livez", "/readyz", "/version"] {
        good(&nobody, path).await;
    }
}
