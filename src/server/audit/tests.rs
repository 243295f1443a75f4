//! The log, as requests to a server fill it.

mod webhooks;

use std::convert::Infallible;
use std::io::Write;

use bytes::Bytes;
use futures::FutureExt;
use http::{Method, Request};
use http_body::Frame;
use http_body_util::{Full, StreamBody};
use serde_json::{Value, json};
use tower::ServiceExt;

use super::policy::Policy;
use super::{Audit, AuditLog, AuditWebhook, QUEUE_BYTES};
use crate::User;
use crate::testing::Fixture;

const MAPS: &str = "/api/v1/namespaces/default/configmaps";

struct Audited {
    server: Fixture,
    folder: tempfile::TempDir,
}

impl Audited {
    async fn new(rules: &str) -> Self {
        Self::with_webhook(rules, None).await
    }

    async fn with_webhook(rules: &str, webhook: Option<AuditWebhook>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let policy = folder.path().join("policy.yaml");
        let text = format!("apiVersion: audit.k8s.io/v1\nkind: Policy\n{rules}");
        std::fs::File::create(&policy).unwrap().write_all(text.as_bytes()).unwrap();
        let file = folder.path().join("audit.log");
        let log = AuditLog { file, megabytes_max: 100, backups_max: 0, days_max: 0 };
        let audit = Audit { policy, log: Some(log), webhook };
        Self { server: Fixture::audited(audit).await, folder }
    }

    /// The events of a resource, once there are so many.
    async fn events(&self, resource: &str, count: usize) -> Vec<Value> {
        loop {
            let text = std::fs::read_to_string(self.folder.path().join("audit.log")).unwrap();
            // The last line may be half written.
            let lines = text.split_inclusive('\n').filter(|line| line.ends_with('\n'));
            let events = lines.map(|line| serde_json::from_str::<Value>(line).unwrap());
            let found: Vec<Value> =
                events.filter(|event| event["objectRef"]["resource"] == resource).collect();
            if found.len() >= count {
                return found;
            }
            tokio::task::yield_now().await;
        }
    }
}

#[tokio::test]
async fn a_request_is_written_down_as_far_as_its_rule_says() {
    let audited = Audited::new(
        "omitStages: [RequestReceived]\nomitManagedFields: true\nrules:\n\
         - level: None\n  verbs: [list]\n\
         - level: RequestResponse\n  resources: [{resources: [configmaps]}]\n\
         - level: Metadata\n",
    )
    .await;
    let server = &audited.server;
    let map = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": {"k": "v"}});
    let created = server
        .ask(
            Method::POST,
            MAPS,
            &[("user-agent", "tester/1"), ("audit-id", "my-own-id")],
            map.to_string(),
        )
        .await;
    created.expect(201);
    assert_eq!(created.headers["audit-id"], "my-own-id");
    server.get(MAPS).await.expect(200);
    server.get(&format!("{MAPS}/missing")).await.expect(404);
    let events = audited.events("configmaps", 2).await;
    let [create, get] = &events[..] else { panic!("{events:?}") };
    assert_eq!(create["auditID"], "my-own-id");
    assert_eq!(create["stage"], "ResponseComplete");
    assert_eq!(create["verb"], "create");
    assert_eq!(create["userAgent"], "tester/1");
    assert_eq!(create["user"]["username"], "system:admin");
    assert_eq!(create["objectRef"]["name"], "a");
    assert_eq!(create["requestObject"]["data"]["k"], "v");
    assert_eq!(create["responseObject"]["data"]["k"], "v");
    assert!(create["responseObject"]["metadata"]["managedFields"].is_null());
    assert_eq!(create["responseStatus"]["code"], 201);
    assert_eq!(create["annotations"]["authorization.k8s.io/decision"], "allow");
    assert_eq!(get["responseStatus"]["reason"], "NotFound");
}

#[tokio::test]
async fn who_acts_as_another_and_who_is_refused_can_be_seen() {
    let audited = Audited::new("omitStages: [RequestReceived]\nrules:\n- level: Metadata\n").await;
    let server = &audited.server;
    let request = Request::get("/api/v1/namespaces/default/pods")
        .header("impersonate-user", "ann")
        .body(Full::default())
        .unwrap();
    server.send(User::admin(), request).await.expect(403);
    let events = audited.events("pods", 1).await;
    let event = &events[0];
    assert_eq!(event["user"]["username"], "system:admin");
    assert_eq!(event["impersonatedUser"]["username"], "ann");
    assert_eq!(event["annotations"]["authorization.k8s.io/decision"], "forbid");
    assert_eq!(event["responseStatus"]["code"], 403);
    assert!(event["requestObject"].is_null());
}

