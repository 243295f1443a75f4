//! Who is asked, and webhooks among them, through real servers.

use std::path::PathBuf;
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;

use super::*;
use crate::authorize::Authorization;
use crate::testing::hook::{Hook, Said};
use crate::{Audit, AuditLog, Operations};

const HEAD: &str = "apiVersion: apiserver.config.k8s.io/v1\nkind: AuthorizationConfiguration\n";

/// A webhook, and the files that name it.
struct Outside {
    hook: Hook,
    folder: tempfile::TempDir,
}

impl Outside {
    /// It answers with a status that depends on who asks for what.
    async fn start(decide: impl Fn(&Value) -> Value + Send + Sync + 'static) -> Self {
        Self::saying(move |question| {
            let version = &question["apiVersion"];
            let status = decide(&question["spec"]);
            Said::Json(json!({
                "apiVersion": version, "kind": "SubjectAccessReview", "status": status,
            }))
        })
        .await
    }

    async fn saying(answer: impl Fn(&Value) -> Said + Send + Sync + 'static) -> Self {
        let hook = Hook::start(&["localhost"], move |_, question| answer(question)).await;
        let folder = tempfile::tempdir().unwrap();
        let kubeconfig = json!({
            "apiVersion": "v1", "kind": "Config", "current-context": "c",
            "clusters": [{"name": "c", "cluster": {
                "server": format!("https://localhost:{}/review", hook.port),
                "certificate-authority-data": BASE64_STANDARD.encode(&hook.authority),
            }}],
            "contexts": [{"name": "c", "context": {"cluster": "c"}}],
        });
        std::fs::write(folder.path().join("kubeconfig"), kubeconfig.to_string()).unwrap();
        Self { hook, folder }
    }

    fn kubeconfig(&self) -> PathBuf {
        self.folder.path().join("kubeconfig")
    }

    /// An authorizer of a configuration; more may follow what every webhook has.
    fn authorizer(&self, name: &str, policy: &str, more: &str) -> String {
        format!(
            "- type: Webhook\n  name: {name}\n  webhook:\n    timeout: 2s\n    \
             subjectAccessReviewVersion: v1\n    failurePolicy: {policy}\n    \
             connectionInfo: {{type: KubeConfigFile, kubeConfigFile: {}}}\n{more}",
            self.kubeconfig().display()
        )
    }

    async fn server(&self, authorizers: &str) -> Fixture {
        configured(&self.folder.path().join("authorization"), authorizers).await
    }

    /// What it was asked, by users other than this server's own.
    fn asked(&self) -> Vec<Value> {
        self.hook.asked().into_iter().map(|(_, question)| question).collect()
    }
}

fn settings(file: &std::path::Path, authorizers: &str) -> Authorization {
    std::fs::write(file, format!("{HEAD}authorizers:\n{authorizers}")).unwrap();
    Authorization { config_file: Some(file.to_owned()), ..Authorization::default() }
}

async fn configured(file: &std::path::Path, authorizers: &str) -> Fixture {
    let authorization = settings(file, authorizers);
    Fixture::operated(Operations { authorization, ..Operations::default() }).await
}

const BUILT_IN: &str = "- {type: Node, name: node}\n- {type: RBAC, name: rbac}\n";

async fn metrics(server: &Fixture) -> String {
    String::from_utf8(server.get("/metrics").await.body.to_vec()).unwrap()
}

async fn get(server: &Fixture, name: &str, path: &str) -> Reply {
    ask(server, user(name), &format!("GET {path}"), &Value::Null).await
}

