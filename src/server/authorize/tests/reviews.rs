use super::*;

const PREFIX: &str = "POST /apis/authorization.k8s.io/v1";

fn review(kind: &str, spec: Value) -> Value {
    json!({"apiVersion": "authorization.k8s.io/v1", "kind": kind, "spec": spec})
}

#[tokio::test(start_paused = true)]
async fn reviews_say_what_requests_would_meet() {
    let server = Fixture::new().await;
    let path = format!("{RBAC}/namespaces/default/rolebindings");
    let mut document =
        binding(&path, "ClusterRole", "view", &json!({"kind": "User", "name": "ann"}));
    document["metadata"] = json!({"name": "ann-views"});
    server.post(&path, &document).await.expect(201);
    let attributes = json!({"verb": "list", "resource": "pods", "namespace": "default"});
    let own = review("SelfSubjectAccessReview", json!({"resourceAttributes": attributes}));
    let line = format!("{PREFIX}/selfsubjectaccessreviews");
    let answer = ask(&server, user("ann"), &line, &own).await.expect(201);
    assert_eq!(
        answer["status"],
        json!({
            "allowed": true,
            "reason": "RBAC: allowed by RoleBinding \"ann-views/default\" of ClusterRole \"view\" \
                       to User \"ann\"",
        })
    );
    let answer = ask(&server, user("bob"), &line, &own).await.expect(201);
    assert_eq!(answer["status"], json!({"allowed": false}));

    let of_ann = json!({"user": "ann", "resourceAttributes": attributes});
    let of_ann = review("SubjectAccessReview", of_ann);
    let line = format!("{PREFIX}/subjectaccessreviews");
    let answer = ask(&server, User::admin(), &line, &of_ann).await.expect(201);
    assert_eq!(answer["status"]["allowed"], true);
    ask(&server, user("ann"), &line, &of_ann).await.failure(403, "Forbidden");
    // The groups of a review are all there are.
    let path = json!({"user": "ann", "nonResourceAttributes": {"verb": "get", "path": "/apis"}});
    let path = review("SubjectAccessReview", path);
    let answer = ask(&server, User::admin(), &line, &path).await.expect(201);
    assert_eq!(answer["status"]["allowed"], false);
}

#[tokio::test(start_paused = true)]
async fn rules_are_listed_for_a_namespace() {
    let server = Fixture::new().await;
    grant(&server, "default/r", &["get - secrets own"], "ann").await;
    let line = format!("{PREFIX}/selfsubjectrulesreviews");
    let rules = async |namespace: &str| {
        let question = review("SelfSubjectRulesReview", json!({"namespace": namespace}));
        ask(&server, user("ann"), &line, &question).await.expect(201)["status"].clone()
    };
    let there = rules("default").await;
    let secrets = json!({
        "verbs": ["get"], "apiGroups": [""], "resources": ["secrets"], "resourceNames": ["own"],
    });
    assert!(there["resourceRules"].as_array().unwrap().contains(&secrets), "{there}");
    assert!(there["nonResourceRules"].to_string().contains("/openapi/*"), "{there}");
    assert_eq!(there["incomplete"], false);
    let elsewhere = rules("kube-system").await;
    assert!(!elsewhere["resourceRules"].as_array().unwrap().contains(&secrets), "{elsewhere}");
}

#[tokio::test(start_paused = true)]
async fn who_is_nobody_reads_what_the_server_is_and_nothing_else() {
    let server = Fixture::new().await;
    let api = std::sync::Arc::clone(&server.api);
    let code = async |path: &str| {
        let request = Request::get(path).body(Full::new(Bytes::new())).unwrap();
        std::sync::Arc::clone(&api)
            .handle(request, crate::authenticate::Peer::Unknown)
            .await
            .status()
            .as_u16()
    };
    for path in ["/healthz", "/livez", "/readyz", "/version"] {
        assert_eq!(code(path).await, 200, "{path}");
    }
    for path in ["/api", "/apis", "/openapi/v3", "/metrics", CONFIG_MAPS, "/api/v1/nodes"] {
        assert_eq!(code(path).await, 403, "{path}");
    }
    grant(&server, "open", &["list - configmaps"], "system:anonymous").await;
    assert_eq!(code(CONFIG_MAPS).await, 200);
}

#[tokio::test(start_paused = true)]
async fn a_node_may_list_what_a_selector_says_is_its_own() {
    let server = Fixture::new().await;
    let line = format!("{PREFIX}/selfsubjectaccessreviews");
    let of = |values: Value| json!({"requirements": [{"key": "spec.nodeName", "operator": "In", "values": values}]});
    for (verb, selector, allowed) in [
        ("list", of(json!(["one"])), true),
        ("watch", json!({"rawSelector": "spec.nodeName=one"}), true),
        ("list", of(json!(["two"])), false),
        ("list", of(json!(["one", "two"])), false),
        ("list", of(json!(["x,spec.nodeName=one"])), false),
        ("list", Value::Null, false),
        ("deletecollection", of(json!(["one"])), false),
    ] {
        let attributes = json!({"verb": verb, "resource": "pods", "fieldSelector": selector});
        let question = review("SelfSubjectAccessReview", json!({"resourceAttributes": attributes}));
        let node = User::new("system:node:one", &["system:nodes"]);
        let answer = ask(&server, node, &line, &question).await.expect(201);
        assert_eq!(answer["status"]["allowed"], allowed, "{verb} {selector}");
    }
}
