//! Webhooks that refuse, and what they are asked.

use serde_json::{Value, json};

use super::{GROUP, MAPS, config_map, configure, hook, webhook};
use crate::admission::tests::pod;
use crate::testing::{Fixture, Hook, Said};

#[tokio::test]
async fn a_refusal_is_told_in_the_words_of_the_webhook() {
    let server = Fixture::new().await;
    let strict = hook(|review| match review["request"]["name"].as_str() {
        Some("coded") => {
            json!({"allowed": false, "status": {"code": 403, "reason": "Forbidden", "message": "no"}})
        }
        Some("mute") => json!({"allowed": false}),
        _ => json!({"allowed": true, "warnings": ["think again"]}),
    })
    .await;
    configure(&server, "Validating", "strict", &[webhook("strict", &strict, json!({}))]).await;
    let refused = server.post(MAPS, &config_map("coded")).await;
    assert_eq!(
        refused.failure(403, "Forbidden"),
        "admission webhook \"strict.example.com\" denied the request: no"
    );
    let mute = server.post(MAPS, &config_map("mute")).await.expect(400);
    assert_eq!(
        mute["message"],
        "admission webhook \"strict.example.com\" denied the request without explanation"
    );
    let fine = server.post(MAPS, &config_map("fine")).await;
    fine.expect(201);
    assert_eq!(fine.warnings(), ["299 - \"think again\""]);
}

#[tokio::test]
async fn a_webhook_is_asked_who_does_what_to_which_object() {
    let server = Fixture::new().await;
    let curious = hook(|_| json!({"allowed": true})).await;
    configure(&server, "Validating", "curious", &[webhook("curious", &curious, json!({}))]).await;
    server.post(&format!("{MAPS}?dryRun=All&fieldManager=me"), &config_map("a")).await.expect(201);
    server.post(MAPS, &config_map("a")).await.expect(201);
    server.patch(&format!("{MAPS}/a"), "merge", &json!({"data": {"k": "v"}})).await.expect(200);
    server.delete(&format!("{MAPS}/a"), &json!({"gracePeriodSeconds": 0})).await.expect(200);
    let asked = curious.asked();
    let requests: Vec<&Value> = asked.iter().map(|(_, review)| &review["request"]).collect();
    assert_eq!(asked[0].0, "/curious?timeout=30s");
    assert_eq!(asked[0].1["apiVersion"], "admission.k8s.io/v1");
    let operations: Vec<_> = requests.iter().map(|request| &request["operation"]).collect();
    assert_eq!(operations, ["CREATE", "CREATE", "UPDATE", "DELETE"]);
    let dry = requests[0];
    let kind = json!({"group": "", "version": "v1", "kind": "ConfigMap"});
    let resource = json!({"group": "", "version": "v1", "resource": "configmaps"});
    assert_eq!((&dry["kind"], &dry["requestKind"]), (&kind, &kind));
    assert_eq!((&dry["resource"], &dry["requestResource"]), (&resource, &resource));
    assert_eq!((&dry["namespace"], &dry["name"]), (&"default".into(), &"a".into()));
    assert_eq!(dry["dryRun"], true);
    assert_eq!(dry["userInfo"]["username"], "system:admin");
    assert_eq!(
        dry["options"],
        json!({
            "apiVersion": "meta.k8s.io/v1", "kind": "CreateOptions", "dryRun": ["All"],
            "fieldManager": "me", "fieldValidation": "Warn",
        })
    );
    assert_eq!((&dry["oldObject"], &dry["object"]["kind"]), (&Value::Null, &"ConfigMap".into()));
    let update = requests[2];
    assert_eq!(update["object"]["data"], json!({"k": "v"}));
    assert_eq!(update["oldObject"].get("data"), None);
    let delete = requests[3];
    assert_eq!((&delete["object"], &delete["oldObject"]["data"]["k"]), (&Value::Null, &"v".into()));
    assert_eq!(delete["options"]["gracePeriodSeconds"], 0);
}

