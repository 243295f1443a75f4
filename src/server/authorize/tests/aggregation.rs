use super::*;

#[tokio::test(start_paused = true)]
async fn a_labelled_role_adds_to_view_edit_and_admin() {
    let server = Fixture::new().await;
    let path = format!("{RBAC}/clusterrolebindings");
    bind(&server, &path, "ClusterRole", "edit", &json!({"kind": "User", "name": "ann"})).await;
    let list = "GET /apis/storage.k8s.io/v1/storageclasses";
    ask(&server, user("ann"), list, &Value::Null).await.failure(403, "Forbidden");
    let role = json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole",
        "metadata": {
            "name": "more", "labels": {"rbac.authorization.k8s.io/aggregate-to-view": "true"},
        },
        "rules": [parse("list storage.k8s.io storageclasses")],
    });
    server.post(&format!("{RBAC}/clusterroles"), &role).await.expect(201);
    ask(&server, user("ann"), list, &Value::Null).await.expect(200);

    // What the roles show follows.
    let shows = async |name: &str, wanted: bool| {
        loop {
            let role = server.get(&format!("{RBAC}/clusterroles/{name}")).await.expect(200);
            if role["rules"].to_string().contains("storageclasses") == wanted {
                return;
            }
            tokio::task::yield_now().await;
        }
    };
    shows("admin", true).await;
    shows("view", true).await;
    server.delete(&format!("{RBAC}/clusterroles/more"), &Value::Null).await.expect(200);
    ask(&server, user("ann"), list, &Value::Null).await.failure(403, "Forbidden");
    shows("admin", false).await;
}
