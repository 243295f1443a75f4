//! All controllers over a real server on a memory store.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use base::{Clock, Random, Tasks};
use futures::StreamExt as _;
use k8s_openapi::api::apps::v1::{Deployment, ReplicaSet};
use k8s_openapi::api::core::v1::{
    ConfigMap, Endpoints, Namespace, Node, Pod, Service, ServiceAccount,
};
use k8s_openapi::api::discovery::v1::EndpointSlice;
use k8s_openapi::api::policy::v1::PodDisruptionBudget;
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::Resource as _;
use kube::api::{
    Api, ApiResource, DeleteParams, DynamicObject, EvictParams, ListParams, Patch, PatchParams,
    PostParams, PropagationPolicy, WatchParams,
};
use kube::core::GroupVersionKind;
use serde_json::{Value, json};
use server::{NoNodes, Server, User, Version};
use tokio::sync::watch;

use crate::Config;

/// How long something may take to happen, on a busy machine.
const PATIENCE: Duration = Duration::from_mins(5);

struct Cluster {
    client: kube::Client,
    tasks: Tasks,
    /// How many changes the API has told of, of all kinds that the tests look at.
    changes: watch::Receiver<u64>,
}

/// Counts what the API tells of changes.
struct Follower<'a> {
    client: &'a kube::Client,
    tasks: &'a Tasks,
    changes: &'a watch::Sender<u64>,
}

impl Follower<'_> {
    fn follow<K: client::Cached>(&self) {
        let (objects, changes) = (Api::<K>::all(self.client.clone()), self.changes.clone());
        self.tasks.spawn_until_stop("follower", async move {
            loop {
                // From the present state on; a watch that ends has missed nothing for the next one.
                let Ok(events) = objects.watch(&WatchParams::default(), "0").await else { return };
                let mut events = pin!(events);
                while events.next().await.is_some() {
                    changes.send_modify(|count| *count += 1);
                }
            }
        });
    }
}

impl Cluster {
    async fn start() -> Self {
        let tasks = Tasks::new();
        let server = Server::start(server::Config {
            clock: Clock::system(),
            random: Random::seeded(1),
            tasks: tasks.clone(),
            foundation: tasks.clone(),
            store: Arc::new(store::memory::Memory::default()),
            listen: ([127, 0, 0, 1], 0).into(),
            data_dir: None,
            service_cidr: "10.43.0.0/16".parse().unwrap(),
            node_ports: 30000..=32767,
            nodes: Arc::new(NoNodes),
            authentication: server::Authentication::default(),
            version: Version::default(),
            metrics: base::Metrics::default(),
            operations: server::Operations::default(),
        })
        .await
        .unwrap();
        let manager = User::new("system:kube-controller-manager", &[]);
        crate::start(Config {
            caches: client::Caches::new(
                client::in_process(server.in_process(manager), "default"),
                &tasks,
            ),
            tasks: tasks.clone(),
            clock: Clock::system(),
            metrics: base::Metrics::default(),
            root_ca_pem: "the authority".to_owned(),
            pod_cidr: "10.42.0.0/16".parse().unwrap(),
            service_cidr: "10.43.0.0/16".parse().unwrap(),
        });
        let client = client::in_process(server.in_process(User::admin()), "default");
        let changes = watch::Sender::new(0);
        let follower = Follower { client: &client, tasks: &tasks, changes: &changes };
        follower.follow::<Namespace>();
        follower.follow::<Node>();
        follower.follow::<ServiceAccount>();
        follower.follow::<ConfigMap>();
        follower.follow::<Pod>();
        follower.follow::<ReplicaSet>();
        follower.follow::<Deployment>();
        follower.follow::<Endpoints>();
        follower.follow::<EndpointSlice>();
        follower.follow::<PodDisruptionBudget>();
        let changes = changes.subscribe();
        Self { client, tasks, changes }
    }

