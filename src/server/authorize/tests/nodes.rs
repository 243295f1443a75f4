use super::*;

fn node(name: &str) -> User {
    User::new(format!("system:node:{name}"), &["system:nodes"])
}

fn object(kind: &str, name: &str) -> Value {
    json!({"apiVersion": "v1", "kind": kind, "metadata": {"name": name}})
}

/// Nodes `one` and `two`, and on `one` a pod that uses the secret `used`.
async fn fixture() -> Fixture {
    let server = Fixture::new().await;
    for name in ["one", "two"] {
        let line = "POST /api/v1/nodes";
        ask(&server, node(name), line, &object("Node", name)).await.expect(201);
    }
    for name in ["used", "other"] {
        server.post("/api/v1/namespaces/default/secrets", &object("Secret", name)).await;
    }
    let pod = json!({
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web"},
        "spec": {
            "containers": [{"name": "main", "image": "hello"}],
            "volumes": [{"name": "v", "secret": {"secretName": "used"}}],
        },
    });
    server.post("/api/v1/namespaces/default/pods", &pod).await.expect(201);
    server
}

async fn place(server: &Fixture) {
    let binding = json!({
        "apiVersion": "v1", "kind": "Binding", "metadata": {"name": "web"},
        "target": {"kind": "Node", "name": "one"},
    });
    let line = "POST /api/v1/namespaces/default/pods/web/binding";
    ask(server, user("system:kube-scheduler"), line, &binding).await.expect(201);
}

async fn codes(server: &Fixture, cases: &[(&str, &str, u16)]) {
    for (name, line, code) in cases {
        let body = match line.split(' ').next() {
            Some("PATCH") => json!({"status": {}}),
            _ => Value::Null,
        };
        let reply = ask(server, node(name), line, &body).await;
        assert_eq!(reply.code, *code, "{name} {line} {:?}", reply.body);
    }
}

#[tokio::test(start_paused = true)]
async fn a_node_reads_what_its_pods_use() {
    let server = fixture().await;
    let used = "GET /api/v1/namespaces/default/secrets/used";
    let refused = ask(&server, node("one"), used, &Value::Null).await;
    assert_eq!(
        refused.failure(403, "Forbidden"),
        "secrets \"used\" is forbidden: User \"system:node:one\" cannot get resource \"secrets\" \
         in API group \"\" in the namespace \"default\": no relationship found between node 'one' \
         and this object"
    );
    place(&server).await;
    let by_name = "GET /api/v1/namespaces/default/secrets?fieldSelector=metadata.name%3Dused";
    let cases = [
        ("one", used, 200),
        ("two", used, 403),
        ("one", by_name, 200),
        ("one", "GET /api/v1/namespaces/default/secrets/other", 403),
        ("one", "GET /api/v1/namespaces/default/secrets", 403),
        ("one", "GET /api/v1/secrets", 403),
        ("one", "PATCH /api/v1/namespaces/default/secrets/used", 403),
        ("one", "DELETE /api/v1/namespaces/default/secrets/used", 403),
        // Every pod mounts the authority; nobody has made it here.
        ("one", "GET /api/v1/namespaces/default/configmaps/kube-root-ca.crt", 404),
        ("two", "GET /api/v1/namespaces/default/configmaps/kube-root-ca.crt", 403),
    ];
    codes(&server, &cases).await;
    server.delete("/api/v1/namespaces/default/pods/web?gracePeriodSeconds=0", &Value::Null).await;
    codes(&server, &[("one", used, 403)]).await;
}

