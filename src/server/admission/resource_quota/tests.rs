use std::sync::Arc;

use futures::future::join_all;
use serde_json::{Value, json};

use super::ledger::Request;
use super::usage::Charge;
use crate::admission::tests::{PODS, claim, pod};
use crate::testing::Fixture;

const QUOTAS: &str = "/api/v1/namespaces/default/resourcequotas";
const CONFIG_MAPS: &str = "/api/v1/namespaces/default/configmaps";

fn quota(name: &str, spec: Value) -> Value {
    json!({"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": name}, "spec": spec})
}

async fn server(spec: Value) -> Fixture {
    let server = Fixture::new().await;
    server.post(QUOTAS, &quota("q", spec)).await.expect(201);
    server
}

fn config_map(name: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}})
}

/// Waits until the status of the quota says this.
async fn used(server: &Fixture, expected: Value) {
    let path = format!("{QUOTAS}/q");
    let query = format!("{QUOTAS}?watch=1&fieldSelector=metadata.name=q");
    let mut watch = server.watch(&query).await;
    let within = std::time::Duration::from_mins(5);
    let seen = tokio::time::timeout(within, async {
        while watch.next().await.unwrap()["object"]["status"]["used"] != expected {}
    });
    let seen = seen.await;
    assert!(seen.is_ok(), "{}, not {expected}", server.get(&path).await.expect(200)["status"]);
}

#[tokio::test]
async fn a_namespace_uses_no_more_than_its_quota() {
    let server =
        server(json!({"hard": {"pods": "2", "requests.cpu": "1", "limits.cpu": "3"}})).await;
    used(&server, json!({"pods": "0", "requests.cpu": "0", "limits.cpu": "0"})).await;
    let cpu = |request: &str, limit: &str| json!({"requests": {"cpu": request}, "limits": {"cpu": limit}});
    let message = server.post(PODS, &pod("x", json!({}))).await.failure(403, "Forbidden");
    assert_eq!(
        message,
        "pods \"x\" is forbidden: failed quota: q: must specify limits.cpu for: main; requests.cpu for: main"
    );
    server.post(PODS, &pod("a", cpu("300m", "1"))).await.expect(201);
    let message = server.post(PODS, &pod("x", cpu("1", "1"))).await.failure(403, "Forbidden");
    assert_eq!(
        message,
        "pods \"x\" is forbidden: exceeded quota: q, requested: requests.cpu=1, used: \
         requests.cpu=300m, limited: requests.cpu=1"
    );
    server.post(PODS, &pod("b", cpu("300m", "1"))).await.expect(201);
    let message = server.post(PODS, &pod("x", cpu("100m", "1"))).await.failure(403, "Forbidden");
    assert_eq!(
        message,
        "pods \"x\" is forbidden: exceeded quota: q, requested: pods=1, used: pods=2, limited: pods=2"
    );
    used(&server, json!({"pods": "2", "requests.cpu": "600m", "limits.cpu": "2"})).await;
    // A pod that has ended uses nothing, and one that is gone neither.
    let ended = json!({"status": {"phase": "Succeeded"}});
    server.patch(&format!("{PODS}/a/status"), "merge", &ended).await.expect(200);
    used(&server, json!({"pods": "1", "requests.cpu": "300m", "limits.cpu": "1"})).await;
    server.delete(&format!("{PODS}/b"), &Value::Null).await.expect(200);
    used(&server, json!({"pods": "0", "requests.cpu": "0", "limits.cpu": "0"})).await;
}

#[tokio::test]
async fn many_at_once_get_exactly_what_there_is() {
    let server = server(json!({"hard": {"count/configmaps": "10", "configmaps": "12"}})).await;
    let names: Vec<String> = (0..64).map(|number| format!("c{number}")).collect();
    let replies = join_all(
        names.iter().map(async |name| server.post(CONFIG_MAPS, &config_map(name)).await.code),
    );
    let replies = replies.await;
    assert_eq!(replies.iter().filter(|code| **code == 201).count(), 10);
    assert_eq!(replies.iter().filter(|code| **code == 403).count(), 54);
    used(&server, json!({"count/configmaps": "10", "configmaps": "10"})).await;
    // Deleting and making again, all at once, never leaves more than ten.
    let turns = replies.iter().zip(&names).map(async |(code, name)| {
        let path = format!("{CONFIG_MAPS}/{name}");
        if *code == 201 {
            server.delete(&path, &Value::Null).await.expect(200);
        }
        server.post(CONFIG_MAPS, &config_map(&format!("again-{name}"))).await;
        let list = server.get(CONFIG_MAPS).await.expect(200);
        assert!(list["items"].as_array().unwrap().len() <= 10);
    });
    join_all(turns).await;
    let left = server.get(CONFIG_MAPS).await.expect(200)["items"].as_array().unwrap().len();
    used(&server, json!({"count/configmaps": left.to_string(), "configmaps": left.to_string()}))
        .await;
}