#[tokio::test]
async fn a_webhook_that_fails_refuses_or_is_ignored_as_it_says() {
    let server = Fixture::new().await;
    let broken = Hook::start(&["localhost"], |_, _| Said::Status(500, "out of order")).await;
    let names = |policy: &str| json!({"failurePolicy": policy});
    configure(&server, "Validating", "w", &[webhook("w", &broken, names("Ignore"))]).await;
    server.post(MAPS, &config_map("ignored")).await.expect(201);
    server.delete(&format!("{GROUP}/v1/validatingwebhookconfigurations/w"), &Value::Null).await;
    configure(&server, "Validating", "w", &[webhook("w", &broken, names("Fail"))]).await;
    assert_eq!(
        server.post(MAPS, &config_map("refused")).await.failure(500, "InternalError"),
        "Internal error occurred: failed calling webhook \"w.example.com\": failed to call webhook: an \
         error on the server (\"out of order\") has prevented the request from succeeding"
    );
    let silent = Hook::start(&["localhost"], |_, _| Said::Nothing).await;
    let late = webhook("late", &silent, json!({"timeoutSeconds": 1}));
    server.delete(&format!("{GROUP}/v1/validatingwebhookconfigurations/w"), &Value::Null).await;
    configure(&server, "Validating", "late", &[late]).await;
    let message = server.post(MAPS, &config_map("late")).await.failure(500, "InternalError");
    assert!(message.ends_with("/late?timeout=1s\": context deadline exceeded"), "{message}");
}

#[tokio::test]
async fn nobody_locks_themselves_out_of_what_locks_them_out() {
    let server = Fixture::new().await;
    let broken = Hook::start(&["localhost"], |_, _| Said::Status(500, "")).await;
    let everything = json!({"rules": [{
        "operations": ["*"], "apiGroups": ["*"], "apiVersions": ["*"], "resources": ["*/*"],
    }]});
    configure(&server, "Validating", "all", &[webhook("all", &broken, everything)]).await;
    server.post(MAPS, &config_map("a")).await.expect(500);
    let path = format!("{GROUP}/v1/validatingwebhookconfigurations/all");
    server.delete(&path, &Value::Null).await.expect(200);
    server.post(MAPS, &config_map("a")).await.expect(201);
}

#[tokio::test]
async fn selectors_and_conditions_say_what_a_webhook_is_not_asked_about() {
    let server = Fixture::new().await;
    let asked = |hook: &Hook| -> Vec<String> {
        let names = hook.asked().into_iter().map(|(_, review)| review["request"]["name"].clone());
        names.filter_map(|name| name.as_str().map(str::to_owned)).collect()
    };
    let by_namespace = hook(|_| json!({"allowed": true})).await;
    let by_object = hook(|_| json!({"allowed": true})).await;
    let by_condition = hook(|_| json!({"allowed": true})).await;
    let webhooks = [
        webhook(
            "namespace",
            &by_namespace,
            json!({"namespaceSelector": {"matchLabels": {"no": "where"}}}),
        ),
        webhook("object", &by_object, json!({"objectSelector": {"matchLabels": {"mine": "yes"}}})),
        webhook(
            "condition",
            &by_condition,
            json!({"matchConditions": [
                {"name": "some", "expression": "object.metadata.name.startsWith('a') && request.operation == 'CREATE'"},
            ]}),
        ),
    ];
    configure(&server, "Validating", "some", &webhooks).await;
    let mut mine = config_map("mine");
    mine["metadata"]["labels"] = json!({"mine": "yes"});
    server.post(MAPS, &mine).await.expect(201);
    server.post(MAPS, &config_map("a")).await.expect(201);
    // What was selected before a change is asked about too.
    let change = json!({"metadata": {"labels": null}});
    server.patch(&format!("{MAPS}/mine"), "merge", &change).await.expect(200);
    assert_eq!(asked(&by_namespace), Vec::<String>::new());
    assert_eq!(asked(&by_object), ["mine", "mine"]);
    assert_eq!(asked(&by_condition), ["a"]);
}

