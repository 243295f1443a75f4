use super::*;

#[tokio::test(start_paused = true)]
async fn who_may_view_lists_and_does_not_create() {
    let server = Fixture::new().await;
    let path = format!("{RBAC}/namespaces/default/rolebindings");
    let account = json!({"kind": "ServiceAccount", "name": "viewer", "namespace": "default"});
    bind(&server, &path, "ClusterRole", "view", &account).await;
    let viewer = || user("system:serviceaccount:default:viewer");

    ask(&server, viewer(), &format!("GET {CONFIG_MAPS}"), &Value::Null).await.expect(200);
    let refused = ask(&server, viewer(), &format!("POST {CONFIG_MAPS}"), &config_map("a")).await;
    assert_eq!(
        refused.failure(403, "Forbidden"),
        "configmaps is forbidden: User \"system:serviceaccount:default:viewer\" cannot create \
         resource \"configmaps\" in API group \"\" in the namespace \"default\""
    );
    let elsewhere = "GET /api/v1/namespaces/kube-system/configmaps";
    ask(&server, viewer(), elsewhere, &Value::Null).await.failure(403, "Forbidden");
    let everywhere = ask(&server, viewer(), "GET /api/v1/configmaps", &Value::Null).await;
    assert!(everywhere.failure(403, "Forbidden").ends_with("at the cluster scope"));
    let secrets = "GET /api/v1/namespaces/default/secrets";
    ask(&server, viewer(), secrets, &Value::Null).await.failure(403, "Forbidden");
    // A namespace is in itself.
    let own = "GET /api/v1/namespaces/default";
    ask(&server, viewer(), own, &Value::Null).await.expect(200);
}

#[tokio::test(start_paused = true)]
async fn what_is_unbound_is_gone_at_once() {
    let server = Fixture::new().await;
    let path = format!("{RBAC}/clusterrolebindings");
    let group = json!({"kind": "Group", "name": "readers"});
    let mut document = binding(&path, "ClusterRole", "view", &group);
    document["metadata"] = json!({"name": "readers"});
    server.post(&path, &document).await.expect(201);
    let reader = || User::new("ann", &["readers"]);
    let list = "GET /api/v1/pods";
    ask(&server, reader(), list, &Value::Null).await.expect(200);

    server.delete(&format!("{path}/readers"), &Value::Null).await.expect(200);
    ask(&server, reader(), list, &Value::Null).await.failure(403, "Forbidden");
}

#[tokio::test(start_paused = true)]
async fn a_changed_role_counts_at_once() {
    let server = Fixture::new().await;
    grant(&server, "default/r", &["get - secrets"], "ann").await;
    let list = format!("GET {CONFIG_MAPS}");
    ask(&server, user("ann"), &list, &Value::Null).await.failure(403, "Forbidden");
    let role = format!("{RBAC}/namespaces/default/roles/r");
    let rules = json!({"rules": [parse("list - configmaps")]});
    server.patch(&role, "merge", &rules).await.expect(200);
    ask(&server, user("ann"), &list, &Value::Null).await.expect(200);
}

#[tokio::test(start_paused = true)]
async fn names_restrict_what_has_a_name() {
    let server = Fixture::new().await;
    let verbs = "get,list,watch,create,update,delete - configmaps mine";
    grant(&server, "default/own", &[verbs], "ann").await;
    for name in ["mine", "other"] {
        server.post(CONFIG_MAPS, &config_map(name)).await.expect(201);
    }
    let cases = [
        ("GET", "/mine", 200),
        ("GET", "/other", 403),
        ("GET", "", 403),
        ("GET", "?fieldSelector=metadata.name%3Dmine", 200),
        ("GET", "?fieldSelector=metadata.name%3Dother", 403),
        ("GET", "?fieldSelector=metadata.name%21%3Dmine", 403),
        ("DELETE", "/other", 403),
        ("DELETE", "?fieldSelector=metadata.name%3Dmine", 403),
        ("DELETE", "/mine", 200),
    ];
    for (method, rest, code) in cases {
        let line = format!("{method} {CONFIG_MAPS}{rest}");
        let reply = ask(&server, user("ann"), &line, &Value::Null).await;
        assert_eq!(reply.code, code, "{line}");
    }
    // Before it is made, it has no name that could be checked.
    let line = format!("POST {CONFIG_MAPS}");
    ask(&server, user("ann"), &line, &config_map("mine")).await.failure(403, "Forbidden");
}

