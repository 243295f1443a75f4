use machinery::document;
use serde_json::{Value, json};

use crate::testing::Fixture;

const FLOW: &str = "/apis/flowcontrol.apiserver.k8s.io/v1";

async fn settle(server: &Fixture) {
    super::tend(&server.api).await.unwrap();
    super::reconcile(&server.api).await.unwrap();
}

async fn spec(server: &Fixture, path: &str) -> Value {
    server.get(&format!("{FLOW}/{path}")).await.expect(200)["spec"].clone()
}

#[tokio::test(start_paused = true)]
async fn every_default_is_there_and_valid() {
    let server = Fixture::new().await;
    settle(&server).await;
    for (plural, count) in [("flowschemas", 13), ("prioritylevelconfigurations", 8)] {
        let list = server.get(&format!("{FLOW}/{plural}")).await.expect(200);
        assert_eq!(document::list_at(&list, "/items").len(), count, "{plural}");
    }
    let schema = server.get(&format!("{FLOW}/flowschemas/probes")).await.expect(200);
    assert_eq!(schema["metadata"]["annotations"]["apf.kubernetes.io/autoupdate-spec"], "true");
    assert_eq!(schema["status"]["conditions"][0]["status"], "False", "{schema}");
}

#[tokio::test(start_paused = true)]
async fn what_is_mandatory_is_put_back_and_what_is_suggested_is_not_when_said_so() {
    let server = Fixture::new().await;
    let change = async |path: &str, patch: Value| {
        server.patch(&format!("{FLOW}/{path}"), "merge", &patch).await.expect(200);
    };
    change(
        "prioritylevelconfigurations/catch-all",
        json!({"spec": {"limited": {"nominalConcurrencyShares": 77}}}),
    )
    .await;
    change(
        "prioritylevelconfigurations/system",
        json!({
            "metadata": {"annotations": {"apf.kubernetes.io/autoupdate-spec": "false"}},
            "spec": {"limited": {"nominalConcurrencyShares": 77}},
        }),
    )
    .await;
    change(
        "prioritylevelconfigurations/node-high",
        json!({"spec": {"limited": {"nominalConcurrencyShares": 77}}}),
    )
    .await;
    settle(&server).await;
    let shares = async |level: &str| {
        let spec = spec(&server, &format!("prioritylevelconfigurations/{level}")).await;
        spec["limited"]["nominalConcurrencyShares"].clone()
    };
    assert_eq!(shares("catch-all").await, 5);
    assert_eq!(shares("system").await, 77);
    assert_eq!(shares("node-high").await, 40);
}

#[tokio::test(start_paused = true)]
async fn a_second_round_changes_nothing() {
    let server = Fixture::new().await;
    settle(&server).await;
    let version = async || {
        let list = server.get(&format!("{FLOW}/flowschemas")).await.expect(200);
        let items = document::list_at(&list, "/items").to_vec();
        items.iter().map(|item| document::resource_version(item).to_owned()).collect::<Vec<_>>()
    };
    let before = version().await;
    settle(&server).await;
    assert_eq!(version().await, before);
}

#[tokio::test(start_paused = true)]
async fn a_schema_without_its_level_says_so() {
    let server = Fixture::new().await;
    let schema = json!({
        "apiVersion": "flowcontrol.apiserver.k8s.io/v1", "kind": "FlowSchema",
        "metadata": {"name": "mine"},
        "spec": {
            "priorityLevelConfiguration": {"name": "nowhere"},
            "rules": [],
        },
    });
    server.post(&format!("{FLOW}/flowschemas"), &schema).await.expect(201);
    settle(&server).await;
    let schema = server.get(&format!("{FLOW}/flowschemas/mine")).await.expect(200);
    assert_eq!(schema["status"]["conditions"][0]["status"], "True", "{schema}");
}