#[tokio::test]
async fn a_webhook_allows_denies_or_leaves_it_to_roles() {
    let outside = Outside::start(|spec| match spec["user"].as_str().unwrap() {
        "ann" => json!({"allowed": true, "reason": "ann is known"}),
        "bob" => json!({"allowed": false, "denied": true, "reason": "bob is known"}),
        _ => json!({"allowed": false, "reason": "nobody knows"}),
    })
    .await;
    let first = outside.authorizer("first", "NoOpinion", "");
    let server = outside.server(&format!("{first}{BUILT_IN}")).await;
    grant(&server, "reader", &["get,list - configmaps"], "bob").await;
    grant(&server, "reader2", &["get,list - configmaps"], "cat").await;
    get(&server, "ann", CONFIG_MAPS).await.expect(200);
    assert_eq!(
        get(&server, "bob", CONFIG_MAPS).await.failure(403, "Forbidden"),
        "configmaps is forbidden: User \"bob\" cannot list resource \"configmaps\" in API group \
         \"\" in the namespace \"default\": bob is known"
    );
    get(&server, "cat", CONFIG_MAPS).await.expect(200);
    assert!(
        get(&server, "dan", CONFIG_MAPS)
            .await
            .failure(403, "Forbidden")
            .ends_with("in the namespace \"default\": nobody knows")
    );
    assert!(
        get(&server, "dan", "/metrics")
            .await
            .failure(403, "Forbidden")
            .ends_with("User \"dan\" cannot get path \"/metrics\": nobody knows")
    );
    // The administrator is not asked about.
    assert!(outside.asked().iter().all(|question| question["spec"]["user"] != "system:admin"));
    let metrics = metrics(&server).await;
    for line in [
        "decisions_total{type=\"Webhook\",name=\"first\",decision=\"allowed\"} 1",
        "decisions_total{type=\"Webhook\",name=\"first\",decision=\"denied\"} 1",
        "decisions_total{type=\"RBAC\",name=\"rbac\",decision=\"allowed\"} 1",
        "webhook_evaluations_total{name=\"first\",result=\"success\"} 5",
        "webhook_duration_seconds_count{name=\"first\",result=\"success\"} 5",
        "authorization_attempts_total{result=\"denied\"} 1",
        "authorization_attempts_total{result=\"no-opinion\"} 2",
    ] {
        assert!(metrics.contains(line), "{line} in {metrics}");
    }
}

#[tokio::test]
async fn a_webhook_is_asked_about_everything_in_reviews_words_and_once() {
    let outside = Outside::start(|_| json!({"allowed": true})).await;
    let server = outside.server(&outside.authorizer("only", "Deny", "")).await;
    let path = format!("{CONFIG_MAPS}?labelSelector=a%3Db&fieldSelector=metadata.name%3Dx");
    for _ in 0..3 {
        get(&server, "ann", &path).await.expect(200);
    }
    let asked = outside.asked();
    assert_eq!(asked.len(), 1, "{asked:?}");
    let requirement = |key: &str, value: &str| json!({"requirements": [{"key": key, "operator": "In", "values": [value]}]});
    assert_eq!(
        asked[0]["spec"],
        json!({
            "user": "ann", "groups": ["system:authenticated"],
            "resourceAttributes": {
                "verb": "list", "version": "v1", "resource": "configmaps", "namespace": "default",
                "name": "x", "fieldSelector": requirement("metadata.name", "x"),
                "labelSelector": requirement("a", "b"),
            },
        })
    );
}

#[tokio::test]
async fn a_webhook_that_does_not_answer_is_passed_over_or_forbids() {
    let outside = Outside::saying(|_| Said::Status(400, "no")).await;
    let server =
        outside.server(&format!("{}{BUILT_IN}", outside.authorizer("lax", "NoOpinion", ""))).await;
    grant(&server, "reader", &["list - configmaps"], "ann").await;
    get(&server, "ann", CONFIG_MAPS).await.expect(200);
    // Nobody else allows it, and whether the webhook would is not known.
    let why = get(&server, "bob", CONFIG_MAPS).await.failure(500, "InternalError");
    assert_eq!(
        why,
        format!(
            "Internal Server Error: {CONFIG_MAPS:?}: the server rejected our request for an unknown reason"
        )
    );
    let counted = "fail_open_total{name=\"lax\",result=\"error\"} 2";
    assert!(metrics(&server).await.contains(counted));
    let strict = outside.authorizer("strict", "Deny", "");
    let server = outside.server(&format!("{strict}{BUILT_IN}")).await;
    grant(&server, "reader", &["list - configmaps"], "ann").await;
    get(&server, "ann", CONFIG_MAPS).await.failure(500, "InternalError");
    let question = json!({
        "apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview",
        "spec": {"user": "ann", "nonResourceAttributes": {"verb": "get", "path": "/metrics"}},
    });
    let reviews = "/apis/authorization.k8s.io/v1/subjectaccessreviews";
    let answer = server.post(reviews, &question).await.expect(201);
    assert_eq!(
        answer["status"],
        json!({
            "allowed": false, "denied": true,
            "evaluationError": "the server rejected our request for an unknown reason",
        })
    );
}

#[tokio::test]
async fn a_passing_failure_is_no_failure() {
    let count = std::sync::atomic::AtomicUsize::new(0);
    let outside = Outside::saying(move |_| {
        if count.fetch_add(1, std::sync::atomic::Ordering::Relaxed) == 0 {
            return Said::Status(500, "starting");
        }
        Said::Json(json!({"status": {"allowed": true}}))
    })
    .await;
    let server = outside.server(&outside.authorizer("slow", "Deny", "")).await;
    get(&server, "ann", CONFIG_MAPS).await.expect(200);
    assert_eq!(outside.asked().len(), 2);
}

