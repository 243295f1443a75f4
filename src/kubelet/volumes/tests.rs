//! Volumes in a folder of the test's own.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::sync::Arc;

use expect_test::expect;
use serde_json::json;

use super::*;
use crate::amounts::Amounts;
use crate::env::{Environment, Fields};
use crate::sources::{Data, Source, Sources};

struct Fixture {
    folder: tempfile::TempDir,
    volumes: Volumes,
    pod: Pod,
    sources: Sources,
    tokens: BTreeMap<TokenRequest, String>,
}

fn fixture(volumes: serde_json::Value, mounts: serde_json::Value) -> Fixture {
    let folder = tempfile::tempdir().unwrap();
    let pod = json!({
        "metadata": {"name": "p", "namespace": "ns", "uid": "u", "labels": {"a": "1", "b": "2"}},
        "spec": {"volumes": volumes, "containers": [{"name": "app", "volumeMounts": mounts}]},
    });
    Fixture {
        volumes: Volumes::new(folder.path(), HostPaths::Refused),
        folder,
        pod: serde_json::from_value(pod).unwrap(),
        sources: Sources { namespace: "ns".to_owned(), found: BTreeMap::new() },
        tokens: BTreeMap::new(),
    }
}

impl Fixture {
    fn with_map(mut self, name: &str, pairs: &[(&str, &str)]) -> Self {
        let pairs = pairs.iter().map(|(key, value)| ((*key).to_owned(), value.as_bytes().to_vec()));
        let data: Data = pairs.collect();
        self.sources.found.insert(Source::ConfigMap(name.to_owned()), Some(Arc::new(data)));
        self
    }

    fn write(&self) -> Result<(), Setback> {
        let allocatable = Amounts::new();
        let fields =
            Fields { pod: &self.pod, pod_ips: &[], host_ips: &[], allocatable: &allocatable };
        let facts = Facts { fields, sources: &self.sources, tokens: &self.tokens };
        self.volumes.write(&self.pod, &facts)
    }

    fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join("pods/u/volumes").join(path)
    }

    fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path(path)).unwrap()
    }

    fn names(&self, path: &str) -> Vec<String> {
        let entries = fs::read_dir(self.path(path)).unwrap();
        let mut names: Vec<String> = entries
            .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    fn mounts(&self) -> Result<Vec<(String, String, bool)>, Setback> {
        let container = &self.pod.spec.as_ref().unwrap().containers[0];
        let mounts = self.volumes.mounts(&self.pod, container, &Environment::default())?;
        let root = self.folder.path().canonicalize().unwrap();
        let mounts = mounts.into_iter().map(|mount| {
            let host = mount.host.canonicalize().unwrap();
            let host = host.strip_prefix(&root).unwrap().to_string_lossy().into_owned();
            (host, mount.guest, mount.read_only)
        });
        Ok(mounts.collect())
    }
}

#[test]
fn a_config_map_is_swapped_as_a_whole() {
    let volume = json!([{"name": "v", "configMap": {"name": "c", "defaultMode": 0o600}}]);
    let fixture = fixture(volume, json!([])).with_map("c", &[("a", "1"), ("b", "2")]);
    fixture.write().unwrap();
    assert_eq!(fixture.names("v"), ["..data", "..v1", "a", "b"]);
    assert_eq!(fixture.read("v/a"), "1");
    let mode = fs::metadata(fixture.path("v/a")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);

    fixture.write().unwrap();
    assert_eq!(fixture.names("v"), ["..data", "..v1", "a", "b"]);

    let fixture = fixture.with_map("c", &[("b", "3"), ("d", "4")]);
    fixture.write().unwrap();
    assert_eq!(fixture.names("v"), ["..data", "..v2", "b", "d"]);
    assert_eq!(fixture.read("v/b"), "3");
    assert_eq!(fs::read_link(fixture.path("v/b")).unwrap(), Path::new("..data/b"));
}

#[test]
fn items_choose_keys_and_paths() {
    let volume = json!([{"name": "v", "configMap": {"name": "c", "items": [
        {"key": "a", "path": "deep/er/file", "mode": 0o444},
    ]}}]);
    let fixture = fixture(volume, json!([])).with_map("c", &[("a", "1"), ("b", "2")]);
    fixture.write().unwrap();
    assert_eq!(fixture.names("v"), ["..data", "..v1", "deep"]);
    assert_eq!(fixture.read("v/deep/er/file"), "1");
}

#[test]
fn what_a_killed_process_left_half_done_is_finished() {
    let volume = json!([{"name": "v", "configMap": {"name": "c"}}]);
    let fixture = fixture(volume, json!([])).with_map("c", &[("a", "1"), ("b", "2")]);
    fixture.write().unwrap();
    // Killed before the names were linked, and at another time before a version was taken into use.
    fs::remove_file(fixture.path("v/b")).unwrap();
    fs::create_dir(fixture.path("v/..v7")).unwrap();
    fixture.write().unwrap();
    assert_eq!(fixture.names("v"), ["..data", "..v1", "a", "b"]);
    assert_eq!(fixture.read("v/b"), "2");
}

