//! A namespace for one test, and what tests ask of it through the kube client.

use std::fmt::Debug;
use std::net::SocketAddr;

use k8s_openapi::api::core::v1::{ContainerStatus, Event, Namespace, Pod, Service, ServiceAccount};
use kube::api::{DeleteParams, ListParams, LogParams, PostParams};
use kube::core::NamespaceResourceScope;
use kube::{Api, Client, Resource};
use serde::de::DeserializeOwned;

use super::patience::until;

/// A namespace and a client for it.
#[derive(Clone)]
pub(crate) struct Space {
    pub(crate) client: Client,
    pub(crate) name: String,
}

impl Space {
    /// Makes the namespace, and waits until pods may be made in it.
    pub(crate) async fn new(client: Client, name: &str) -> Self {
        let mut namespace = Namespace::default();
        namespace.metadata.name = Some(name.to_owned());
        let namespaces: Api<Namespace> = Api::all(client.clone());
        namespaces.create(&PostParams::default(), &namespace).await.expect("a new namespace");
        let space = Self { client, name: name.to_owned() };
        let accounts: Api<ServiceAccount> = space.api();
        until("the default service account", async || accounts.get("default").await).await;
        space
    }

    pub(crate) fn api<K>(&self) -> Api<K>
    where
        K: Resource<Scope = NamespaceResourceScope>,
        K::DynamicType: Default,
    {
        Api::namespaced(self.client.clone(), &self.name)
    }

    /// Creates or changes what a manifest holds, in this namespace.
    pub(crate) async fn apply(&self, yaml: &str) {
        for mut manifest in isopod::apply::parse(yaml).expect("the test's YAML is right") {
            manifest.object["metadata"]["namespace"] = self.name.clone().into();
            let applied = isopod::apply::apply(&self.client, &manifest).await;
            applied.unwrap_or_else(|error| panic!("{error:#}"));
        }
    }

    pub(crate) async fn get<K>(&self, name: &str) -> K
    where
        K: Resource<Scope = NamespaceResourceScope> + Clone + DeserializeOwned + Debug,
        K::DynamicType: Default,
    {
        self.api::<K>().get(name).await.unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// Waits until a pod is as wanted; when it never is, says how it was and what happened to it.
    pub(crate) async fn pod(&self, name: &str, wanted: impl Fn(&Pod) -> bool) -> Pod {
        let pods: Api<Pod> = self.api();
        let found = until(name, async || {
            let pod = pods.get(name).await.map_err(|error| error.to_string())?;
            if wanted(&pod) {
                return Ok(pod);
            }
            Err(format!("{:#?}\n{}", pod.status, self.events(name).await.join("\n")))
        });
        found.await
    }

    pub(crate) async fn running(&self, name: &str) -> Pod {
        self.pod(name, |pod| phase(pod) == "Running" && is_ready(pod)).await
    }

    /// Waits for the end of a pod; gives its first container's exit code and reason.
    pub(crate) async fn ended(&self, name: &str) -> (i32, String) {
        let pod = self.pod(name, |pod| ["Succeeded", "Failed"].contains(&phase(pod))).await;
        let state = container(&pod, 0).state.expect("it has ended");
        let terminated = state.terminated.expect("it has ended");
        (terminated.exit_code, terminated.reason.unwrap_or_default())
    }

    pub(crate) async fn logs(&self, pod: &str) -> String {
        self.logs_of(pod, &LogParams::default()).await
    }

    pub(crate) async fn logs_of(&self, pod: &str, params: &LogParams) -> String {
        let logs = self.api::<Pod>().logs(pod, params).await;
        logs.unwrap_or_else(|error| panic!("logs of {pod}: {error}"))
    }

    /// Waits until a pod has written something.
    pub(crate) async fn said(&self, pod: &str, text: &str) -> String {
        let found = until(text, async || {
            let logs = self.api::<Pod>().logs(pod, &LogParams::default()).await;
            let logs = logs.map_err(|error| error.to_string())?;
            if logs.contains(text) { Ok(logs) } else { Err(logs) }
        });
        found.await
    }

    /// What happened to an object, one line for each reason and message.
    pub(crate) async fn events(&self, object: &str) -> Vec<String> {
        let params = ListParams::default().fields(&format!("involvedObject.name={object}"));
        let events = self.api::<Event>().list(&params).await.expect("events can be listed");
        let line = |event: Event| {
            format!("{}: {}", event.reason.unwrap_or_default(), event.message.unwrap_or_default())
        };
        events.items.into_iter().map(line).collect()
    }

    /// Waits for an event whose reason and message contain a text.
    pub(crate) async fn event(&self, object: &str, text: &str) -> String {
        let found = until(text, async || {
            let events = self.events(object).await;
            let found = events.iter().find(|event| event.contains(text)).cloned();
            found.ok_or_else(|| events.join("\n"))
        });
        found.await
    }

    /// Where a Service's first node port answers on this machine.
    pub(crate) async fn node_port(&self, service: &str) -> SocketAddr {
        let service: Service = self.get(service).await;
        let ports = service.spec.and_then(|spec| spec.ports).expect("it has ports");
        let port = ports[0].node_port.expect("it has a node port");
        SocketAddr::from(([127, 0, 0, 1], u16::try_from(port).expect("a port")))
    }

    /// Deletes a pod and waits until it is gone.
    pub(crate) async fn delete_pod(&self, name: &str) {
        let pods: Api<Pod> = self.api();
        pods.delete(name, &DeleteParams::default()).await.expect("it can be deleted");
        until("the pod to be gone", async || match pods.get_opt(name).await {
            Ok(None) => Ok(()),
            Ok(Some(pod)) => Err(format!("{:#?}", pod.status)),
            Err(error) => Err(error.to_string()),
        })
        .await;
    }
}

pub(crate) fn phase(pod: &Pod) -> &str {
    pod.status.as_ref().and_then(|status| status.phase.as_deref()).unwrap_or_default()
}

pub(crate) fn is_ready(pod: &Pod) -> bool {
    let conditions = pod.status.iter().flat_map(|status| status.conditions.iter().flatten());
    conditions.into_iter().any(|condition| condition.type_ == "Ready" && condition.status == "True")
}

pub(crate) fn address(pod: &Pod) -> String {
    pod.status.as_ref().and_then(|status| status.pod_ip.clone()).expect("it has an address")
}

/// The status of a pod's container; an empty one before there is any.
pub(crate) fn container(pod: &Pod, index: usize) -> ContainerStatus {
    let statuses = pod.status.as_ref().and_then(|status| status.container_statuses.as_ref());
    statuses.and_then(|statuses| statuses.get(index)).cloned().unwrap_or_default()
}

/// Why a pod's first container waits.
pub(crate) fn waiting(pod: &Pod) -> String {
    let waiting = container(pod, 0).state.and_then(|state| state.waiting);
    waiting.and_then(|waiting| waiting.reason).unwrap_or_default()
}
