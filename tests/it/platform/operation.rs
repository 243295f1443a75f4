//! What operators need: backups, encryption at rest, the audit log, metrics.

use std::fs;

use k8s_openapi::api::core::v1::{ConfigMap, Secret};
use kube::api::{Api, PostParams};
use kube::{Client, ResourceExt};
use serde_json::{Value, json};

use crate::support::cluster::Cluster;
use crate::support::patience::until;

async fn write_map(client: &Client, name: &str) -> ConfigMap {
    let maps: Api<ConfigMap> = Api::default_namespaced(client.clone());
    let map = serde_json::from_value(json!({"metadata": {"name": name}})).expect("a map");
    maps.create(&PostParams::default(), &map).await.expect("it is created")
}

async fn write_secret(client: &Client, name: &str) {
    let secrets: Api<Secret> = Api::default_namespaced(client.clone());
    let secret = json!({"metadata": {"name": name}, "stringData": {"password": "swordfish-4711"}});
    let secret = serde_json::from_value(secret).expect("a secret");
    secrets.create(&PostParams::default(), &secret).await.expect("it is created");
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[tokio::test]
async fn a_running_cluster_is_backed_up_and_lives_on_elsewhere() {
    let mut cluster = Cluster::start(&[]).await;
    let client = cluster.client().await;
    let kept = write_map(&client, "kept").await;
    let file = cluster.folder().join("backup");
    let name = file.display().to_string();
    let taken = cluster.isopod(&["backup", &name]);
    assert!(taken.status.success(), "{}", text(&taken.stderr));
    let later = write_map(&client, "later").await;
    let refused = cluster.isopod(&["restore", &name]);
    assert!(!refused.status.success());
    assert!(text(&refused.stderr).contains("in use by another isopod"), "{refused:?}");
    cluster.signal("TERM");
    cluster.ended().await;
    let refused = cluster.isopod(&["restore", &name]);
    assert!(text(&refused.stderr).contains("holds a cluster already"), "{refused:?}");

    let mut copy = Cluster::stopped();
    // A restore into it was killed after the first key.
    fs::create_dir_all(copy.data_dir().join("pki")).expect("the folder is writable");
    fs::write(copy.data_dir().join("restoring"), "").expect("the folder is writable");
    let refused = copy.isopod(&["up", "--listen", "127.0.0.1:0"]);
    assert!(text(&refused.stderr).contains("run isopod restore again"), "{refused:?}");
    let restored = copy.isopod(&["restore", &name]);
    assert!(restored.status.success(), "{}", text(&restored.stderr));
    copy.run(&[]).await;
    let maps: Api<ConfigMap> = Api::default_namespaced(copy.client().await);
    let found = maps.get("kept").await.expect("it is in the backup");
    assert_eq!(found.uid(), kept.uid());
    assert_eq!(found.resource_version(), kept.resource_version());
    assert!(maps.get_opt("later").await.expect("an answer").is_none());
    // Nobody takes a new object for one of those that were lost.
    let new = write_map(&copy.client().await, "new").await;
    let version = |map: &ConfigMap| -> u64 {
        map.resource_version().expect("it has one").parse().expect("a number")
    };
    assert!(version(&new) > version(&later) + 1_000_000);
    let authority = |cluster: &Cluster| fs::read_to_string(cluster.data_dir().join("pki/ca.crt"));
    assert_eq!(authority(&copy).expect("a file"), authority(&cluster).expect("a file"));
}

#[tokio::test]
async fn a_damaged_backup_makes_no_cluster() {
    let cluster = Cluster::shared().await;
    let file = cluster.folder().join("whole");
    let taken = cluster.isopod(&["backup", &file.display().to_string()]);
    assert!(taken.status.success(), "{}", text(&taken.stderr));
    let bytes = fs::read(&file).expect("the backup");
    let cut = cluster.folder().join("cut");
    fs::write(&cut, &bytes[..bytes.len() - 40]).expect("the folder is writable");
    let copy = Cluster::stopped();
    let refused = copy.isopod(&["restore", &cut.display().to_string()]);
    assert!(!refused.status.success());
    assert!(!copy.data_dir().join("store.redb").exists());
}

#[tokio::test]
async fn secrets_are_encrypted_on_disk_and_requests_are_written_down() {
    let mut cluster = Cluster::stopped();
    let file = |name: &str, text: &str| {
        let path = cluster.folder().join(name);
        fs::write(&path, text).expect("the folder is writable");
        path.display().to_string()
    };
    let keys = |secret: &str| {
        format!(
            "apiVersion: apiserver.config.k8s.io/v1\nkind: EncryptionConfiguration\nresources:\n\
             - resources: [secrets]\n  providers:\n  - aesgcm: {{keys: [{{name: k1, secret: {secret}}}]}}\n"
        )
    };
    let right = file("right.yaml", &keys("QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE="));
    let wrong = file("wrong.yaml", &keys("QkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkI="));
    let policy = file(
        "policy.yaml",
        "apiVersion: audit.k8s.io/v1\nkind: Policy\nomitStages: [RequestReceived]\nrules:\n\
         - level: Metadata\n  resources: [{resources: [secrets]}]\n",
    );
    let log = cluster.folder().join("audit.log");
    let log_name = log.display().to_string();
    let flags = [
        "--encryption-provider-config",
        &right,
        "--audit-policy-file",
        &policy,
        "--audit-log-path",
        &log_name,
    ];
    cluster.run(&flags).await;
    write_secret(&cluster.client().await, "hidden").await;
    cluster.signal("TERM");
    cluster.ended().await;

    let stored = fs::read(cluster.data_dir().join("store.redb")).expect("the store");
    let holds = |needle: &str| stored.windows(needle.len()).any(|part| part == needle.as_bytes());
    assert!(holds("k8s:enc:aesgcm:v1:k1:"));
    // As text and as base64.
    assert!(!holds("swordfish-4711") && !holds("c3dvcmRmaXNoLTQ3MTE"));

    let events = fs::read_to_string(&log).expect("the log");
    let events = events.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
    let mut events = events;
    let created = events.find(|event| event["objectRef"]["name"] == "hidden");
    let created = created.expect("the write is in the log");
    assert_eq!(created["verb"], "create");
    assert_eq!(created["user"]["username"], "system:admin");
    assert_eq!(created["sourceIPs"], json!(["127.0.0.1"]));
    assert!(created["requestObject"].is_null());

    let failed =
        cluster.isopod(&["up", "--listen", "127.0.0.1:0", "--encryption-provider-config", &wrong]);
    assert!(!failed.status.success());
    let said = text(&failed.stderr);
    assert!(said.contains("the key \"k1\" of the provider aesgcm"), "{said}");
    let failed = cluster.isopod(&["up", "--listen", "127.0.0.1:0"]);
    assert!(!failed.status.success(), "Secrets that cannot be read would count as gone");
    let said = text(&failed.stderr);
    assert!(said.contains("there is no encryption configuration"), "{said}");
    cluster.run(&["--encryption-provider-config", &right]).await;
    let secrets: Api<Secret> = Api::default_namespaced(cluster.client().await);
    let read = secrets.get("hidden").await.expect("it is read again");
    let data = read.data.expect("it has data");
    assert_eq!(data["password"].0, b"swordfish-4711");
}

#[tokio::test]
async fn certificates_renew_themselves_while_clients_go_on() {
    let cluster = Cluster::start(&["--certificate-validity", "45s"]).await;
    let kubeconfig = || fs::read_to_string(cluster.kubeconfig()).expect("a file");
    let (first, client) = (kubeconfig(), cluster.client().await);
    write_map(&client, "before").await;
    until("a new kubeconfig", async || {
        if kubeconfig() == first { Err("it is the old one") } else { Ok(()) }
    })
    .await;
    // Neither an open connection nor the old certificate ends with it.
    write_map(&client, "meanwhile").await;
    write_map(&cluster.client().await, "after").await;
    let checked = cluster.isopod(&["certificate", "check"]);
    assert!(checked.status.success(), "{checked:?}");
    assert!(text(&checked.stdout).contains("administrator"), "{checked:?}");
}

#[tokio::test]
async fn every_part_is_counted_under_kubernetes_names() {
    let cluster = Cluster::shared().await;
    let client = cluster.client().await;
    write_map(&client, "counted").await;
    let names = [
        "apiserver_request_total{verb=\"POST\",group=\"\",version=\"v1\",resource=\"configmaps\"",
        "apiserver_request_duration_seconds_bucket",
        "apiserver_request_sli_duration_seconds_count",
        "apiserver_response_sizes_sum",
        "apiserver_current_inflight_requests{request_kind=\"readOnly\"}",
        "apiserver_longrunning_requests{verb=\"WATCH\"",
        "apiserver_registered_watchers{",
        "apiserver_storage_objects{resource=\"configmaps\"}",
        "apiserver_flowcontrol_dispatched_requests_total{",
        "apiserver_flowcontrol_nominal_limit_seats{priority_level=\"system\"}",
        "etcd_request_duration_seconds_bucket{operation=\"create\",group=\"\",resource=\"configmaps\"",
        "isopod_store_commit_writes_bucket",
        "process_cpu_seconds_total",
        "process_resident_memory_bytes",
        "process_start_time_seconds",
        "scheduler_pending_pods{queue=\"active\"}",
        "workqueue_adds_total{name=\"replicaset-controller\"}",
    ];
    // Some are there only when something of their sort has happened.
    until("every part to be counted", async || {
        let request = http::Request::get("/metrics").body(Vec::new()).expect("a request");
        let metrics = client.request_text(request).await.expect("metrics");
        match names.iter().find(|name| !metrics.contains(**name)) {
            Some(name) => Err(format!("no {name} in {metrics}")),
            None => Ok(()),
        }
    })
    .await;
}