#[tokio::test(start_paused = true)]
async fn a_node_keeps_to_itself_and_its_pods() {
    let server = fixture().await;
    place(&server).await;
    let pods = "GET /api/v1/pods?fieldSelector=spec.nodeName%3Done";
    let cases = [
        ("one", "PATCH /api/v1/nodes/one/status", 200),
        ("one", "PATCH /api/v1/nodes/two/status", 403),
        ("one", "DELETE /api/v1/nodes/two", 403),
        ("one", pods, 200),
        ("two", pods, 403),
        ("one", "GET /api/v1/pods", 403),
        ("one", "GET /api/v1/namespaces/default/pods/web", 200),
        ("two", "GET /api/v1/namespaces/default/pods/web", 403),
        ("one", "PATCH /api/v1/namespaces/default/pods/web/status", 200),
        ("two", "PATCH /api/v1/namespaces/default/pods/web/status", 403),
        ("one", "PATCH /api/v1/namespaces/default/pods/web", 403),
        ("two", "DELETE /api/v1/namespaces/default/pods/web", 403),
        ("one", "GET /api/v1/services", 200),
        ("one", "GET /apis/discovery.k8s.io/v1/endpointslices", 200),
        ("one", "GET /api/v1/nodes", 403),
        ("one", "GET /api/v1/nodes?fieldSelector=metadata.name%3Done", 200),
        ("one", "GET /api/v1/nodes?fieldSelector=metadata.name%3Dtwo", 403),
        ("one", "GET /api/v1/nodes/two", 403),
        ("one", "GET /api/v1/namespaces", 403),
        ("one", "GET /apis/apps/v1/deployments", 403),
        ("one", "DELETE /api/v1/namespaces/default/pods/web", 200),
    ];
    codes(&server, &cases).await;
}

#[tokio::test(start_paused = true)]
async fn a_node_gets_tokens_for_the_accounts_of_its_pods() {
    let server = fixture().await;
    place(&server).await;
    let pod = server.get("/api/v1/namespaces/default/pods/web").await.expect(200);
    let request = |name: &str| {
        json!({
            "apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest",
            "spec": {
                "audiences": [],
                "boundObjectRef": {
                    "apiVersion": "v1", "kind": "Pod", "name": name,
                    "uid": pod["metadata"]["uid"],
                },
            },
        })
    };
    let line = "POST /api/v1/namespaces/default/serviceaccounts/default/token";
    ask(&server, node("one"), line, &request("web")).await.expect(201);
    ask(&server, node("two"), line, &request("web")).await.failure(403, "Forbidden");
    let unbound = json!({
        "apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest",
        "spec": {"audiences": []},
    });
    let refused = ask(&server, node("one"), line, &unbound).await;
    let message = refused.failure(403, "Forbidden");
    assert!(message.ends_with("node requested token not bound to a pod"), "{message}");
}

/// A pod of node `one` that its kubelet runs from a manifest.
async fn mirror(server: &Fixture, spec: Value) -> Value {
    let own = server.get("/api/v1/nodes/one").await.expect(200);
    let mut pod = json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {
            "name": "static", "annotations": {"kubernetes.io/config.mirror": "x"},
            "ownerReferences": [{
                "apiVersion": "v1", "kind": "Node", "name": "one", "controller": true,
                "uid": own["metadata"]["uid"],
            }],
        },
        "spec": {"nodeName": "one", "containers": [{"name": "main", "image": "hello"}]},
    });
    for (field, value) in spec.as_object().unwrap() {
        pod["spec"][field] = value.clone();
    }
    pod
}

#[tokio::test(start_paused = true)]
async fn a_node_mirrors_pods_that_need_nothing_of_the_api() {
    let server = fixture().await;
    let line = "POST /api/v1/namespaces/default/pods";
    let secret = json!({"volumes": [{"name": "v", "secret": {"secretName": "other"}}]});
    let token = json!({"volumes": [{"name": "v", "projected": {"sources": [
        {"serviceAccountToken": {"path": "token"}},
    ]}}]});
    let cases = [
        (json!({"serviceAccountName": "default"}), "\"serviceaccounts\"", "service accounts"),
        (secret, "\"secrets\"", "secrets"),
        (
            token,
            "\"serviceaccounts (via projected volumes)\"",
            "ServiceAccountToken volume projections",
        ),
    ];
    for (spec, of_node, of_anybody) in cases {
        let pod = mirror(&server, spec).await;
        let refused = ask(&server, node("one"), line, &pod).await.failure(403, "Forbidden");
        let told = format!(
            "pods \"static\" is forbidden: node \"one\" can not create pods that reference {of_node}"
        );
        assert_eq!(refused, told);
        let pods = "/api/v1/namespaces/default/pods";
        let refused = server.post(pods, &pod).await.failure(403, "Forbidden");
        assert!(refused.contains("a mirror pod may not "), "{refused}");
        assert!(refused.ends_with(of_anybody), "{refused}");
    }
    let mut stale = mirror(&server, json!({})).await;
    stale["metadata"]["ownerReferences"][0]["uid"] = "old".into();
    let refused = ask(&server, node("one"), line, &stale).await.failure(403, "Forbidden");
    assert!(refused.contains("node one UID mismatch: expected old got "), "{refused}");
    let harmless = mirror(&server, json!({})).await;
    ask(&server, node("one"), line, &harmless).await.expect(201);
    // Nor does it lend the node the account that pods have otherwise.
    let account = "GET /api/v1/namespaces/default/serviceaccounts/default";
    codes(&server, &[("one", account, 403)]).await;
}