#[tokio::test]
async fn a_watch_is_written_down_when_it_begins_and_when_it_ends() {
    let audited =
        Audited::new("rules:\n- level: Metadata\n  resources: [{resources: [secrets]}]\n").await;
    let watch = audited.server.watch("/api/v1/secrets?watch=1").await;
    let stages = |events: &[Value]| -> Vec<String> {
        events.iter().map(|event| event["stage"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(stages(&audited.events("secrets", 2).await), ["RequestReceived", "ResponseStarted"]);
    drop(watch);
    assert_eq!(stages(&audited.events("secrets", 3).await)[2], "ResponseComplete");
}

#[test]
fn a_policy_that_makes_no_sense_is_refused() {
    let parse = |rules: &str| {
        Policy::parse(&format!("apiVersion: audit.k8s.io/v1\nkind: Policy\n{rules}")).map(drop)
    };
    assert!(parse("rules: [{level: Metadata}]").is_ok());
    assert!(parse("rules: []").is_err());
    assert!(parse("rules: [{level: Everything}]").is_err());
    assert!(parse("rules: [{level: None, nonResourceURLs: [metrics]}]").is_err());
    assert!(parse("rules: [{level: None, nonResourceURLs: ['/a*b']}]").is_err());
    assert!(parse("rules: [{level: None, resources: [{group: apps/v1}]}]").is_err());
    assert!(parse("rules: [{level: None, resources: [{resourceNames: [a]}]}]").is_err());
    assert!(parse("rules: [{level: None, nonResourceURLs: [/x], namespaces: [a]}]").is_err());
    assert!(Policy::parse("apiVersion: v1\nkind: Policy\nrules: [{level: None}]").is_err());
}

#[tokio::test]
async fn who_does_not_wait_for_the_answer_is_written_down_too() {
    let audited = Audited::new("rules:\n- level: Metadata\n").await;
    let never = StreamBody::new(futures::stream::pending::<Result<Frame<Bytes>, Infallible>>());
    let request = Request::post(MAPS).body(never).unwrap();
    let asked = audited.server.service(User::admin()).oneshot(request);
    // Its body does not arrive; its client leaves.
    assert!(asked.now_or_never().is_none());
    let events = audited.events("configmaps", 2).await;
    assert_eq!(events[0]["stage"], "RequestReceived");
    assert_eq!(events[1]["stage"], "ResponseComplete");
    let status = &events[1]["responseStatus"];
    assert!(status["message"].as_str().unwrap().contains("went away"), "{status}");
}

#[tokio::test]
async fn who_leaves_while_the_log_is_behind_is_written_down_later() {
    let audited = Audited::new("omitStages: [RequestReceived]\nrules:\n- level: Metadata\n").await;
    let auditor = audited.server.api.auditor().unwrap();
    let never = StreamBody::new(futures::stream::pending::<Result<Frame<Bytes>, Infallible>>());
    let request = Request::post(MAPS).body(never).unwrap();
    let mut asked = Box::pin(audited.server.service(User::admin()).oneshot(request));
    assert!(futures::poll!(&mut asked).is_pending());
    // All of the room, once what came before has been written.
    let behind = auditor.room.acquire_many(QUEUE_BYTES.try_into().unwrap()).await.unwrap();
    drop(asked);
    assert_eq!(auditor.lost.get(), 0);
    let next = audited.server.get(MAPS).now_or_never();
    assert!(next.is_none(), "nothing is begun while the log is behind");
    drop(behind);
    let events = audited.events("configmaps", 1).await;
    assert_eq!(events[0]["verb"], "create");
}

#[tokio::test]
async fn bodies_of_every_type_and_patches_are_written_down() {
    let audited = Audited::new("omitStages: [RequestReceived]\nrules:\n- level: Request\n").await;
    let server = &audited.server;
    let ask = async |method, path: &str, media, body: &[u8]| {
        server.ask(method, path, &[("content-type", media)], body.to_vec()).await.code
    };
    // v1 ConfigMap with metadata.name b.
    let protobuf = b"k8s\0\x0a\x0f\x0a\x02v1\x12\x09ConfigMap\x12\x05\x0a\x03\x0a\x01b";
    let media = "application/vnd.kubernetes.protobuf";
    assert_eq!(ask(Method::POST, MAPS, media, protobuf).await, 201);
    let yaml = b"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {k: v}\n";
    assert_eq!(ask(Method::POST, MAPS, "application/yaml", yaml).await, 201);
    let path = format!("{MAPS}/c");
    let patch = br#"[{"op": "replace", "path": "/data/k", "value": "w"}]"#;
    assert_eq!(ask(Method::PATCH, &path, "application/json-patch+json", patch).await, 200);
    let path = format!("{MAPS}/d?fieldManager=m");
    let applied = b"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: d}\ndata: {k: x}\n";
    assert_eq!(ask(Method::PATCH, &path, "application/apply-patch+yaml", applied).await, 201);
    let events = audited.events("configmaps", 4).await;
    assert_eq!(events[0]["objectRef"]["name"], "b");
    assert_eq!(events[0]["requestObject"]["metadata"]["name"], "b");
    assert_eq!(events[1]["requestObject"]["data"]["k"], "v");
    assert_eq!(events[2]["requestObject"][0]["value"], "w");
    assert_eq!(events[3]["requestObject"]["data"]["k"], "x");
    assert!(events.iter().all(|event| event["responseObject"].is_null()));
}