#[tokio::test(start_paused = true)]
async fn subresources_are_granted_by_themselves() {
    let server = Fixture::new().await;
    grant(&server, "r", &["get,patch apps deployments/scale", "get - pods"], "ann").await;
    let deployment = json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"},
        "spec": {
            "selector": {"matchLabels": {"a": "b"}},
            "template": {
                "metadata": {"labels": {"a": "b"}},
                "spec": {"containers": [{"name": "main", "image": "hello"}]},
            },
        },
    });
    let path = "/apis/apps/v1/namespaces/default/deployments";
    server.post(path, &deployment).await.expect(201);
    let scale = json!({"spec": {"replicas": 3}});
    let cases = [
        (format!("GET {path}/web/scale"), 200),
        (format!("PATCH {path}/web/scale"), 200),
        (format!("PUT {path}/web/scale"), 403),
        (format!("GET {path}/web"), 403),
        (format!("PATCH {path}/web"), 403),
        (format!("GET {path}/web/status"), 403),
        ("GET /api/v1/namespaces/default/pods/web/log".to_owned(), 403),
        ("GET /api/v1/namespaces/default/pods/web".to_owned(), 404),
    ];
    for (line, code) in cases {
        let body = if line.starts_with("GET") { &Value::Null } else { &scale };
        assert_eq!(ask(&server, user("ann"), &line, body).await.code, code, "{line}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_watch_is_another_permission_than_a_list() {
    let server = Fixture::new().await;
    grant(&server, "list", &["get,list - configmaps"], "ann").await;
    let lines = [
        format!("GET {CONFIG_MAPS}?watch=1"),
        "GET /api/v1/watch/namespaces/default/configmaps".to_owned(),
        "GET /api/v1/watch/configmaps".to_owned(),
    ];
    for line in &lines {
        let refused = ask(&server, user("ann"), line, &Value::Null).await;
        assert!(refused.failure(403, "Forbidden").contains("cannot watch resource"), "{line}");
    }
    let list = format!("GET {CONFIG_MAPS}?watch=false");
    ask(&server, user("ann"), &list, &Value::Null).await.expect(200);
    grant(&server, "watch", &["watch - configmaps"], "ann").await;
    let line = format!("GET {CONFIG_MAPS}?watch=1&timeoutSeconds=1");
    assert_eq!(ask(&server, user("ann"), &line, &Value::Null).await.code, 200);
}

#[tokio::test(start_paused = true)]
async fn what_only_may_be_updated_is_not_created_by_it() {
    let server = Fixture::new().await;
    let update = "update,patch coordination.k8s.io leases";
    grant(&server, "default/update", &[update], "ann").await;
    let path = "/apis/coordination.k8s.io/v1/namespaces/default/leases/new";
    let lease = json!({
        "apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": {"name": "new"},
    });
    let refused = ask(&server, user("ann"), &format!("PUT {path}"), &lease).await;
    assert!(refused.failure(403, "Forbidden").contains("cannot create resource \"leases\""));
    grant(&server, "default/create", &["create coordination.k8s.io leases"], "ann").await;
    ask(&server, user("ann"), &format!("PUT {path}"), &lease).await.expect(201);
}

#[tokio::test(start_paused = true)]
async fn paths_are_granted_too() {
    let server = Fixture::new().await;
    let ask = |name: &'static str, path: &'static str| {
        let line = format!("GET {path}");
        let server = &server;
        async move { super::ask(server, user(name), &line, &Value::Null).await }
    };
    assert_eq!(ask("ann", "/apis").await.code, 200);
    assert_eq!(ask("ann", "/openapi/v3").await.code, 200);
    let refused = ask("ann", "/metrics").await;
    let message = "forbidden: User \"ann\" cannot get path \"/metrics\"";
    assert_eq!(refused.failure(403, "Forbidden"), message);
    grant(&server, "metrics", &["get /metrics"], "ann").await;
    assert_ne!(ask("ann", "/metrics").await.code, 403);
}
