use bytes::Bytes;
use futures::future::join_all;
use http::Request;
use http_body_util::Full;
use serde_json::{Value, json};

use super::{PODS, pod};
use crate::User;
use crate::testing::Fixture;

const BUDGETS: &str = "/apis/policy/v1/namespaces/default/poddisruptionbudgets";

fn eviction(options: &Value) -> Value {
    json!({"apiVersion": "policy/v1", "kind": "Eviction", "deleteOptions": options})
}

async fn running(server: &Fixture, name: &str, ready: &str) {
    let mut wanted = pod(name);
    wanted["metadata"]["labels"] = json!({"app": "web"});
    wanted["spec"]["nodeName"] = json!("n");
    server.post(PODS, &wanted).await.expect(201);
    let status = json!({"status": {
        "phase": "Running", "conditions": [{"type": "Ready", "status": ready}],
    }});
    server.patch(&format!("{PODS}/{name}/status"), "merge", &status).await.expect(200);
}

async fn budget(server: &Fixture, name: &str, allowed: u64) {
    let budget = json!({
        "apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": {"name": name},
        "spec": {"minAvailable": 1, "selector": {"matchLabels": {"app": "web"}}},
    });
    server.post(BUDGETS, &budget).await.expect(201);
    let status = json!({"status": {
        "observedGeneration": 1, "disruptionsAllowed": allowed, "desiredHealthy": 1, "currentHealthy": 0,
        "expectedPods": 9,
    }});
    server.patch(&format!("{BUDGETS}/{name}/status"), "merge", &status).await.expect(200);
}

#[tokio::test]
async fn an_eviction_takes_from_the_budget_and_marks_the_pod() {
    let server = Fixture::new().await;
    budget(&server, "web", 1).await;
    for name in ["a", "b"] {
        running(&server, name, "True").await;
    }
    let path = format!("{PODS}/a/eviction");
    let tried = eviction(&json!({"dryRun": ["All"]}));
    server.post(&path, &tried).await.expect(201);
    assert_eq!(
        server.get(&format!("{BUDGETS}/web")).await.json()["status"]["disruptionsAllowed"],
        1
    );
    let status = server.post(&path, &eviction(&json!({}))).await.expect(201);
    assert_eq!(status["status"], "Success");
    let leaving = server.get(&format!("{PODS}/a")).await.expect(200);
    assert_ne!(leaving["metadata"]["deletionTimestamp"], Value::Null);
    let condition = &leaving["status"]["conditions"][1];
    assert_eq!(
        (&condition["type"], &condition["reason"]),
        (&json!("DisruptionTarget"), &json!("EvictionByEvictionAPI"))
    );
    let budget = server.get(&format!("{BUDGETS}/web")).await.expect(200);
    assert_eq!(budget["status"]["disruptionsAllowed"], 0);
    assert!(budget["status"]["disruptedPods"]["a"].is_string());

    let refused = server.post(&format!("{PODS}/b/eviction"), &eviction(&json!({}))).await;
    let message = refused.failure(429, "TooManyRequests");
    assert_eq!(message, "Cannot evict pod as it would violate the pod's disruption budget.");
    assert_eq!(refused.json()["details"]["causes"][0]["reason"], "DisruptionBudget");
    // Going already, it needs no leave.
    server.post(&path, &eviction(&json!({}))).await.expect(201);
}

#[tokio::test]
async fn a_node_takes_nothing_from_the_budget_of_a_pod_that_runs_elsewhere() {
    let server = Fixture::new().await;
    budget(&server, "web", 1).await;
    running(&server, "a", "True").await;
    let path = format!("{PODS}/a/eviction");
    let evict = async |node: &str| {
        let body = Full::new(Bytes::from(eviction(&json!({})).to_string()));
        let user = User::new(format!("system:node:{node}"), &["system:nodes"]);
        server.send(user, Request::post(&path).body(body).unwrap()).await
    };
    assert_eq!(
        evict("other").await.failure(403, "Forbidden"),
        "pods \"a\" is forbidden: node other can only evict pods with spec.nodeName set to itself"
    );
    let kept = server.get(&format!("{BUDGETS}/web")).await.expect(200);
    assert_eq!(kept["status"]["disruptionsAllowed"], 1);
    let conditions = server.get(&format!("{PODS}/a")).await.json()["status"]["conditions"].clone();
    assert_eq!(conditions.as_array().unwrap().len(), 1, "{conditions}");
    evict("n").await.expect(201);
}

#[tokio::test]
async fn concurrent_evictions_get_exactly_what_the_budget_allows() {
    let server = Fixture::new().await;
    budget(&server, "web", 3).await;
    let names: Vec<String> = (0..12).map(|at| format!("p{at}")).collect();
    for name in &names {
        running(&server, name, "True").await;
    }
    let evictions = names.iter().map(async |name| {
        server.post(&format!("{PODS}/{name}/eviction"), &eviction(&json!({}))).await.code
    });
    let mut codes = join_all(evictions).await;
    codes.sort_unstable();
    assert_eq!(codes, [vec![201; 3], vec![429; 9]].concat());
    let budget = server.get(&format!("{BUDGETS}/web")).await.expect(200);
    assert_eq!(budget["status"]["disruptedPods"].as_object().unwrap().len(), 3);
}

#[tokio::test]
async fn two_budgets_are_one_too_many() {
    let server = Fixture::new().await;
    budget(&server, "one", 1).await;
    budget(&server, "two", 1).await;
    running(&server, "a", "True").await;
    let refused = server.post(&format!("{PODS}/a/eviction"), &eviction(&json!({}))).await;
    let message = refused.failure(500, "InternalError");
    assert!(message.starts_with("This pod has more than one PodDisruptionBudget"), "{message}");
}

#[tokio::test]
async fn what_is_not_ready_goes_as_the_budget_says() {
    let server = Fixture::new().await;
    budget(&server, "web", 0).await;
    running(&server, "a", "False").await;
    let path = format!("{PODS}/a/eviction");
    server.post(&path, &eviction(&json!({}))).await.failure(429, "TooManyRequests");
    let patch = json!({"spec": {"unhealthyPodEvictionPolicy": "AlwaysAllow"}});
    server.patch(&format!("{BUDGETS}/web"), "merge", &patch).await.expect(200);
    server.post(&path, &eviction(&json!({}))).await.expect(201);
}

#[tokio::test]
async fn drainers_of_old_evict_too() {
    let server = Fixture::new().await;
    running(&server, "a", "True").await;
    let mut old = eviction(&json!({"gracePeriodSeconds": 0}));
    old["apiVersion"] = "policy/v1beta1".into();
    server.post(&format!("{PODS}/a/eviction"), &old).await.expect(201);
    server.get(&format!("{PODS}/a")).await.failure(404, "NotFound");
}

#[tokio::test]
async fn an_eviction_is_for_the_pod_it_means() {
    let server = Fixture::new().await;
    running(&server, "a", "True").await;
    let path = format!("{PODS}/a/eviction");
    let other = eviction(&json!({"preconditions": {"uid": "other"}}));
    server.post(&path, &other).await.failure(409, "Conflict");
    let stale = eviction(&json!({"preconditions": {"resourceVersion": "1"}}));
    server.post(&path, &stale).await.failure(409, "Conflict");
    let current = server.get(&format!("{PODS}/a")).await.expect(200);
    let version = &current["metadata"]["resourceVersion"];
    let exact = eviction(&json!({"preconditions": {"resourceVersion": version}}));
    server.post(&path, &exact).await.expect(201);
    server.post(&format!("{PODS}/z/eviction"), &exact).await.failure(404, "NotFound");
}