#[test]
fn everything_can_be_projected_into_one_folder() {
    let volume = json!([{"name": "v", "projected": {"sources": [
        {"serviceAccountToken": {"path": "token", "expirationSeconds": 3607}},
        {"configMap": {"name": "c", "items": [{"key": "ca.crt", "path": "ca.crt"}]}},
        {"downwardAPI": {"items": [
            {"path": "namespace", "fieldRef": {"fieldPath": "metadata.namespace"}},
            {"path": "labels", "fieldRef": {"fieldPath": "metadata.labels"}},
        ]}},
    ]}}]);
    let mut fixture = fixture(volume, json!([])).with_map("c", &[("ca.crt", "CA")]);
    let requests = token_requests(&fixture.pod);
    assert_eq!(requests, [TokenRequest { audience: None, seconds: 3607 }]);
    assert_eq!(sources(&fixture.pod), [Source::ConfigMap("c".to_owned())]);
    fixture.tokens.insert(requests[0].clone(), "T".to_owned());
    fixture.write().unwrap();
    assert_eq!(fixture.read("v/token"), "T");
    assert_eq!(fixture.read("v/ca.crt"), "CA");
    assert_eq!(fixture.read("v/namespace"), "ns");
    assert_eq!(fixture.read("v/labels"), "a=\"1\"\nb=\"2\"");
}

#[test]
fn what_cannot_be_mounted_is_explained() {
    let message = |volume: serde_json::Value| {
        let fixture = fixture(json!([volume]), json!([])).with_map("c", &[("a", "1")]);
        fixture.write().unwrap_err().message
    };
    expect![[r#"MountVolume.SetUp failed for volume "v" : configmap "absent" not found"#]]
        .assert_eq(&message(json!({"name": "v", "configMap": {"name": "absent"}})));
    let items = json!([{"key": "x", "path": "x"}]);
    let volume = json!({"name": "v", "configMap": {"name": "c", "items": items}});
    expect![[r#"MountVolume.SetUp failed for volume "v" : references non-existent config key: x"#]]
        .assert_eq(&message(volume));
    let items = json!([{"key": "a", "path": "../x"}]);
    let volume = json!({"name": "v", "configMap": {"name": "c", "items": items}});
    expect![[r#"MountVolume.SetUp failed for volume "v" : the path "../x" leaves the volume"#]]
        .assert_eq(&message(volume));
    expect![[r#"MountVolume.SetUp failed for volume "v" : hostPath volumes are switched off on this node, since they show the host's files to pods"#]].assert_eq(&message(json!({"name": "v", "hostPath": {"path": "/"}})));
    let volume = json!({"name": "v", "persistentVolumeClaim": {"claimName": "c"}});
    expect![[r#"MountVolume.SetUp failed for volume "v" : persistent volume claims are not supported on a node that runs WebAssembly; use emptyDir, configMap, secret, downwardAPI, projected or hostPath"#]].assert_eq(&message(volume));
}

#[test]
fn mounts_are_folders_and_single_files_get_one_of_their_own() {
    let fixture = fixture(
        json!([{"name": "v", "configMap": {"name": "c"}}, {"name": "e", "emptyDir": {}}]),
        json!([
            {"name": "v", "mountPath": "/config"},
            {"name": "e", "mountPath": "/data"},
            {"name": "e", "mountPath": "/part", "subPath": "a/b", "readOnly": true},
            {"name": "v", "mountPath": "/etc/app/one.conf", "subPath": "a"},
            {"name": "v", "mountPath": "/etc/app/two.conf", "subPath": "b"},
        ]),
    )
    .with_map("c", &[("a", "1"), ("b", "2")]);
    fixture.write().unwrap();
    let mounts = fixture.mounts().unwrap();
    let lines = mounts
        .iter()
        .map(|(host, guest, read_only)| format!("{guest} = {host} read_only={read_only}"));
    let text = lines.collect::<Vec<_>>().join("\n") + "\n";
    expect![[r"
        /config = pods/u/volumes/v read_only=true
        /data = pods/u/volumes/e read_only=false
        /part = pods/u/volumes/e/a/b read_only=true
        /etc/app = pods/u/files/app/_etc_app read_only=true
    "]]
    .assert_eq(&text);
    let files = fixture.folder.path().join("pods/u/files/app/_etc_app");
    assert_eq!(fs::read_to_string(files.join("two.conf")).unwrap(), "2");
    assert_eq!(fixture.mounts().unwrap().len(), mounts.len());
}

#[test]
fn a_link_made_by_a_guest_leads_nowhere() {
    let fixture = fixture(
        json!([{"name": "e", "emptyDir": {}}]),
        json!([{"name": "e", "mountPath": "/part", "subPath": "out"}]),
    );
    fixture.write().unwrap();
    symlink("/", fixture.path("e/out")).unwrap();
    expect![[r#"MountVolume.SetUp failed for volume "e" : subPath leads out of the volume"#]]
        .assert_eq(&fixture.mounts().unwrap_err().message);
}

#[test]
fn only_what_belongs_to_a_pod_of_the_node_is_kept() {
    let fixture = fixture(json!([{"name": "e", "emptyDir": {}}]), json!([]));
    fixture.write().unwrap();
    fixture.volumes.remove_orphans(&["u".to_owned()].into()).unwrap();
    assert!(fixture.path("e").exists());
    fixture.volumes.remove_orphans(&BTreeSet::new()).unwrap();
    assert!(!fixture.folder.path().join("pods/u").exists());
    fixture.volumes.remove("u").unwrap();
}
