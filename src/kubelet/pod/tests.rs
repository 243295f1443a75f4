//! A whole node against a real API server in memory, with containers that follow scripts.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use base::{Clock, Random, Tasks};
use bytes::Bytes;
use http_body_util::BodyExt;
use k8s_openapi::api::core::v1::{ConfigMap, Event, Node, Pod, ServiceAccount};
use kube::Api;
use kube::api::{DeleteParams, ListParams, PostParams};
use kube::runtime::wait::{Condition, await_condition};
use sandbox::testing::{Script, Scripted};
use serde_json::{Value, json};
use server::{NoNodes, Server, User};

use crate::{Config, HostPaths, Kubelet};

/// The beginning of a component, which is all that a scripted runtime needs.
const COMPONENT: &[u8] = b"\0asm\x0d\0\x01\0";

/// How long a test waits for what should happen within milliseconds, on a busy machine.
const PATIENCE: std::time::Duration = std::time::Duration::from_mins(5);

pub(crate) struct World {
    folder: tempfile::TempDir,
    pub(crate) tasks: Tasks,
    clock: Clock,
    metrics: base::Metrics,
    server: Server,
    runtime: Arc<Scripted>,
    switch: network::Switch,
    images: Arc<::images::Images>,
    kubelet: Mutex<Option<Kubelet>>,
    pub(crate) admin: kube::Client,
    /// How many deletions somebody is still going to refuse.
    refusals: Arc<AtomicUsize>,
}

impl World {
    pub(crate) async fn start() -> Self {
        let tasks = Tasks::new();
        let clock = Clock::system();
        let folder = tempfile::tempdir().unwrap();
        let server = Server::start(server::Config {
            clock: clock.clone(),
            random: Random::seeded(1),
            tasks: tasks.clone(),
            foundation: tasks.clone(),
            store: Arc::new(store::memory::Memory::new()),
            listen: "127.0.0.1:0".parse().unwrap(),
            data_dir: None,
            service_cidr: "10.43.0.0/16".parse().unwrap(),
            node_ports: 30000..=32767,
            nodes: Arc::new(NoNodes),
            authentication: server::Authentication::default(),
            version: server::Version::default(),
            metrics: base::Metrics::default(),
            operations: server::Operations::default(),
        });
        let server = server.await.unwrap();
        let switch = network::Switch::new(network::Config {
            networks: network::Networks {
                attached: vec!["10.42.0.0/16".parse().unwrap()],
                virtual_only: vec!["10.43.0.0/16".parse().unwrap()],
            },
            uplink: None,
            random: Random::seeded(2),
        });
        let images = ::images::Images::open(&folder.path().join("images"), clock.clone()).unwrap();
        let admin = client::in_process(server.in_process(User::admin()), "default");
        let world = Self {
            runtime: Scripted::new(clock.clone(), tasks.child()),
            images: Arc::new(images),
            kubelet: Mutex::default(),
            folder,
            tasks,
            clock,
            metrics: base::Metrics::default(),
            server,
            switch,
            admin,
            refusals: Arc::default(),
        };
        world.start_kubelet();
        world.prepare_namespace().await;
        world
    }

    fn start_kubelet(&self) {
        *self.kubelet.lock().unwrap() = Some(Kubelet::start(self.config()).unwrap());
    }

    pub(crate) fn config(&self) -> Config {
        Config {
            client: self.client(),
            node_name: "n".to_owned(),
            node_addresses: vec!["192.0.2.1".parse().unwrap()],
            runtime: Arc::clone(&self.runtime) as Arc<dyn sandbox::Runtime>,
            switch: self.switch.clone(),
            images: Arc::clone(&self.images),
            data_dir: self.folder.path().join("node"),
            pod_cidr: "10.42.0.0/24".parse().unwrap(),
            cluster_domain: "cluster.local".to_owned(),
            version: "v1.35.0+isopod".to_owned(),
            runtime_version: "wasmtime://0".to_owned(),
            host_paths: HostPaths::Refused,
            metrics: self.metrics.clone(),
            clock: self.clock.clone(),
            random: Random::seeded(3),
            tasks: self.tasks.clone(),
        }
    }

