//! Who decides what users may do: a webhook of ours, beside the built-in authorizers.

use std::fs;

use k8s_openapi::api::core::v1::ConfigMap;
use kube::api::{Api, ListParams};
use kube::{Client, Error};
use serde_json::{Value, json};

use crate::support::cluster::Cluster;
use crate::support::hook::{Hook, Said};
use crate::support::kubectls;
use crate::support::patience::until;

const HEAD: &str = "apiVersion: apiserver.config.k8s.io/v1\nkind: AuthorizationConfiguration\n\
    authorizers:\n- {type: Node, name: node}\n- {type: RBAC, name: rbac}\n";

/// Allows what somebody called ann wants of the namespace that is hers, and forbids bob everything.
async fn webhook() -> Hook {
    Hook::start(&["localhost"], |_, question| {
        let spec = &question["spec"];
        let hers = spec["resourceAttributes"]["namespace"] == "default";
        let status = match spec["user"].as_str() {
            Some("ann") if hers => json!({"allowed": true, "reason": "it is hers"}),
            Some("bob") => json!({"allowed": false, "denied": true, "reason": "bob has left"}),
            _ => json!({"allowed": false}),
        };
        let (version, kind) = ("authorization.k8s.io/v1", "SubjectAccessReview");
        Said::Json(json!({"apiVersion": version, "kind": kind, "status": status}))
    })
    .await
}

async fn client_of(cluster: &Cluster, user: &str) -> Client {
    let mut config = cluster.config().await;
    config.auth_info.impersonate = Some(user.to_owned());
    Client::try_from(config).expect("a client")
}

async fn list(cluster: &Cluster, user: &str) -> Result<(), String> {
    let maps: Api<ConfigMap> = Api::default_namespaced(client_of(cluster, user).await);
    match maps.list(&ListParams::default()).await {
        Ok(_) => Ok(()),
        Err(Error::Api(status)) => Err(status.message.clone()),
        Err(other) => panic!("{other}"),
    }
}