#[tokio::test]
async fn what_is_not_stored_is_given_back() {
    let server = server(json!({"hard": {"configmaps": "2"}})).await;
    server.post(CONFIG_MAPS, &config_map("a")).await.expect(201);
    for _ in 0..5 {
        server.post(CONFIG_MAPS, &config_map("a")).await.failure(409, "AlreadyExists");
        let dry = format!("{CONFIG_MAPS}?dryRun=All");
        server.post(&dry, &config_map("b")).await.expect(201);
        let invalid = config_map("Not A Name");
        server.post(CONFIG_MAPS, &invalid).await.failure(422, "Invalid");
    }
    server.post(CONFIG_MAPS, &config_map("b")).await.expect(201);
    let dry = format!("{CONFIG_MAPS}?dryRun=All");
    server.post(&dry, &config_map("c")).await.failure(403, "Forbidden");
    used(&server, json!({"configmaps": "2"})).await;
}

#[tokio::test]
async fn a_quota_counts_what_was_there_before_it_and_follows_its_spec() {
    let server = Fixture::new().await;
    for name in ["a", "b", "c"] {
        server.post(CONFIG_MAPS, &config_map(name)).await.expect(201);
    }
    server.post(QUOTAS, &quota("q", json!({"hard": {"configmaps": "2"}}))).await.expect(201);
    used(&server, json!({"configmaps": "3"})).await;
    server.post(CONFIG_MAPS, &config_map("d")).await.failure(403, "Forbidden");
    let more = json!({"spec": {"hard": {"configmaps": "4", "count/secrets": "0"}}});
    server.patch(&format!("{QUOTAS}/q"), "merge", &more).await.expect(200);
    used(&server, json!({"configmaps": "3", "count/secrets": "0"})).await;
    server.post(CONFIG_MAPS, &config_map("d")).await.expect(201);
    server.delete(&format!("{QUOTAS}/q"), &Value::Null).await.expect(200);
    server.post(CONFIG_MAPS, &config_map("e")).await.expect(201);
}

#[tokio::test]
async fn a_restarted_server_knows_what_is_used() {
    let store = Arc::new(store::memory::Memory::default());
    let first = Fixture::over(Arc::clone(&store)).await;
    first.post(QUOTAS, &quota("q", json!({"hard": {"configmaps": "1"}}))).await.expect(201);
    first.post(CONFIG_MAPS, &config_map("a")).await.expect(201);
    first.tasks.shutdown(std::time::Duration::from_secs(5)).await;
    let second = Fixture::over(store).await;
    second.post(CONFIG_MAPS, &config_map("b")).await.failure(403, "Forbidden");
    used(&second, json!({"configmaps": "1"})).await;
}

#[tokio::test]
async fn services_and_claims_are_counted_by_what_they_take() {
    let hard = json!({"hard": {
        "services": "3", "services.nodeports": "2", "services.loadbalancers": "1",
        "requests.storage": "3Gi", "fast.storageclass.storage.k8s.io/persistentvolumeclaims": "0",
    }});
    let server = server(hard).await;
    let services = "/api/v1/namespaces/default/services";
    let service = |name: &str, kind: &str, ports: &[u16]| {
        let ports: Vec<Value> =
            ports.iter().map(|port| json!({"name": format!("p{port}"), "port": port})).collect();
        json!({
            "apiVersion": "v1", "kind": "Service", "metadata": {"name": name},
            "spec": {"type": kind, "ports": ports},
        })
    };
    let made = service("a", "NodePort", &[1]);
    server.delete(&format!("{services}/kubernetes"), &Value::Null).await.expect(200);
    server.post(services, &made).await.expect(201);
    let message = server.post(services, &service("b", "LoadBalancer", &[1, 2])).await;
    assert_eq!(
        message.failure(403, "Forbidden"),
        "services \"b\" is forbidden: exceeded quota: q, requested: services.nodeports=2, used: \
         services.nodeports=1, limited: services.nodeports=2"
    );
    server.post(services, &service("b", "ClusterIP", &[1, 2])).await.expect(201);
    // A change that takes more is counted too.
    let grown = json!({"spec": {"type": "NodePort"}});
    server.patch(&format!("{services}/b"), "merge", &grown).await.failure(403, "Forbidden");
    let claims = "/api/v1/namespaces/default/persistentvolumeclaims";
    server.post(claims, &claim("c", "2Gi")).await.expect(201);
    let message = server.post(claims, &claim("d", "2Gi")).await.failure(403, "Forbidden");
    assert!(message.ends_with("requested: requests.storage=2Gi, used: requests.storage=2Gi, limited: requests.storage=3Gi"), "{message}");
    let mut fast = claim("e", "1Mi");
    fast["spec"]["storageClassName"] = "fast".into();
    server.post(claims, &fast).await.failure(403, "Forbidden");
}

