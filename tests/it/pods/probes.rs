//! Probes: readiness opens the gate, liveness restarts.

use k8s_openapi::api::discovery::v1::EndpointSlice;
use kube::api::{ListParams, Patch, PatchParams};

use crate::support::cluster::Cluster;
use crate::support::patience::until;
use crate::support::space::{Space, address, container, is_ready, phase};

const SERVICE: &str = r"
apiVersion: v1
kind: Service
metadata: {name: web}
spec:
  selector: {app: web}
  ports: [{port: 80, targetPort: 8080}]
";

fn web(name: &str, probes: &str) -> String {
    format!(
        r"
apiVersion: v1
kind: Pod
metadata: {{name: {name}, labels: {{app: web}}}}
spec:
  containers:
  - name: c
    image: localhost/isopod/hello
    ports: [{{name: http, containerPort: 8080}}]
{probes}
"
    )
}

/// The addresses a Service sends to.
async fn ready_addresses(space: &Space) -> Vec<String> {
    let params = ListParams::default().labels("kubernetes.io/service-name=web");
    let slices = space.api::<EndpointSlice>().list(&params).await.expect("slices can be listed");
    let endpoints = slices.items.into_iter().flat_map(|slice| slice.endpoints.into_iter());
    endpoints
        .filter(|endpoint| {
            endpoint.conditions.as_ref().is_some_and(|conditions| conditions.ready == Some(true))
        })
        .flat_map(|endpoint| endpoint.addresses)
        .collect()
}

#[tokio::test]
async fn only_ready_pods_are_behind_a_service() {
    let cluster = Cluster::shared().await;
    let space = Space::new(cluster.client().await, "readiness").await;
    space.apply(SERVICE).await;
    let good = "    readinessProbe: {httpGet: {path: /healthz, port: http}, periodSeconds: 1}";
    let bad = "    readinessProbe: {tcpSocket: {port: 9999}, periodSeconds: 1}";
    space.apply(&web("good", good)).await;
    space.apply(&web("bad", bad)).await;
    let good = address(&space.running("good").await);
    let event = space.event("bad", "Readiness probe failed").await;
    assert!(event.starts_with("Unhealthy: "), "{event}");
    let bad = space.pod("bad", |pod| phase(pod) == "Running").await;
    assert!(!is_ready(&bad));
    until("the good pod alone", async || {
        let addresses = ready_addresses(&space).await;
        if addresses == [good.as_str()] { Ok(()) } else { Err(format!("{addresses:?}")) }
    })
    .await;
    let restarts = container(&bad, 0).restart_count;
    assert_eq!(restarts, 0, "an unready container is left alone");
}

#[tokio::test]
async fn a_container_that_is_not_alive_is_restarted() {
    let cluster = Cluster::shared().await;
    let space = Space::new(cluster.client().await, "liveness").await;
    let dead = "    livenessProbe: {httpGet: {path: /, port: 9999}, periodSeconds: 1, failureThreshold: 1}";
    space.apply(&web("dead", dead)).await;
    let pod = space.pod("dead", |pod| container(pod, 0).restart_count >= 1).await;
    let last = container(&pod, 0).last_state.and_then(|state| state.terminated);
    assert!(last.is_some(), "it ended before");
    space.event("dead", "Container c failed liveness probe, will be restarted").await;
    space.event("dead", "Unhealthy: Liveness probe failed").await;
}

#[tokio::test]
async fn a_start_up_probe_holds_the_others_back() {
    let cluster = Cluster::shared().await;
    let space = Space::new(cluster.client().await, "start-up").await;
    let probes = "    startupProbe: {tcpSocket: {port: http}, periodSeconds: 1}
    readinessProbe: {httpGet: {path: /healthz, port: http}, periodSeconds: 1}";
    space.apply(&web("slow", probes)).await;
    let pod = space.running("slow").await;
    assert_eq!(container(&pod, 0).started, Some(true));

    let never =
        "    startupProbe: {tcpSocket: {port: 9999}, periodSeconds: 1, failureThreshold: 600}";
    space.apply(&web("never", never)).await;
    space.event("never", "Startup probe failed").await;
    let pod = space.pod("never", |pod| phase(pod) == "Running").await;
    assert_eq!(container(&pod, 0).started, Some(false));
    assert!(!is_ready(&pod));
}

#[tokio::test]
async fn a_pod_that_loses_its_label_leaves_the_service() {
    let cluster = Cluster::shared().await;
    let space = Space::new(cluster.client().await, "labels").await;
    space.apply(SERVICE).await;
    space.apply(&web("one", "")).await;
    space.running("one").await;
    until("the pod behind the service", async || {
        let addresses = ready_addresses(&space).await;
        if addresses.len() == 1 { Ok(()) } else { Err(format!("{addresses:?}")) }
    })
    .await;
    let patch = serde_json::json!({"metadata": {"labels": {"app": "other"}}});
    let pods = space.api::<k8s_openapi::api::core::v1::Pod>();
    pods.patch("one", &PatchParams::default(), &Patch::Merge(patch))
        .await
        .expect("a label changes");
    until("no pod behind the service", async || {
        let addresses = ready_addresses(&space).await;
        if addresses.is_empty() { Ok(()) } else { Err(format!("{addresses:?}")) }
    })
    .await;
}