#[tokio::test]
async fn a_webhook_decides_until_its_file_says_otherwise() {
    let hook = webhook().await;
    let mut cluster = Cluster::stopped();
    let path = |name: &str| cluster.folder().join(name);
    let (authority, kubeconfig, file) = (path("ca.crt"), path("webhook"), path("authorization"));
    fs::write(&authority, &hook.authority).expect("the folder is writable");
    let config = json!({
        "apiVersion": "v1", "kind": "Config", "current-context": "c",
        "clusters": [{"name": "c", "cluster": {
            "server": format!("https://localhost:{}/authorize", hook.port),
            "certificate-authority": "ca.crt",
        }}],
        "contexts": [{"name": "c", "context": {"cluster": "c"}}],
    });
    fs::write(&kubeconfig, config.to_string()).expect("the folder is writable");
    let webhook = format!(
        "- type: Webhook\n  name: outside.example.com\n  webhook:\n    timeout: 10s\n    \
         subjectAccessReviewVersion: v1\n    failurePolicy: Deny\n    \
         connectionInfo: {{type: KubeConfigFile, kubeConfigFile: {}}}\n    \
         matchConditionSubjectAccessReviewVersion: v1\n    \
         matchConditions: [{{expression: \"!request.user.startsWith('system:')\"}}]\n",
        kubeconfig.display()
    );
    fs::write(&file, format!("{HEAD}{webhook}")).expect("the folder is writable");
    let name = file.display().to_string();
    cluster.run(&["--authorization-config", &name]).await;

    assert_eq!(list(&cluster, "ann").await, Ok(()));
    let refused = |user: &str, reason: &str| {
        format!(
            "configmaps is forbidden: User {user:?} cannot list resource \"configmaps\" in API group \
             \"\" in the namespace \"default\"{reason}"
        )
    };
    assert_eq!(list(&cluster, "bob").await, Err(refused("bob", ": bob has left")));
    assert_eq!(list(&cluster, "cat").await, Err(refused("cat", "")));
    for kubectl in kubectls::all() {
        let ask = async |arguments: &str| {
            let mut command = tokio::process::Command::new(&kubectl.path);
            command.arg("--kubeconfig").arg(cluster.kubeconfig());
            let ran = command.args(arguments.split(' ')).output().await.expect("kubectl runs");
            String::from_utf8_lossy(&[ran.stdout, ran.stderr].concat()).trim().to_owned()
        };
        assert_eq!(ask("auth can-i create pods --as=ann").await, "yes");
        assert_eq!(ask("auth can-i create pods --as=bob").await, "no - bob has left");
        let listed = ask("auth can-i --list --as=ann").await;
        assert!(listed.contains("webhook authorizer does not support user rule"), "{listed}");
    }
    let asked = hook.asked();
    assert!(asked.iter().all(|(path, _)| path == "/authorize"));
    let names = asked.iter().map(|(_, question)| question["spec"]["user"].as_str());
    let strangers: Vec<&str> = names.flatten().filter(|name| name.contains(':')).collect();
    assert!(strangers.is_empty(), "conditions keep the cluster's own parts away: {strangers:?}");

    // What cannot be used changes nothing; what can is taken up.
    fs::write(&file, "authorizers: []").expect("the folder is writable");
    until("the refusal of a file", async || {
        let metrics = metrics(&cluster).await;
        let failed = "automatic_reloads_total{status=\"failure\"";
        if metrics.contains(failed) { Ok(()) } else { Err(metrics) }
    })
    .await;
    assert_eq!(list(&cluster, "ann").await, Ok(()));
    fs::write(&file, HEAD).expect("the folder is writable");
    until("the new file to be taken up", async || match list(&cluster, "ann").await {
        Ok(()) => Err("ann may still read"),
        Err(message) => {
            assert_eq!(message, refused("ann", ""));
            Ok(())
        }
    })
    .await;
    let metrics = metrics(&cluster).await;
    for line in [
        "apiserver_authorization_decisions_total{type=\"Webhook\",name=\"outside.example.com\",decision=\"denied\"}",
        "apiserver_authorization_webhook_evaluations_total{name=\"outside.example.com\",result=\"success\"}",
        "apiserver_authorization_config_controller_automatic_reloads_total{status=\"success\"",
    ] {
        assert!(metrics.contains(line), "no {line} in {metrics}");
    }

    cluster.signal("TERM");
    cluster.ended().await;
    fs::write(&file, HEAD.replace("RBAC", "Roles")).expect("the folder is writable");
    let refused =
        cluster.isopod(&["up", "--listen", "127.0.0.1:0", "--authorization-config", &name]);
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success());
    for part in [
        "failed to load AuthorizationConfiguration from file",
        "authorizers[1].type: Unsupported value: \"Roles\"",
    ] {
        assert!(said.contains(part), "no {part:?} in {said}");
    }
}

async fn metrics(cluster: &Cluster) -> String {
    let request = http::Request::get("/metrics").body(Vec::new()).expect("a request");
    cluster.client().await.request_text(request).await.expect("metrics")
}

#[tokio::test]
async fn who_is_asked_may_be_said_by_flags() {
    let cluster = Cluster::start(&["--authorization-mode", "AlwaysAllow"]).await;
    assert_eq!(list(&cluster, "ann").await, Ok(()));
    let review = json!({
        "apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectRulesReview",
        "spec": {"namespace": "default"},
    });
    let path = "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews";
    let request = http::Request::post(path).header("content-type", "application/json");
    let request = request.body(review.to_string().into_bytes()).expect("a request");
    let answer: Value = client_of(&cluster, "ann").await.request(request).await.expect("rules");
    assert_eq!(answer["status"]["incomplete"], false);
    assert_eq!(answer["status"]["resourceRules"][0]["verbs"], json!(["*"]));
}
