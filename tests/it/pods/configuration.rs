//! What a container is told: arguments, environment, files.

use crate::support::cluster::Cluster;
use crate::support::space::Space;

#[tokio::test]
async fn environment_comes_from_config_maps_secrets_and_fields() {
    let cluster = Cluster::shared().await;
    let space = Space::new(cluster.client().await, "environment").await;
    space
        .apply(
            r#"
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data: {COLOUR: red, SHAPE: round}
---
apiVersion: v1
kind: Secret
metadata: {name: keys}
stringData: {password: hunter2}
---
apiVersion: v1
kind: Pod
metadata: {name: all, labels: {app: web}}
spec:
  restartPolicy: Never
  containers:
  - name: c
    image: localhost/isopod/module
    args: [first, "$(COLOUR)-$(PLAIN)", "$$(PLAIN)", $(NONE)]
    env:
    - {name: PLAIN, value: words}
    - {name: BOTH, value: "$(PLAIN) and $(COLOUR)"}
    - {name: PASSWORD, valueFrom: {secretKeyRef: {name: keys, key: password}}}
    - {name: POD, valueFrom: {fieldRef: {fieldPath: metadata.name}}}
    - {name: APP, valueFrom: {fieldRef: {fieldPath: "metadata.labels['app']"}}}
    - {name: IP, valueFrom: {fieldRef: {fieldPath: status.podIP}}}
    - {name: MEMORY, valueFrom: {resourceFieldRef: {resource: limits.memory}}}
    - {name: MAYBE, valueFrom: {configMapKeyRef: {name: absent, key: x, optional: true}}}
    envFrom:
    - configMapRef: {name: settings}
    - {secretRef: {name: keys}, prefix: SECRET_}
    resources: {limits: {memory: 32Mi}}
"#,
        )
        .await;
    assert_eq!(space.ended("all").await, (0, "Completed".to_owned()));
    let log = space.logs("all").await;
    for line in [
        "argument 1: first",
        "argument 2: red-words",
        "argument 3: $(PLAIN)",
        "argument 4: $(NONE)",
        "environment COLOUR=red",
        "environment SHAPE=round",
        "environment BOTH=words and red",
        "environment PASSWORD=hunter2",
        "environment SECRET_password=hunter2",
        "environment POD=all",
        "environment APP=web",
        "environment IP=10.42.",
        "environment MEMORY=33554432",
        "environment HOSTNAME=all",
        "environment KUBERNETES_SERVICE_HOST=10.43.0.1",
    ] {
        assert!(log.contains(line), "no {line:?} in {log}");
    }
    assert!(!log.contains("MAYBE"), "{log}");
}

#[tokio::test]
async fn config_maps_and_secrets_are_files() {
    let cluster = Cluster::shared().await;
    let space = Space::new(cluster.client().await, "files").await;
    space
        .apply(
            r"
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data: {colour: red, shape: round}
---
apiVersion: v1
kind: Secret
metadata: {name: keys}
stringData: {password: hunter2}
",
        )
        .await;
    for (pod, file, shown) in [
        ("whole", "/settings/colour", "/settings/colour: red"),
        ("renamed", "/renamed/deep/form", "/renamed/deep/form: round"),
        ("secret", "/keys/password", "/keys/password: hunter2"),
        ("projected", "/both/password", "/both/password: hunter2"),
        ("token", "/var/run/secrets/kubernetes.io/serviceaccount/namespace", ": files"),
    ] {
        space
            .apply(&format!(
                r"
apiVersion: v1
kind: Pod
metadata: {{name: {pod}}}
spec:
  restartPolicy: Never
  containers:
  - name: c
    image: localhost/isopod/batch
    env: [{{name: STEPS, value: '0'}}, {{name: FILE, value: {file}}}]
    volumeMounts:
    - {{name: settings, mountPath: /settings}}
    - {{name: renamed, mountPath: /renamed}}
    - {{name: keys, mountPath: /keys}}
    - {{name: both, mountPath: /both}}
  volumes:
  - {{name: settings, configMap: {{name: settings}}}}
  - {{name: renamed, configMap: {{name: settings, items: [{{key: shape, path: deep/form}}]}}}}
  - {{name: keys, secret: {{secretName: keys}}}}
  - {{name: both, projected: {{sources: [{{configMap: {{name: settings}}}}, {{secret: {{name: keys}}}}]}}}}
"
            ))
            .await;
        assert_eq!(space.ended(pod).await, (0, "Completed".to_owned()), "{pod}");
        let log = space.logs(pod).await;
        assert!(log.contains(shown), "no {shown:?} in {log}");
    }
}

#[tokio::test]
async fn a_pod_waits_for_the_config_map_it_names() {
    let cluster = Cluster::shared().await;
    let space = Space::new(cluster.client().await, "patient").await;
    space
        .apply(
            r"
apiVersion: v1
kind: Pod
metadata: {name: early}
spec:
  restartPolicy: Never
  containers:
  - {name: c, image: localhost/isopod/module, envFrom: [{configMapRef: {name: late}}]}
",
        )
        .await;
    space.event("early", "configmap \"late\" not found").await;
    space
        .apply("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: late}\ndata: {NOW: here}\n")
        .await;
    assert_eq!(space.ended("early").await, (0, "Completed".to_owned()));
    assert!(space.logs("early").await.contains("environment NOW=here"));
}

#[tokio::test]
async fn containers_of_a_pod_share_an_empty_dir_and_keep_to_it() {
    let cluster = Cluster::shared().await;
    let escape = cluster.import("path-escape");
    let space = Space::new(cluster.client().await, "sharing").await;
    space
        .apply(&format!(
            r"
apiVersion: v1
kind: Pod
metadata: {{name: pair}}
spec:
  restartPolicy: Never
  initContainers:
  - name: writer
    image: {escape}
    args: [/data]
    volumeMounts: [{{name: shared, mountPath: /data}}]
  containers:
  - name: reader
    image: localhost/isopod/batch
    env: [{{name: STEPS, value: '0'}}, {{name: FILE, value: /other/inside}}]
    volumeMounts: [{{name: shared, mountPath: /other, readOnly: true}}]
  volumes: [{{name: shared, emptyDir: {{}}}}]
"
        ))
        .await;
    assert_eq!(space.ended("pair").await, (0, "Completed".to_owned()), "no attempt may succeed");
    assert!(space.logs("pair").await.contains("/other/inside: in"));
}