    /// Looks after each change until it is so.
    async fn eventually(&self, what: &str, mut look: impl AsyncFnMut() -> bool) {
        let mut changes = self.changes.clone();
        let look = async {
            changes.borrow_and_update();
            while !look().await {
                changes.changed().await.expect("the API is followed");
                changes.borrow_and_update();
            }
        };
        assert!(tokio::time::timeout(PATIENCE, look).await.is_ok(), "not in time: {what}");
    }

    fn api<K>(&self) -> Api<K>
    where
        K: client::Cached + kube::Resource<Scope = k8s_openapi::NamespaceResourceScope>,
    {
        Api::default_namespaced(self.client.clone())
    }

    async fn create<K: client::Cached + k8s_openapi::serde::Serialize>(
        &self,
        api: &Api<K>,
        object: Value,
    ) -> K {
        api.create(&PostParams::default(), &serde_json::from_value(object).unwrap()).await.unwrap()
    }

    async fn deploy(&self, replicas: i32) {
        let template = json!({
            "metadata": {"labels": {"app": "web"}},
            "spec": {"containers": [{"name": "web", "image": "web:v1", "ports": [{"containerPort": 8080}]}]},
        });
        let deployment = json!({
            "metadata": {"name": "web"},
            "spec": {
                "replicas": replicas,
                "selector": {"matchLabels": {"app": "web"}},
                "template": template,
            },
        });
        self.create(&self.api::<Deployment>(), deployment).await;
    }

    /// Says of every pod that it runs and is ready, as a kubelet would.
    async fn run_pods(&self) {
        let pods = self.api::<Pod>();
        for (number, pod) in
            pods.list(&ListParams::default()).await.unwrap().into_iter().enumerate()
        {
            let status = json!({"status": {
                "phase": "Running",
                "podIP": format!("10.42.0.{}", number + 1),
                "podIPs": [{"ip": format!("10.42.0.{}", number + 1)}],
                "conditions": [{"type": "Ready", "status": "True", "lastTransitionTime": "2026-01-01T00:00:00Z"}],
            }});
            let name = pod.metadata.name.unwrap();
            let patched =
                pods.patch_status(&name, &PatchParams::default(), &Patch::Merge(&status)).await;
            match patched {
                // The controllers may have deleted it since it was listed.
                Err(kube::Error::Api(status)) if status.code == 404 => {}
                other => drop(other.unwrap()),
            }
        }
    }

    async fn deployment(&self) -> Deployment {
        self.api::<Deployment>().get("web").await.unwrap()
    }

    async fn stop(self) {
        self.tasks.shutdown(PATIENCE).await;
    }
}