#[tokio::test(start_paused = true)]
async fn a_node_has_one_lease_and_its_own_labels() {
    let server = fixture().await;
    let lease = |name: &str| {
        json!({
            "apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": {"name": name},
        })
    };
    let path = "POST /apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases";
    ask(&server, node("one"), path, &lease("one")).await.expect(201);
    let refused = ask(&server, node("one"), path, &lease("two")).await;
    assert_eq!(
        refused.failure(403, "Forbidden"),
        "leases.coordination.k8s.io \"two\" is forbidden: can only access node lease with the same \
         name as the requesting node"
    );
    let elsewhere = "POST /apis/coordination.k8s.io/v1/namespaces/default/leases";
    ask(&server, node("one"), elsewhere, &lease("one")).await.failure(403, "Forbidden");

    let line = "PATCH /api/v1/nodes/one";
    let label = |name: &str| json!({"metadata": {"labels": {name: "x"}}});
    ask(&server, node("one"), line, &label("example.dev/disk")).await.expect(200);
    let reserved = label("node-restriction.kubernetes.io/team");
    let refused = ask(&server, node("one"), line, &reserved).await;
    let message = refused.failure(403, "Forbidden");
    assert!(message.ends_with("labels: node-restriction.kubernetes.io/team"), "{message}");
    let taint = json!({"spec": {"taints": [{"key": "a", "effect": "NoSchedule"}]}});
    let refused = ask(&server, node("one"), line, &taint).await;
    let message = refused.failure(403, "Forbidden");
    assert!(message.ends_with("node \"one\" is not allowed to modify taints"), "{message}");
    let owner = json!({"apiVersion": "v1", "kind": "Node", "name": "gone", "uid": "u"});
    let owned = json!({"metadata": {"ownerReferences": [owner]}});
    let refused = ask(&server, node("one"), line, &owned).await;
    let message = refused.failure(403, "Forbidden");
    assert!(message.ends_with("is not allowed to modify ownerReferences"), "{message}");
    // Made anew, it would be rid of what administrators gave it.
    codes(&server, &[("one", "DELETE /api/v1/nodes/one", 403)]).await;
}

#[tokio::test(start_paused = true)]
async fn a_node_gives_its_pods_no_labels() {
    let server = fixture().await;
    place(&server).await;
    let line = "PATCH /api/v1/namespaces/default/pods/web/status";
    let labelled = json!({"metadata": {"labels": {"app": "bank"}}, "status": {"phase": "Running"}});
    let refused = ask(&server, node("one"), line, &labelled).await;
    assert_eq!(
        refused.failure(403, "Forbidden"),
        "pods \"web\" is forbidden: node \"one\" cannot update labels through pod status"
    );
}

#[tokio::test(start_paused = true)]
async fn a_name_alone_makes_no_node() {
    let server = fixture().await;
    let line = "GET /api/v1/services";
    let refused = ask(&server, user("system:node:one"), line, &Value::Null).await;
    refused.failure(403, "Forbidden");
    let nameless = User::new("system:node:", &["system:nodes"]);
    ask(&server, nameless, line, &Value::Null).await.failure(403, "Forbidden");
}