    fn client(&self) -> kube::Client {
        let user = User::new("system:node:n", &["system:nodes"]);
        let own = client::in_process(self.server.in_process(user), "default");
        let refusals = Arc::clone(&self.refusals);
        let service = tower::service_fn(move |request: http::Request<kube::client::Body>| {
            let (own, is_delete) = (own.clone(), request.method() == http::Method::DELETE);
            let less = |left: usize| left.checked_sub(1);
            let relaxed = Ordering::Relaxed;
            let refuses = is_delete && refusals.fetch_update(relaxed, relaxed, less).is_ok();
            async move {
                if !refuses {
                    return own.send(request).await;
                }
                let status = json!({"kind": "Status", "status": "Failure", "code": 409});
                let refusal = http::Response::builder().status(409);
                let body = kube::client::Body::from(status.to_string().into_bytes());
                Ok(refusal.body(body).unwrap())
            }
        });
        client::in_process(service, "default")
    }

    pub(crate) async fn stop_kubelet(&self) {
        let kubelet = self.kubelet.lock().unwrap().take().unwrap();
        assert!(kubelet.stop(PATIENCE).await);
    }

    /// What the controllers make in a real cluster.
    async fn prepare_namespace(&self) {
        let account = json!({"metadata": {"name": "default"}});
        let _ = self.api::<ServiceAccount>().create(&PostParams::default(), &from(account)).await;
        let map = json!({"metadata": {"name": "kube-root-ca.crt"}, "data": {"ca.crt": "CA"}});
        let _ = self.api::<ConfigMap>().create(&PostParams::default(), &from(map)).await;
    }

    fn api<K>(&self) -> Api<K>
    where
        K: kube::Resource<Scope = kube::core::NamespaceResourceScope, DynamicType = ()>,
    {
        Api::namespaced(self.admin.clone(), "default")
    }

    fn import(&self, name: &str, script: Script) {
        let image = self.images.import(name, COMPONENT).unwrap();
        self.runtime.script(&image.digest, script);
    }

    async fn create(&self, name: &str, container: Value, spec: Value) {
        let mut container = container;
        container["name"] = json!("app");
        let mut object = json!({
            "metadata": {"name": name},
            "spec": {"nodeName": "n", "containers": [container]},
        });
        for (key, value) in spec.as_object().unwrap() {
            object["spec"][key] = value.clone();
        }
        self.api::<Pod>().create(&PostParams::default(), &from(object)).await.unwrap();
    }

    async fn wait(&self, name: &str, condition: impl Condition<Pod>) -> Option<Pod> {
        let wait = await_condition(self.api::<Pod>(), name, condition);
        let Ok(pod) = tokio::time::timeout(PATIENCE, wait).await else {
            panic!("{name} is {:#?}", self.api::<Pod>().get(name).await.unwrap().status)
        };
        pod.unwrap()
    }

    async fn events(&self, name: &str) -> Vec<String> {
        let list = self.api::<Event>().list(&ListParams::default()).await.unwrap();
        let of_pod = list
            .items
            .into_iter()
            .filter(|event| event.involved_object.name.as_deref() == Some(name));
        of_pod
            .map(|event| format!("{}: {}", event.reason.unwrap(), event.message.unwrap()))
            .collect()
    }