async fn count<K: client::Cached>(api: &Api<K>) -> usize {
    api.list(&ListParams::default()).await.unwrap().items.len()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_namespace_gets_an_account_and_the_authority() {
    let cluster = Cluster::start().await;
    let namespaces: Api<Namespace> = Api::all(cluster.client.clone());
    cluster.create(&namespaces, json!({"metadata": {"name": "new"}})).await;
    let accounts: Api<ServiceAccount> = Api::namespaced(cluster.client.clone(), "new");
    let maps: Api<ConfigMap> = Api::namespaced(cluster.client.clone(), "new");
    cluster
        .eventually("an account", async || accounts.get_opt("default").await.unwrap().is_some())
        .await;
    cluster
        .eventually("the authority", async || {
            maps.get_opt("kube-root-ca.crt").await.unwrap().is_some()
        })
        .await;
    maps.delete("kube-root-ca.crt", &DeleteParams::default()).await.unwrap();
    cluster
        .eventually("the authority again", async || {
            maps.get_opt("kube-root-ca.crt").await.unwrap().is_some()
        })
        .await;
    cluster.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deployment_rolls_out_and_its_service_finds_the_pods() {
    let cluster = Cluster::start().await;
    let service = json!({
        "metadata": {"name": "web"},
        "spec": {"selector": {"app": "web"}, "ports": [{"port": 80, "targetPort": 8080}]},
    });
    cluster.create(&cluster.api::<Service>(), service).await;
    cluster.deploy(3).await;
    let pods = cluster.api::<Pod>();
    cluster.eventually("three pods", async || count(&pods).await == 3).await;
    cluster.run_pods().await;
    cluster
        .eventually("available", async || {
            let status = cluster.deployment().await.status.unwrap_or_default();
            status.available_replicas == Some(3) && status.observed_generation == Some(1)
        })
        .await;
    let slices = cluster.api::<EndpointSlice>();
    cluster
        .eventually("three endpoints", async || {
            let found = slices
                .list(&ListParams::default().labels("kubernetes.io/service-name=web"))
                .await
                .unwrap();
            let ready = found.items.iter().flat_map(|slice| &slice.endpoints).filter(|endpoint| {
                endpoint.conditions.as_ref().and_then(|conditions| conditions.ready) == Some(true)
            });
            ready.count() == 3
        })
        .await;
    cluster
        .eventually("three addresses", async || {
            let found = cluster.api::<Endpoints>().get_opt("web").await.unwrap();
            let subsets = found.and_then(|endpoints| endpoints.subsets).unwrap_or_default();
            subsets.iter().flat_map(|subset| subset.addresses.iter().flatten()).count() == 3
        })
        .await;

    let image = json!({"spec": {"template": {"spec": {"containers": [{"name": "web", "image": "web:v2"}]}}}});
    let deployments = cluster.api::<Deployment>();
    deployments.patch("web", &PatchParams::default(), &Patch::Strategic(&image)).await.unwrap();
    cluster
        .eventually("the new revision", async || {
            cluster.run_pods().await;
            let deployment = cluster.deployment().await;
            let revision = deployment.metadata.annotations.unwrap_or_default();
            let status = deployment.status.unwrap_or_default();
            revision
                .get("deployment.kubernetes.io/revision")
                .is_some_and(|revision| revision == "2")
                && status.updated_replicas == Some(3)
                && status.replicas == Some(3)
                && status.available_replicas == Some(3)
        })
        .await;
    cluster.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_deployment_made_goes_with_it() {
    for propagation in [PropagationPolicy::Background, PropagationPolicy::Foreground] {
        let cluster = Cluster::start().await;
        cluster.deploy(2).await;
        let (pods, sets) = (cluster.api::<Pod>(), cluster.api::<ReplicaSet>());
        cluster.eventually("two pods", async || count(&pods).await == 2).await;
        let how = DeleteParams { propagation_policy: Some(propagation), ..DeleteParams::default() };
        cluster.api::<Deployment>().delete("web", &how).await.unwrap();
        cluster.eventually("no set", async || count(&sets).await == 0).await;
        cluster.eventually("no pod", async || count(&pods).await == 0).await;
        cluster
            .eventually("no deployment", async || count(&cluster.api::<Deployment>()).await == 0)
            .await;
        cluster.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn orphans_outlive_their_owner_and_are_adopted_by_the_next() {
    let cluster = Cluster::start().await;
    cluster.deploy(2).await;
    let (pods, sets) = (cluster.api::<Pod>(), cluster.api::<ReplicaSet>());
    cluster.eventually("two pods", async || count(&pods).await == 2).await;
    let orphan = DeleteParams {
        propagation_policy: Some(PropagationPolicy::Orphan),
        ..DeleteParams::default()
    };
    cluster.api::<Deployment>().delete("web", &orphan).await.unwrap();
    cluster
        .eventually("no deployment", async || count(&cluster.api::<Deployment>()).await == 0)
        .await;
    let uid = async || {
        let set = sets.list(&ListParams::default()).await.unwrap().items.remove(0);
        (set.metadata.uid.clone(), set.metadata.owner_references.unwrap_or_default().len())
    };
    let (before, owners) = uid().await;
    assert_eq!(owners, 0);
    cluster.deploy(2).await;
    cluster.eventually("adopted", async || uid().await == (before.clone(), 1)).await;
    assert_eq!(count(&pods).await, 2);
    cluster.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_namespace_goes_with_all_it_holds() {
    let cluster = Cluster::start().await;
    let namespaces: Api<Namespace> = Api::all(cluster.client.clone());
    cluster.create(&namespaces, json!({"metadata": {"name": "old"}})).await;
    let maps: Api<ConfigMap> = Api::namespaced(cluster.client.clone(), "old");
    for number in 0..20 {
        cluster.create(&maps, json!({"metadata": {"name": format!("m{number}")}})).await;
    }
    namespaces.delete("old", &DeleteParams::default()).await.unwrap();
    cluster.eventually("gone", async || namespaces.get_opt("old").await.unwrap().is_none()).await;
    assert_eq!(count(&maps).await, 0);
    cluster.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cordoned_node_is_tainted() {
    let cluster = Cluster::start().await;
    let nodes: Api<Node> = Api::all(cluster.client.clone());
    cluster
        .create(&nodes, json!({"metadata": {"name": "one"}, "spec": {"unschedulable": true}}))
        .await;
    cluster
        .eventually("tainted", async || {
            let taints = nodes
                .get("one")
                .await
                .unwrap()
                .spec
                .and_then(|spec| spec.taints)
                .unwrap_or_default();
            taints.iter().any(|taint| taint.key == "node.kubernetes.io/unschedulable")
        })
        .await;
    cluster.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_pods_are_made() {
    let cluster = Cluster::start().await;
    let pods = cluster.api::<Pod>();
    cluster.deploy(1000).await;
    cluster
        .eventually("a thousand pods", async || {
            let status = cluster.deployment().await.status.unwrap_or_default();
            status.replicas == Some(1000) && status.unavailable_replicas == Some(1000)
        })
        .await;
    assert_eq!(count(&pods).await, 1000, "and no more");
    cluster.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_budget_asks_custom_resources_how_many_pods_they_want() {
    let cluster = Cluster::start().await;
    let boats = define_boats(&cluster).await;
    let boat = DynamicObject::new("dory", &boats.1).data(json!({"spec": {"crew": 3}}));
    let boat = boats.0.create(&PostParams::default(), &boat).await.unwrap();
    let owner = boat.controller_owner_ref(&boats.1).unwrap();
    let accounts = cluster.api::<ServiceAccount>();
    cluster
        .eventually("an account", async || accounts.get_opt("default").await.unwrap().is_some())
        .await;
    let pods = cluster.api::<Pod>();
    for name in ["ann", "bob"] {
        let pod = json!({
            "metadata": {"name": name, "labels": {"boat": "dory"}, "ownerReferences": [owner]},
            "spec": {"containers": [{"name": "sailor", "image": "sailor:v1"}]},
        });
        cluster.create(&pods, pod).await;
    }
    cluster.run_pods().await;
    let budgets = cluster.api::<PodDisruptionBudget>();
    let budget = json!({
        "metadata": {"name": "dory"},
        "spec": {"maxUnavailable": 1, "selector": {"matchLabels": {"boat": "dory"}}},
    });
    cluster.create(&budgets, budget).await;
    let expected = async |pods: i32, allowed: i32| {
        cluster
            .eventually("the budget", async || {
                let status = budgets.get("dory").await.unwrap().status.unwrap_or_default();
                (status.expected_pods, status.disruptions_allowed) == (pods, allowed)
            })
            .await;
    };
    expected(3, 0).await;
    let refused = pods.evict("ann", &EvictParams::default()).await.unwrap_err();
    assert!(matches!(refused, kube::Error::Api(status) if status.code == 429));
    let less = Patch::Merge(json!({"spec": {"crew": 2}}));
    boats.0.patch("dory", &PatchParams::default(), &less).await.unwrap();
    expected(2, 1).await;
    pods.evict("ann", &EvictParams::default()).await.unwrap();
    expected(2, 0).await;
    cluster.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_namespace_is_emptied_of_kinds_that_their_groups_preferred_version_lacks() {
    let cluster = Cluster::start().await;
    let boats = define_boats(&cluster).await;
    let rafts = define_rafts(&cluster).await;
    let namespaces: Api<Namespace> = Api::all(cluster.client.clone());
    cluster.create(&namespaces, json!({"metadata": {"name": "sea"}})).await;
    let boats =
        (Api::<DynamicObject>::namespaced_with(cluster.client.clone(), "sea", &boats.1), boats.1);
    let rafts =
        (Api::<DynamicObject>::namespaced_with(cluster.client.clone(), "sea", &rafts), rafts);
    let boat = DynamicObject::new("dory", &boats.1);
    boats.0.create(&PostParams::default(), &boat).await.unwrap();
    let raft = DynamicObject::new("kon-tiki", &rafts.1);
    let raft = rafts.0.create(&PostParams::default(), &raft).await.unwrap();
    let cargo = json!({
        "metadata": {"name": "cargo", "ownerReferences": [raft.owner_ref(&rafts.1)]},
    });
    let maps: Api<ConfigMap> = Api::namespaced(cluster.client.clone(), "sea");
    cluster.create(&maps, cargo).await;
    let foreground = DeleteParams::foreground();
    rafts.0.delete("kon-tiki", &foreground).await.unwrap();
    cluster.eventually("no cargo", async || maps.get_opt("cargo").await.unwrap().is_none()).await;
    rafts.0.create(&PostParams::default(), &DynamicObject::new("ra", &rafts.1)).await.unwrap();
    namespaces.delete("sea", &DeleteParams::default()).await.unwrap();
    cluster.eventually("gone", async || namespaces.get_opt("sea").await.unwrap().is_none()).await;
    assert!(boats.0.list(&ListParams::default()).await.unwrap().items.is_empty());
    assert!(rafts.0.list(&ListParams::default()).await.unwrap().items.is_empty());
    cluster.stop().await;
}

/// Makes a kind in a version that the group of the boats does not prefer.
async fn define_rafts(cluster: &Cluster) -> ApiResource {
    let definition = json!({
        "metadata": {"name": "rafts.example.com"},
        "spec": {
            "group": "example.com", "scope": "Namespaced",
            "names": {"kind": "Raft", "plural": "rafts"},
            "versions": [{
                "name": "v1alpha1", "served": true, "storage": true,
                "schema": {"openAPIV3Schema": {"type": "object"}},
            }],
        },
    });
    define(cluster, definition).await;
    ApiResource::from_gvk(&GroupVersionKind::gvk("example.com", "v1alpha1", "Raft"))
}

/// Makes a kind that has a scale.
async fn define_boats(cluster: &Cluster) -> (Api<DynamicObject>, ApiResource) {
    let definition = json!({
        "metadata": {"name": "boats.example.com"},
        "spec": {
            "group": "example.com", "scope": "Namespaced",
            "names": {"kind": "Boat", "plural": "boats"},
            "versions": [{
                "name": "v1", "served": true, "storage": true,
                "schema": {"openAPIV3Schema": {"type": "object", "properties": {"spec": {
                    "type": "object", "properties": {"crew": {"type": "integer"}},
                }}}},
                "subresources": {"scale": {
                    "specReplicasPath": ".spec.crew", "statusReplicasPath": ".status.aboard",
                }},
            }],
        },
    });
    define(cluster, definition).await;
    let boats = ApiResource::from_gvk(&GroupVersionKind::gvk("example.com", "v1", "Boat"));
    (Api::default_namespaced_with(cluster.client.clone(), &boats), boats)
}

async fn define(cluster: &Cluster, definition: Value) {
    let definitions: Api<CustomResourceDefinition> = Api::all(cluster.client.clone());
    cluster.create(&definitions, definition).await;
}