#[tokio::test]
async fn scopes_say_which_pods_count() {
    let server = server(json!({"hard": {"pods": "1"}, "scopes": ["BestEffort"]})).await;
    let high = json!({
        "hard": {"pods": "0"},
        "scopeSelector": {"matchExpressions": [
            {"scopeName": "PriorityClass", "operator": "In", "values": ["system-node-critical"]},
        ]},
    });
    server.post(QUOTAS, &quota("high", high)).await.expect(201);
    let ending = json!({"hard": {"pods": "0"}, "scopes": ["Terminating"]});
    server.post(QUOTAS, &quota("ending", ending)).await.expect(201);
    server.post(PODS, &pod("a", json!({}))).await.expect(201);
    let message = server.post(PODS, &pod("b", json!({}))).await.failure(403, "Forbidden");
    assert!(message.contains("exceeded quota: q"), "{message}");
    let some = json!({"requests": {"cpu": "1m"}});
    server.post(PODS, &pod("b", some.clone())).await.expect(201);
    let mut critical = pod("c", some.clone());
    critical["spec"]["priorityClassName"] = "system-node-critical".into();
    let message = server.post(PODS, &critical).await.failure(403, "Forbidden");
    assert!(message.contains("exceeded quota: high"), "{message}");
    let mut short = pod("d", some);
    short["spec"]["activeDeadlineSeconds"] = 5.into();
    let message = server.post(PODS, &short).await.failure(403, "Forbidden");
    assert!(message.contains("exceeded quota: ending"), "{message}");
}

#[tokio::test]
async fn a_pod_that_is_resized_takes_more() {
    let server = server(json!({"hard": {"requests.cpu": "1"}})).await;
    let cpu = |amount: &str| json!({"requests": {"cpu": amount}});
    server.post(PODS, &pod("a", cpu("300m"))).await.expect(201);
    server.post(PODS, &pod("b", cpu("300m"))).await.expect(201);
    let resize = async |amount: &str| {
        let main = json!({"name": "main", "resources": cpu(amount)});
        let patch = json!({"spec": {"containers": [main]}});
        server.patch(&format!("{PODS}/a/resize"), "strategic-merge", &patch).await
    };
    assert_eq!(
        resize("64").await.failure(403, "Forbidden"),
        "pods \"a\" is forbidden: exceeded quota: q, requested: requests.cpu=63700m, used: \
         requests.cpu=600m, limited: requests.cpu=1"
    );
    resize("700m").await.expect(200);
    used(&server, json!({"requests.cpu": "1"})).await;
    resize("100m").await.expect(200);
    used(&server, json!({"requests.cpu": "400m"})).await;
}

/// Should its node be lost, its owner may make another.
#[tokio::test(start_paused = true)]
async fn a_pod_that_should_be_gone_takes_nothing() {
    let server = server(json!({"hard": {"pods": "1", "count/pods": "7"}})).await;
    let mut lost = pod("a", json!({}));
    lost["spec"]["nodeName"] = "lost".into();
    server.post(PODS, &lost).await.expect(201);
    server.delete(&format!("{PODS}/a"), &Value::Null).await.expect(200);
    let message = server.post(PODS, &pod("b", json!({}))).await.failure(403, "Forbidden");
    assert!(message.contains("exceeded quota: q"), "{message}");
    // Thirty seconds to end in, and as many again.
    tokio::time::advance(std::time::Duration::from_secs(100)).await;
    used(&server, json!({"pods": "0", "count/pods": "1"})).await;
    server.post(PODS, &pod("b", json!({}))).await.expect(201);
}

#[tokio::test]
async fn a_quota_made_anew_counts_the_writes_that_the_last_one_let_in() {
    let server = server(json!({"hard": {"configmaps": "1"}})).await;
    let ledger = Arc::clone(server.api.registry().quotas());
    let request =
        |name| Request { namespace: "default", resource: "configmaps", name, before: None };
    let charge = || Charge::of("configmaps", &config_map("a"));
    let mut reservation = ledger.reserve(&request("a"), charge()).unwrap();
    reservation.begin();
    server.delete(&format!("{QUOTAS}/q"), &Value::Null).await.expect(200);
    let anew = quota("q", json!({"hard": {"configmaps": "5", "count/configmaps": "1"}}));
    server.post(QUOTAS, &anew).await.expect(201);
    assert!(ledger.check(&request("b"), charge()).is_err());
    server.delete(&format!("{QUOTAS}/q"), &Value::Null).await.expect(200);
    reservation.end();
    drop(reservation);
    server.post(QUOTAS, &anew).await.expect(201);
    ledger.check(&request("b"), charge()).unwrap();
}