    async fn event(&self, pod: &str, reason: &str) -> String {
        let look = async {
            loop {
                let events = self.events(pod).await;
                if let Some(event) = events.into_iter().find(|event| event.starts_with(reason)) {
                    return event;
                }
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(PATIENCE, look).await.expect("the event comes")
    }

    async fn log(&self, path: &str) -> (u16, String) {
        let endpoint = self.kubelet.lock().unwrap().as_ref().unwrap().endpoint();
        let uri = format!("/containerLogs/default/{path}");
        let request = http::Request::get(uri).body(Bytes::new()).unwrap();
        let response = endpoint.handle(request).await;
        let status = response.status().as_u16();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        (status, String::from_utf8(body.to_vec()).unwrap())
    }
}

fn from<K: serde::de::DeserializeOwned>(value: Value) -> K {
    serde_json::from_value(value).unwrap()
}

fn is_ready(pod: Option<&Pod>) -> bool {
    let conditions = pod.and_then(|pod| pod.status.as_ref()?.conditions.as_ref());
    conditions.is_some_and(|all| all.iter().any(|one| one.type_ == "Ready" && one.status == "True"))
}

fn is_gone(pod: Option<&Pod>) -> bool {
    pod.is_none()
}

fn waits_for(reason: &'static str) -> impl Condition<Pod> {
    move |pod: Option<&Pod>| {
        first(pod).is_some_and(|state| {
            state.waiting.as_ref().is_some_and(|waiting| waiting.reason.as_deref() == Some(reason))
        })
    }
}

fn first(pod: Option<&Pod>) -> Option<k8s_openapi::api::core::v1::ContainerState> {
    pod?.status.as_ref()?.container_statuses.as_ref()?.first()?.state.clone()
}

fn restarts(pod: &Pod) -> i32 {
    pod.status.as_ref().unwrap().container_statuses.as_ref().unwrap()[0].restart_count
}

fn address(pod: &Pod) -> String {
    pod.status.as_ref().unwrap().pod_ip.clone().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pod_runs_prints_and_ends() {
    let world = World::start().await;
    let lines = vec!["hello".to_owned(), "world".to_owned()];
    world.import("localhost/hello", Script { lines, ..Script::default() });
    world.create("hello", json!({"image": "localhost/hello"}), json!({})).await;
    let pod = world.wait("hello", is_ready).await.unwrap();
    let status = pod.status.clone().unwrap();
    assert_eq!(status.phase.as_deref(), Some("Running"));
    assert_eq!(status.host_ip.as_deref(), Some("192.0.2.1"));
    assert_eq!(address(&pod), "10.42.0.2");
    let container = &status.container_statuses.unwrap()[0];
    assert!(container.container_id.as_ref().unwrap().starts_with("wasm://"));
    assert!(container.image_id.starts_with("localhost/hello@sha256:"));

    let metrics = world.metrics.encode();
    assert!(metrics.contains("\nkubelet_running_pods 1\n"), "{metrics}");
    assert!(metrics.contains("\nkubelet_pod_start_duration_seconds_count 1\n"), "{metrics}");

    assert_eq!(world.log("hello/app").await, (200, "hello\nworld\n".to_owned()));
    let (code, text) = world.log("hello/app?previous=true").await;
    assert_eq!(code, 400);
    assert_eq!(text, "previous terminated container \"app\" in pod \"hello\" not found");

    assert_eq!(
        world.event("hello", "Pulled").await,
        "Pulled: Container image \"localhost/hello\" already present on machine"
    );
    assert_eq!(world.event("hello", "Started").await, "Started: Started container app");

    world.api::<Pod>().delete("hello", &DeleteParams::default()).await.unwrap();
    world.wait("hello", is_gone).await;
    assert_eq!(world.runtime.sandboxes(), Vec::<String>::new());
    while !world.metrics.encode().contains("\nkubelet_running_pods 0\n") {
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_container_image_is_refused_in_plain_words_until_it_is_imported() {
    let world = World::start().await;
    world.create("web", json!({"image": "nginx"}), json!({})).await;
    world.wait("web", waits_for("ErrImagePull")).await;
    assert_eq!(
        world.event("web", "Failed: Failed to pull").await,
        "Failed: Failed to pull image \"nginx\": this is the name of a container image; Isopod runs \
         WebAssembly components. Import one with \"isopod image import FILE.wasm nginx\""
    );
    let (code, text) = world.log("web/app").await;
    assert_eq!(code, 400);
    assert!(text.starts_with("container \"app\" in pod \"web\" is waiting to start: "), "{text}");
    world.import("nginx", Script::default());
    world.wait("web", is_ready).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pods_run_again_after_a_restart_of_the_node() {
    let world = World::start().await;
    world.import("localhost/hello", Script::default());
    for name in ["one", "two"] {
        world.create(name, json!({"image": "localhost/hello"}), json!({})).await;
    }
    let one = world.wait("one", is_ready).await.unwrap();
    let two = world.wait("two", is_ready).await.unwrap();
    world.stop_kubelet().await;
    assert_eq!(world.runtime.sandboxes(), Vec::<String>::new());
    world.start_kubelet();
    let again = |before: &Pod| {
        let uid = before.metadata.uid.clone();
        move |pod: Option<&Pod>| {
            is_ready(pod) && pod.is_some_and(|pod| restarts(pod) == 1 && pod.metadata.uid == uid)
        }
    };
    let one_again = world.wait("one", again(&one)).await.unwrap();
    let two_again = world.wait("two", again(&two)).await.unwrap();
    assert_eq!(address(&one), address(&one_again));
    assert_eq!(address(&two), address(&two_again));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pod_whose_owner_panics_gets_another() {
    let world = World::start().await;
    world.import("localhost/hello", Script::default());
    world.runtime.panic_once();
    world.create("hello", json!({"image": "localhost/hello"}), json!({})).await;
    let pod = world.wait("hello", is_ready).await.unwrap();
    assert_eq!(address(&pod), "10.42.0.2");
    world.api::<Pod>().delete("hello", &DeleteParams::default()).await.unwrap();
    world.wait("hello", is_gone).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pod_goes_even_if_somebody_refuses_it_at_first() {
    let world = World::start().await;
    world.import("localhost/hello", Script::default());
    world.create("hello", json!({"image": "localhost/hello"}), json!({})).await;
    world.wait("hello", is_ready).await;
    world.refusals.store(2, Ordering::Relaxed);
    world.api::<Pod>().delete("hello", &DeleteParams::default()).await.unwrap();
    world.wait("hello", is_gone).await;
    assert_eq!(world.refusals.load(Ordering::Relaxed), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pod_that_is_deleted_does_not_wait_for_the_hook_of_its_start() {
    let world = World::start().await;
    world.import("localhost/hello", Script::default());
    let lifecycle = json!({"postStart": {"sleep": {"seconds": 600}}});
    let container = json!({"image": "localhost/hello", "lifecycle": lifecycle});
    world.create("hello", container, json!({})).await;
    world.event("hello", "Pulled").await;
    world.api::<Pod>().delete("hello", &DeleteParams::default()).await.unwrap();
    world.wait("hello", is_gone).await;
    assert_eq!(world.runtime.sandboxes(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn readiness_follows_the_probe() {
    let world = World::start().await;
    let script = Script { ports: vec![8080], ..Script::default() };
    let healthy = Arc::clone(&script.healthy);
    world.import("localhost/server", script);
    let probe = json!({
        "httpGet": {"path": "/ready", "port": "http"},
        "periodSeconds": 1, "timeoutSeconds": 60, "failureThreshold": 1,
    });
    let ports = json!([{"name": "http", "containerPort": 8080}]);
    let container = json!({"image": "localhost/server", "ports": ports, "readinessProbe": probe});
    world.create("server", container, json!({})).await;
    assert_eq!(
        world.event("server", "Unhealthy").await,
        "Unhealthy: Readiness probe failed: HTTP probe failed with statuscode: 503"
    );
    healthy.store(true, Ordering::Relaxed);
    world.wait("server", is_ready).await;
    healthy.store(false, Ordering::Relaxed);
    world.wait("server", |pod: Option<&Pod>| !is_ready(pod)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn jobs_end_and_crashes_are_counted() {
    let world = World::start().await;
    let end = |failure| Some((std::time::Duration::from_millis(1), failure));
    let script = Script { end: end(sandbox::Failure::Exit(0)), ..Script::default() };
    world.import("localhost/job", script);
    let container = json!({"image": "localhost/job"});
    world.create("job", container, json!({"restartPolicy": "Never"})).await;
    let phase = |wanted: &'static str| {
        move |pod: Option<&Pod>| {
            pod.and_then(|pod| pod.status.as_ref()?.phase.as_deref()) == Some(wanted)
        }
    };
    world.wait("job", phase("Succeeded")).await;
    world.api::<Pod>().delete("job", &DeleteParams::default()).await.unwrap();
    world.wait("job", is_gone).await;

    let bytes = [COMPONENT, b"\0"].concat();
    let image = world.images.import("localhost/bomb", &bytes).unwrap();
    let script = Script { end: end(sandbox::Failure::OutOfMemory), ..Script::default() };
    world.runtime.script(&image.digest, script);
    world.create("bomb", json!({"image": "localhost/bomb"}), json!({})).await;
    let pod = world.wait("bomb", waits_for("CrashLoopBackOff")).await.unwrap();
    assert_eq!(restarts(&pod), 1);
    let status = pod.status.unwrap().container_statuses.unwrap().remove(0);
    let last = status.last_state.unwrap().terminated.unwrap();
    assert_eq!((last.exit_code, last.reason.as_deref()), (137, Some("OOMKilled")));
    assert_eq!(world.log("bomb/app?previous=true").await.0, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn configuration_and_volumes_are_waited_for() {
    let world = World::start().await;
    world.import("localhost/hello", Script::default());
    let from_map = json!([{"name": "COLOUR", "valueFrom": {"configMapKeyRef": {"name": "settings", "key": "colour"}}}]);
    let mounts = json!([{"name": "settings", "mountPath": "/settings"}]);
    let container = json!({
        "image": "localhost/hello", "env": from_map, "volumeMounts": mounts, "args": ["$(COLOUR)"],
    });
    let volumes = json!([{"name": "settings", "configMap": {"name": "settings"}}]);
    world.create("app", container, json!({"volumes": volumes})).await;
    assert_eq!(
        world.event("app", "FailedMount").await,
        "FailedMount: MountVolume.SetUp failed for volume \"settings\" : configmap \"settings\" not found"
    );
    let map = json!({"metadata": {"name": "settings"}, "data": {"colour": "red"}});
    world.api::<ConfigMap>().create(&PostParams::default(), &from(map)).await.unwrap();
    let pod = world.wait("app", is_ready).await.unwrap();
    let sandbox = format!("default/app/{}", pod.metadata.uid.unwrap());
    let spec = world.runtime.spec(&sandbox, "app").unwrap();
    assert_eq!(spec.args, ["red"]);
    let env: BTreeMap<_, _> = spec.env.into_iter().collect();
    assert_eq!(env["COLOUR"], "red");
    assert_eq!(env["KUBERNETES_SERVICE_HOST"], "10.43.0.1");
    let mount = spec.mounts.iter().find(|mount| mount.guest == "/settings").unwrap();
    assert_eq!(std::fs::read_to_string(mount.host.join("colour")).unwrap(), "red");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_node_registers_itself_and_refuses_what_does_not_fit() {
    let world = World::start().await;
    let nodes: Api<Node> = Api::all(world.admin.clone());
    let registered = await_condition(nodes, "n", |node: Option<&Node>| node.is_some());
    let node = tokio::time::timeout(PATIENCE, registered).await.unwrap().unwrap().unwrap();
    let labels = node.metadata.labels.unwrap();
    assert_eq!(labels["kubernetes.io/arch"], "wasm32-wasi");
    let status = node.status.unwrap();
    assert_eq!(status.capacity.unwrap()["pods"].0, "1k");
    assert_eq!(status.node_info.unwrap().kubelet_version, "v1.35.0+isopod");
    world.import("localhost/hello", Script::default());
    let container = json!({
        "image": "localhost/hello", "resources": {"requests": {"cpu": "1000"}},
    });
    world.create("huge", container, json!({})).await;
    let refused = |pod: Option<&Pod>| {
        pod.and_then(|pod| pod.status.as_ref()?.reason.as_deref()) == Some("OutOfcpu")
    };
    let pod = world.wait("huge", refused).await.unwrap();
    assert_eq!(pod.status.unwrap().phase.as_deref(), Some("Failed"));
}
