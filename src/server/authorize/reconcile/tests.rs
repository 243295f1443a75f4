use std::sync::Arc;

use serde_json::json;
use store::memory::Memory;

use super::*;
use crate::testing::Fixture;

const ROLES: &str = "/apis/rbac.authorization.k8s.io/v1/clusterroles";
const BINDINGS: &str = "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings";

fn rules(role: &Value) -> Vec<Rule> {
    serde_json::from_value(role["rules"].clone()).unwrap()
}

#[tokio::test(start_paused = true)]
async fn what_was_taken_from_the_defaults_comes_back_at_start() {
    let store = Arc::new(Memory::default());
    let server = Fixture::over(Arc::clone(&store)).await;
    let path = format!("{ROLES}/system:basic-user");
    let whole = server.get(&path).await.expect(200);
    let extra = json!({"apiGroups": ["x.dev"], "resources": ["things"], "verbs": ["get"]});
    let patch = json!({"rules": [extra], "metadata": {"labels": {"own": "yes"}}});
    server.patch(&path, "merge", &patch).await.expect(200);
    let kept = format!("{ROLES}/system:discovery");
    let annotations = json!({"metadata": {"annotations": {AUTOUPDATE: "false"}}, "rules": []});
    server.patch(&kept, "merge", &annotations).await.expect(200);
    let binding = format!("{BINDINGS}/system:basic-user");
    server.patch(&binding, "merge", &json!({"subjects": []})).await.expect(200);
    server.delete(&format!("{BINDINGS}/system:discovery"), &Value::Null).await.expect(200);
    server.tasks.shutdown(std::time::Duration::from_secs(1)).await;

    let server = Fixture::over(store).await;
    let role = server.get(&path).await.expect(200);
    assert!(missing(&rules(&role), &rules(&whole)).is_empty());
    assert_eq!(role["rules"][0], extra, "what was added stays");
    assert_eq!(role["metadata"]["labels"]["own"], "yes");
    assert!(rules(&server.get(&kept).await.expect(200)).is_empty());
    let binding = server.get(&binding).await.expect(200);
    assert_eq!(binding["subjects"][0]["name"], "system:authenticated");
    server.get(&format!("{BINDINGS}/system:discovery")).await.expect(200);
}

#[tokio::test(start_paused = true)]
async fn a_second_start_writes_nothing() {
    let server = Fixture::new().await;
    let before = server.get(ROLES).await.expect(200);
    for part in [Part::Cluster, Part::Namespaced] {
        reconcile(&server.api, part).await.unwrap();
    }
    assert_eq!(server.get(ROLES).await.expect(200), before);
}
