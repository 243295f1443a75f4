use std::fs;
use std::path::PathBuf;

use serde_json::{Value, json};
use tempfile::TempDir;

use super::PodSecurity;
use crate::Operations;
use crate::testing::Fixture;

const HEAD: &str =
    "apiVersion: apiserver.config.k8s.io/v1\nkind: AdmissionConfiguration\nplugins:\n";
const OWN: &str = r"apiVersion: pod-security.admission.config.k8s.io/v1
kind: PodSecurityConfiguration
defaults: {enforce: baseline, enforce-version: latest, warn: restricted}
exemptions:
  usernames: []
  runtimeClasses: []
  namespaces: [trusted]
";

fn folder(plugins: &str) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("own.yaml"), OWN).unwrap();
    let file = folder.path().join("admission.yaml");
    fs::write(&file, format!("{HEAD}{plugins}")).unwrap();
    (folder, file)
}

fn privileged() -> Value {
    json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": {"containers": [
        {"name": "c", "image": "i", "securityContext": {"privileged": true}}
    ]}})
}

#[tokio::test(start_paused = true)]
async fn a_namespace_without_labels_has_the_defaults_of_the_cluster_unless_it_is_exempt() {
    let (_folder, file) = folder("- {name: PodSecurity, path: own.yaml}\n");
    let operations = Operations { admission_config: Some(file), ..Operations::default() };
    let server = Fixture::operated(operations).await;
    let pods = "/api/v1/namespaces/default/pods";
    let said = server.post(pods, &privileged()).await.failure(403, "Forbidden");
    assert!(said.contains("violates PodSecurity \"baseline:latest\": privileged"), "{said}");
    let mut plain = privileged();
    plain["spec"]["containers"][0]["securityContext"] = json!({});
    let reply = server.post(pods, &plain).await;
    reply.expect(201);
    let warnings = reply.warnings();
    assert!(warnings[0].contains("would violate PodSecurity"), "{warnings:?}");

    for (name, code) in [("lax", 201), ("trusted", 201), ("other", 403)] {
        let mut namespace =
            json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}});
        if name == "lax" {
            let labels = json!({"pod-security.kubernetes.io/enforce": "privileged"});
            namespace["metadata"]["labels"] = labels;
        }
        server.post("/api/v1/namespaces", &namespace).await.expect(201);
        let account =
            json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default"}});
        server.post(&format!("/api/v1/namespaces/{name}/serviceaccounts"), &account).await;
        let reply = server.post(&format!("/api/v1/namespaces/{name}/pods"), &privileged()).await;
        reply.expect(code);
    }
}

#[test]
fn a_configuration_that_says_nonsense_is_refused() {
    let inline = |own: &str| format!("- name: PodSecurity\n  configuration: {own}\n");
    let head =
        "apiVersion: pod-security.admission.config.k8s.io/v1, kind: PodSecurityConfiguration";
    let exempt = |list: &str| inline(&format!("{{{head}, exemptions: {{{list}}}}}"));
    let right = inline(&format!("{{{head}, defaults: {{enforce: restricted}}}}"));
    let (_folder, file) = folder(&right);
    PodSecurity::load(&file).unwrap();
    for (wrong, why) in [
        (inline(&format!("{{{head}, defaults: {{enforce: strict}}}}")), "\"strict\" is no such"),
        (inline(&format!("{{{head}, exempt: {{}}}}")), "unknown field"),
        (exempt("runtimeClasses: ['']"), "exemptions.runtimeClasses: \"\": "),
        (exempt("usernames: ['']"), "exemptions.usernames: \"\": must not be empty"),
        (exempt("namespaces: [a.b]"), "exemptions.namespaces: \"a.b\": "),
        (exempt("namespaces: [a, a]"), "exemptions.namespaces: \"a\" is there twice"),
        (inline("{apiVersion: v1, kind: ConfigMap}"), "it is \"v1 ConfigMap\""),
        ("- {name: EventRateLimit}\n".to_owned(), "takes no configuration"),
        ("- {name: PodSecurity, path: absent.yaml}\n".to_owned(), "absent.yaml"),
    ] {
        let (_folder, file) = folder(&wrong);
        let said = PodSecurity::load(&file).unwrap_err().to_string();
        assert!(said.contains(why), "{said}");
    }
}