#[tokio::test]
async fn what_is_no_object_of_the_kind_is_asked_about_as_what_it_is() {
    let server = Fixture::new().await;
    let curious = hook(|review| {
        let scale = &review["request"]["object"];
        let allowed = scale["kind"] != "Scale" || scale["spec"]["replicas"] != 9;
        json!({"allowed": allowed})
    })
    .await;
    let rules = json!({"rules": [{
        "operations": ["*"], "apiGroups": ["*"], "apiVersions": ["*"],
        "resources": ["deployments/scale", "pods/binding", "pods/eviction", "pods/exec",
            "serviceaccounts/token"],
    }]});
    configure(&server, "Validating", "curious", &[webhook("curious", &curious, rules)]).await;
    let deployment = json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "d"},
        "spec": {
            "selector": {"matchLabels": {"a": "b"}},
            "template": {
                "metadata": {"labels": {"a": "b"}},
                "spec": {"containers": [{"name": "c", "image": "i"}]},
            },
        },
    });
    let deployments = "/apis/apps/v1/namespaces/default/deployments";
    server.post(deployments, &deployment).await.expect(201);
    let scale = |replicas: u64| json!({"spec": {"replicas": replicas}});
    server.patch(&format!("{deployments}/d/scale"), "merge", &scale(9)).await.expect(400);
    server.patch(&format!("{deployments}/d/scale"), "merge", &scale(3)).await.expect(200);
    let pods = "/api/v1/namespaces/default/pods";
    let pod = crate::admission::tests::pod("p", json!({}));
    server.post(pods, &pod).await.expect(201);
    let binding = json!({
        "apiVersion": "v1", "kind": "Binding", "metadata": {"name": "p"},
        "target": {"kind": "Node", "name": "n"},
    });
    server.post(&format!("{pods}/p/binding"), &binding).await.expect(201);
    server.get(&format!("{pods}/p/exec?command=ls&stdout=true")).await;
    let token =
        json!({"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {}});
    server
        .post("/api/v1/namespaces/default/serviceaccounts/default/token", &token)
        .await
        .expect(201);
    let seen: Vec<String> = curious
        .asked()
        .into_iter()
        .map(|(_, review)| {
            let request = &review["request"];
            let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            format!(
                "{} {} {}",
                text(&request["operation"]),
                text(&request["subResource"]),
                text(&request["object"]["kind"])
            )
        })
        .collect();
    assert_eq!(
        seen,
        [
            "UPDATE scale Scale",
            "UPDATE scale Scale",
            "CREATE binding Binding",
            "CONNECT exec PodExecOptions",
            "CREATE token TokenRequest",
        ]
    );
}

#[tokio::test]
async fn a_rule_about_one_version_is_about_all_that_are_the_same_objects() {
    let server = Fixture::new().await;
    let old = hook(|_| json!({"allowed": true})).await;
    let exact = hook(|_| json!({"allowed": true})).await;
    let rules = json!([{
        "operations": ["CREATE"], "apiGroups": ["autoscaling"], "apiVersions": ["v1"],
        "resources": ["horizontalpodautoscalers"],
    }]);
    let webhooks = [
        webhook("old", &old, json!({"rules": rules})),
        webhook("exact", &exact, json!({"rules": rules, "matchPolicy": "Exact"})),
    ];
    configure(&server, "Validating", "versions", &webhooks).await;
    let scaler = json!({
        "apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": "h"},
        "spec": {
            "maxReplicas": 3,
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "d"},
        },
    });
    let path = "/apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers";
    server.post(path, &scaler).await.expect(201);
    assert!(exact.asked().is_empty());
    let asked = old.asked();
    let request = &asked[0].1["request"];
    assert_eq!(request["kind"]["version"], "v1");
    assert_eq!(request["requestKind"]["version"], "v2");
    assert_eq!(request["object"]["apiVersion"], "autoscaling/v1");
}

#[tokio::test]
async fn an_eviction_is_asked_about_once_and_as_what_it_is() {
    let server = Fixture::new().await;
    let pods = "/api/v1/namespaces/default/pods";
    server.post(pods, &pod("p", json!({}))).await.expect(201);
    let strict = hook(|review| {
        json!({
            "allowed": review["request"]["operation"] == "CREATE",
            "status": {"code": 409, "reason": "Conflict", "message": "stay"},
        })
    })
    .await;
    let rules = json!({"rules": [{
        "operations": ["*"], "apiGroups": [""], "apiVersions": ["v1"], "resources": ["pods/*", "pods"],
    }]});
    configure(&server, "Validating", "w", &[webhook("w", &strict, rules)]).await;
    let eviction = json!({"apiVersion": "policy/v1", "kind": "Eviction"});
    server.post(&format!("{pods}/p/eviction"), &eviction).await.expect(201);
    let asked = strict.asked();
    let requests: Vec<&Value> = asked.iter().map(|(_, review)| &review["request"]).collect();
    assert_eq!(requests.len(), 1, "{requests:?}");
    assert_eq!(requests[0]["subResource"], "eviction");
    server.get(&format!("{pods}/p")).await.failure(404, "NotFound");
}

#[tokio::test]
async fn a_refusal_is_no_race_whatever_its_code() {
    let server = Fixture::new().await;
    server.post(MAPS, &config_map("a")).await.expect(201);
    let strict = hook(|_| {
        json!({"allowed": false, "status": {"code": 404, "reason": "NotFound", "message": "no owner"}})
    })
    .await;
    configure(&server, "Validating", "w", &[webhook("w", &strict, json!({}))]).await;
    let told = "admission webhook \"w.example.com\" denied the request: no owner";
    let mut wanted = config_map("a");
    wanted["data"] = json!({"k": "v"});
    let applied = server.apply(&format!("{MAPS}/a"), "me", &wanted).await;
    assert_eq!(applied.failure(404, "NotFound"), told);
    assert_eq!(strict.asked().len(), 1);
    let deleted = server.delete(MAPS, &Value::Null).await;
    assert_eq!(deleted.failure(404, "NotFound"), told);
}