#[tokio::test]
async fn match_conditions_keep_questions_from_a_webhook() {
    let outside = Outside::start(|_| json!({"denied": true, "reason": "closed"})).await;
    let conditions = "    matchConditionSubjectAccessReviewVersion: v1\n    matchConditions:\n    \
        - expression: has(request.resourceAttributes)\n    \
        - expression: request.resourceAttributes.namespace == 'kube-system'\n";
    let picky = outside.authorizer("picky", "NoOpinion", conditions);
    let server = outside.server(&format!("{picky}{BUILT_IN}")).await;
    grant(&server, "reader", &["list - configmaps"], "ann").await;
    get(&server, "ann", CONFIG_MAPS).await.expect(200);
    get(&server, "ann", "/version").await.expect(200);
    assert!(outside.asked().is_empty());
    let there = CONFIG_MAPS.replace("default", "kube-system");
    assert!(get(&server, "ann", &there).await.failure(403, "Forbidden").ends_with(": closed"));
    let excluded = "match_condition_exclusions_total{type=\"Webhook\",name=\"picky\"} 2";
    assert!(metrics(&server).await.contains(excluded));
}

#[tokio::test]
async fn flags_name_a_webhook_of_the_older_version() {
    let outside = Outside::start(|spec| json!({"allowed": spec["group"].is_array()})).await;
    let authorization = Authorization {
        modes: vec!["RBAC".to_owned(), "Webhook".to_owned()],
        webhook_config_file: Some(outside.kubeconfig()),
        ..Authorization::default()
    };
    let server = Fixture::operated(Operations { authorization, ..Operations::default() }).await;
    get(&server, "ann", CONFIG_MAPS).await.expect(200);
    assert_eq!(outside.asked()[0]["apiVersion"], "authorization.k8s.io/v1beta1");
    // Roles are asked before it.
    get(&server, "ann", "/version").await.expect(200);
    assert_eq!(outside.asked().len(), 1);
}

#[tokio::test]
async fn what_a_webhook_allows_is_known_to_be_more_than_can_be_listed() {
    let outside = Outside::start(|_| json!({"allowed": true})).await;
    let server = outside.server(&outside.authorizer("only", "Deny", "")).await;
    let question = json!({
        "apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectRulesReview",
        "spec": {"namespace": "default"},
    });
    let line = "POST /apis/authorization.k8s.io/v1/selfsubjectrulesreviews";
    let status = ask(&server, user("ann"), line, &question).await.expect(201)["status"].clone();
    assert_eq!(status["incomplete"], true);
    assert_eq!(
        status["evaluationError"],
        "webhook authorizer does not support user rule resolution"
    );
}

#[tokio::test]
async fn what_a_webhook_allows_may_be_impersonated_created_and_granted() {
    let outside = Outside::start(|spec| json!({"allowed": spec["user"] == "ann"})).await;
    let server = outside.server(&outside.authorizer("only", "Deny", "")).await;
    let role = json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role",
        "metadata": {"name": "all", "namespace": "default"},
        "rules": [{"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}],
    });
    let line = format!("PUT {RBAC}/namespaces/default/roles/all");
    ask(&server, user("ann"), &line, &role).await.expect(201);
    let as_bob = [("impersonate-user", "bob")];
    let line = format!("GET {CONFIG_MAPS}");
    let refused = ask_with(&server, user("ann"), &line, &as_bob, &Value::Null).await;
    assert!(refused.failure(403, "Forbidden").contains("User \"bob\" cannot list"));
    let verbs = outside.asked().into_iter().map(|question| {
        question["spec"]["resourceAttributes"]["verb"].as_str().unwrap().to_owned()
    });
    let verbs: Vec<String> = verbs.collect();
    assert_eq!(verbs, ["update", "create", "escalate", "impersonate", "list"]);
}

