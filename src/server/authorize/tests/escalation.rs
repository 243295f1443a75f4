use super::*;

fn role(rules: &[&str]) -> Value {
    let rules: Vec<Value> = rules.iter().map(|rule| parse(rule)).collect();
    json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role",
        "metadata": {"name": "new"}, "rules": rules,
    })
}

/// Somebody who may write roles and bindings and read pods.
async fn fixture() -> Fixture {
    let server = Fixture::new().await;
    let write = "create,update,patch,get rbac.authorization.k8s.io \
                 roles,rolebindings,clusterroles,clusterrolebindings";
    let write = write.replace("  ", "");
    grant(&server, "writer", &[&write, "get,list - pods"], "ann").await;
    server
}

#[tokio::test(start_paused = true)]
async fn nobody_grants_what_they_do_not_have() {
    let server = fixture().await;
    let line = format!("POST {RBAC}/namespaces/default/roles");
    let ann = || User::new("ann", &["dev"]);
    let refused = ask(&server, ann(), &line, &role(&["get,delete -,apps pods"])).await;
    assert_eq!(
        refused.failure(403, "Forbidden"),
        "roles.rbac.authorization.k8s.io \"new\" is forbidden: user \"ann\" \
         (groups=[\"dev\" \"system:authenticated\"]) is attempting to grant RBAC permissions not \
         currently held:\n\
         {APIGroups:[\"\"], Resources:[\"pods\"], Verbs:[\"delete\"]}\n\
         {APIGroups:[\"apps\"], Resources:[\"pods\"], Verbs:[\"get\" \"delete\"]}"
    );
    ask(&server, ann(), &line, &role(&["get - pods"])).await.expect(201);
    let path = format!("{RBAC}/namespaces/default/roles/new");
    let wider = json!({"rules": [parse("* * *")]});
    ask(&server, ann(), &format!("PATCH {path}"), &wider).await.failure(403, "Forbidden");
    let label = json!({"metadata": {"labels": {"a": "b"}}});
    ask(&server, ann(), &format!("PATCH {path}"), &label).await.expect(200);
}

#[tokio::test(start_paused = true)]
async fn nobody_binds_a_role_that_has_more_than_they() {
    let server = fixture().await;
    let path = format!("{RBAC}/namespaces/default/rolebindings");
    let line = format!("POST {path}");
    let subject = json!({"kind": "User", "name": "ann"});
    let to = |role: &str| binding(&path, "ClusterRole", role, &subject);
    let refused = ask(&server, user("ann"), &line, &to("cluster-admin")).await;
    let message = refused.failure(403, "Forbidden");
    assert!(message.starts_with("rolebindings.rbac.authorization.k8s.io \"test-"), "{message}");
    assert!(message.ends_with(
        "{APIGroups:[\"*\"], Resources:[\"*\"], Verbs:[\"*\"]}\n\
         {NonResourceURLs:[\"*\"], Verbs:[\"*\"]}"
    ));
    let absent = ask(&server, user("ann"), &line, &to("absent")).await;
    let message = absent.failure(404, "NotFound");
    assert_eq!(message, "clusterroles.rbac.authorization.k8s.io \"absent\" not found");
    ask(&server, user("ann"), &line, &to("writer")).await.expect(201);
}

#[tokio::test(start_paused = true)]
async fn escalate_and_bind_lift_the_check() {
    let server = fixture().await;
    let subject = json!({"kind": "User", "name": "bob"});
    let bindings = format!("{RBAC}/clusterrolebindings");
    let to_view = binding(&bindings, "ClusterRole", "view", &subject);
    let line = format!("POST {bindings}");
    ask(&server, user("ann"), &line, &to_view).await.failure(403, "Forbidden");
    let bind = "bind rbac.authorization.k8s.io clusterroles view";
    grant(&server, "binder", &[bind], "ann").await;
    ask(&server, user("ann"), &line, &to_view).await.expect(201);
    let to_edit = binding(&bindings, "ClusterRole", "edit", &subject);
    ask(&server, user("ann"), &line, &to_edit).await.failure(403, "Forbidden");

    let line = format!("POST {RBAC}/namespaces/default/roles");
    let wide = role(&["* * *"]);
    ask(&server, user("ann"), &line, &wide).await.failure(403, "Forbidden");
    let escalate = "escalate rbac.authorization.k8s.io roles";
    grant(&server, "default/escalator", &[escalate], "ann").await;
    ask(&server, user("ann"), &line, &wide).await.expect(201);
}

#[tokio::test(start_paused = true)]
async fn only_who_has_everything_aggregates() {
    let server = fixture().await;
    let document = json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole",
        "metadata": {"name": "all"},
        "aggregationRule": {"clusterRoleSelectors": [{"matchLabels": {"a": "b"}}]},
    });
    let line = format!("POST {RBAC}/clusterroles");
    let refused = ask(&server, user("ann"), &line, &document).await;
    assert!(
        refused
            .failure(403, "Forbidden")
            .ends_with("must have cluster-admin privileges to use the aggregationRule")
    );
    let admin = json!({"kind": "User", "name": "ann"});
    let path = format!("{RBAC}/clusterrolebindings");
    bind(&server, &path, "ClusterRole", "cluster-admin", &admin).await;
    ask(&server, user("ann"), &line, &document).await.expect(201);
}

#[tokio::test(start_paused = true)]
async fn the_garbage_collector_may_let_any_role_go() {
    let server = Fixture::new().await;
    let mut wide = role(&["* * *"]);
    wide["metadata"]["finalizers"] = json!(["example.dev/a", "example.dev/b"]);
    let path = format!("{RBAC}/namespaces/default/roles");
    server.post(&path, &wide).await.expect(201);
    let collector = user("system:kube-controller-manager");
    let line = format!("PATCH {path}/new");
    let fewer = json!({"metadata": {"finalizers": ["example.dev/a"]}});
    ask(&server, collector.clone(), &line, &fewer).await.expect(200);
    let wider = json!({"rules": [parse("escalate * *")]});
    ask(&server, collector, &line, &wider).await.failure(403, "Forbidden");
}