#[tokio::test(start_paused = true)]
async fn a_file_is_taken_up_when_it_changes_and_one_that_is_wrong_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("authorization");
    let rbac = "- {type: RBAC, name: rbac}\n";
    let deny = "- {type: AlwaysDeny, name: alwaysdeny}\n";
    let allow = "- {type: AlwaysAllow, name: alwaysallow}\n";
    let server = configured(&file, &format!("{deny}{rbac}")).await;
    let pause = || tokio::time::sleep(Duration::from_mins(1));
    assert!(
        get(&server, "ann", CONFIG_MAPS)
            .await
            .failure(403, "Forbidden")
            .ends_with("in the namespace \"default\": Everything is forbidden.")
    );
    let review = json!({
        "apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectRulesReview",
        "spec": {"namespace": "default"},
    });
    let line = "POST /apis/authorization.k8s.io/v1/selfsubjectrulesreviews";
    settings(&file, &format!("{allow}{deny}"));
    pause().await;
    get(&server, "ann", CONFIG_MAPS).await.failure(403, "Forbidden");
    settings(&file, &format!("{allow}{rbac}{deny}"));
    pause().await;
    get(&server, "ann", CONFIG_MAPS).await.expect(200);
    let rules = ask(&server, user("ann"), line, &review).await.expect(201);
    assert_eq!(rules["status"]["incomplete"], false);
    assert!(rules["status"]["nonResourceRules"].to_string().contains("[\"*\"]"));
    std::fs::remove_file(&file).unwrap();
    pause().await;
    get(&server, "ann", CONFIG_MAPS).await.expect(200);
    let metrics = metrics(&server).await;
    let counted = |status: &str| {
        let line = metrics.lines().find(|line| {
            line.starts_with("apiserver_authorization_config_controller_automatic_reloads_total{")
                && line.contains(&format!("status=\"{status}\",apiserver_id_hash=\"sha256:"))
        });
        line.map(|line| line.rsplit(' ').next().unwrap().to_owned())
    };
    assert_eq!(
        (counted("success").unwrap(), counted("failure").unwrap()),
        ("1".into(), "2".into())
    );
    for name in ["automatic_reload_last_timestamp_seconds{", "last_config_info{"] {
        let name = format!("apiserver_authorization_config_controller_{name}");
        assert!(metrics.contains(&name), "{name} in {metrics}");
    }
}

#[tokio::test]
async fn the_audit_log_has_what_a_webhook_said() {
    let outside = Outside::start(|_| json!({"allowed": true, "reason": "why not"})).await;
    let folder = outside.folder.path();
    let (policy, log) = (folder.join("policy"), folder.join("log"));
    let rules = "apiVersion: audit.k8s.io/v1\nkind: Policy\nomitStages: [RequestReceived]\n\
                 rules: [{level: Metadata, users: [ann]}]\n";
    std::fs::write(&policy, rules).unwrap();
    let only = outside.authorizer("only", "Deny", "");
    let authorization = settings(&folder.join("authorization"), &only);
    let log_file = AuditLog { file: log.clone(), megabytes_max: 10, backups_max: 0, days_max: 0 };
    let audit = Audit { policy, log: Some(log_file), webhook: None };
    let operations = Operations { authorization, audit: Some(audit), ..Operations::default() };
    let server = Fixture::operated(operations).await;
    get(&server, "ann", CONFIG_MAPS).await.expect(200);
    let written = async {
        loop {
            let text = std::fs::read_to_string(&log).unwrap_or_default();
            if let Some(line) = text.lines().next() {
                break serde_json::from_str::<Value>(line).unwrap();
            }
            tokio::task::yield_now().await;
        }
    };
    let event = tokio::time::timeout(Duration::from_mins(1), written).await.unwrap();
    assert_eq!(event["annotations"]["authorization.k8s.io/decision"], "allow");
    assert_eq!(event["annotations"]["authorization.k8s.io/reason"], "why not");
    assert_eq!(outside.asked().len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn expressions_ask_webhooks_too() {
    let outside = Outside::start(|spec| {
        json!({"allowed": spec["user"] == "ann" && spec["resourceAttributes"]["verb"] != "fly"})
    })
    .await;
    let server = outside.server(&outside.authorizer("only", "Deny", "")).await;
    let group = "/apis/admissionregistration.k8s.io/v1";
    let object = |kind: &str, name: &str, spec: Value| {
        json!({
            "apiVersion": "admissionregistration.k8s.io/v1", "kind": kind,
            "metadata": {"name": name}, "spec": spec,
        })
    };
    let asks = |verb: &str| {
        format!(
            "object.metadata.name != '{verb}' || authorizer.group('').resource('pods').check('{verb}').allowed()"
        )
    };
    let spec = json!({
        "matchConstraints": {"resourceRules": [{
            "operations": ["CREATE"], "apiGroups": [""], "apiVersions": ["v1"],
            "resources": ["configmaps"],
        }]},
        "validations": [{"expression": asks("fly")}, {"expression": asks("walk")}],
    });
    let policy = object("ValidatingAdmissionPolicy", "p.example.com", spec);
    server.post(&format!("{group}/validatingadmissionpolicies"), &policy).await.expect(201);
    let spec = json!({"policyName": "p.example.com", "validationActions": ["Deny"]});
    let binding = object("ValidatingAdmissionPolicyBinding", "b", spec);
    server.post(&format!("{group}/validatingadmissionpolicybindings"), &binding).await.expect(201);
    let line = format!("POST {CONFIG_MAPS}");
    ask(&server, user("ann"), &line, &config_map("walk")).await.expect(201);
    let refused = ask(&server, user("ann"), &line, &config_map("fly")).await;
    assert!(refused.failure(422, "Invalid").contains("failed expression"));
}
