//! The objects every cluster has.

use std::net::SocketAddr;

use futures::future::{try_join, try_join_all, try_join4};
use ipnet::IpNet;
use machinery::{ApiError, Reason};
use serde_json::{Value, json};

use crate::admission::SYSTEM_CLASSES;
use crate::api::Api;
use crate::authorize::{Part, own_identity, reconcile};
use crate::{Config, Error, fairness};

const NAMESPACES: &[&str] = &["default", "kube-system", "kube-public", "kube-node-lease"];

/// Where an object goes.
struct Object {
    group: &'static str,
    version: &'static str,
    plural: &'static str,
    namespace: Option<&'static str>,
    document: Value,
}

/// Makes what is missing; `address` is where clients reach this server.
pub(crate) async fn run(api: &Api, config: &Config, address: SocketAddr) -> Result<(), Error> {
    // All at once, so that they share a commit of the store; the rest needs the namespaces.
    let namespaces = NAMESPACES.iter().map(|name| ensure(api, namespace(name)));
    let classes =
        SYSTEM_CLASSES.iter().map(|(name, value)| ensure(api, priority_class(name, *value)));
    let roles = reconcile(api, Part::Cluster);
    let flows = fairness::reconcile(api);
    let cluster = try_join4(try_join_all(namespaces), try_join_all(classes), roles, flows);
    cluster.await.map_err(Error::Bootstrap)?;
    let service = config.service_cidr.hosts().next().map(|ip| ip.to_string()).unwrap_or_default();
    let service = ensure(api, kubernetes_service(&service, address.port()));
    let range = ensure(api, service_range(config.service_cidr));
    let roles = reconcile(api, Part::Namespaced);
    try_join4(service, range, publish_address(api, address), roles)
        .await
        .map_err(Error::Bootstrap)?;
    Ok(())
}

fn namespace(name: &str) -> Object {
    let document = json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": name } });
    Object { group: "", version: "v1", plural: "namespaces", namespace: None, document }
}

/// How important the parts of the cluster itself are.
fn priority_class(name: &str, value: i64) -> Object {
    let whose = if name.contains("node") { "each node" } else { "the cluster" };
    let document = json!({
        "apiVersion": "scheduling.k8s.io/v1",
        "kind": "PriorityClass",
        "metadata": { "name": name },
        "value": value,
        "description": format!("For pods {whose} cannot do without."),
    });
    let (group, version, plural) = ("scheduling.k8s.io", "v1", "priorityclasses");
    Object { group, version, plural, namespace: None, document }
}

/// How pods find the API.
fn kubernetes_service(address: &str, port: u16) -> Object {
    let document = json!({
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {
            "name": "kubernetes",
            "namespace": "default",
            "labels": { "component": "apiserver", "provider": "kubernetes" },
        },
        "spec": {
            "type": "ClusterIP",
            "clusterIP": address,
            "ports": [{ "name": "https", "protocol": "TCP", "port": 443, "targetPort": port }],
        },
    });
    Object { group: "", version: "v1", plural: "services", namespace: Some("default"), document }
}

/// What addresses of Services come from, for people to see.
fn service_range(range: IpNet) -> Object {
    let document = json!({
        "apiVersion": "networking.k8s.io/v1",
        "kind": "ServiceCIDR",
        "metadata": { "name": "kubernetes" },
        "spec": { "cidrs": [range.trunc().to_string()] },
    });
    let (group, version, plural) = ("networking.k8s.io", "v1", "servicecidrs");
    Object { group, version, plural, namespace: None, document }
}

/// Says where the server behind that Service is; the address may change from start to start.
async fn publish_address(api: &Api, address: SocketAddr) -> Result<(), ApiError> {
    let family = if address.is_ipv4() { "IPv4" } else { "IPv6" };
    let document = json!({
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {
            "name": "kubernetes",
            "namespace": "default",
            "labels": { "kubernetes.io/service-name": "kubernetes" },
        },
        "addressType": family,
        "endpoints": [{ "addresses": [address.ip().to_string()], "conditions": { "ready": true } }],
        "ports": [{ "name": "https", "protocol": "TCP", "port": address.port() }],
    });
    let slice = Object {
        group: "discovery.k8s.io",
        version: "v1",
        plural: "endpointslices",
        namespace: Some("default"),
        document,
    };
    try_join(replace(api, slice), replace(api, kubernetes_endpoints(address))).await.map(drop)
}

/// The same for clients from before there were slices; it is not to be mirrored into another one.
fn kubernetes_endpoints(address: SocketAddr) -> Object {
    let document = json!({
        "apiVersion": "v1",
        "kind": "Endpoints",
        "metadata": {
            "name": "kubernetes",
            "namespace": "default",
            "labels": { "endpointslice.kubernetes.io/skip-mirror": "true" },
        },
        "subsets": [{
            "addresses": [{ "ip": address.ip().to_string() }],
            "ports": [{ "name": "https", "protocol": "TCP", "port": address.port() }],
        }],
    });
    Object { group: "", version: "v1", plural: "endpoints", namespace: Some("default"), document }
}

/// Creates an object unless it exists.
async fn ensure(api: &Api, object: Object) -> Result<(), ApiError> {
    let Object { group, version, plural, namespace, document } = object;
    let registry = api.registry();
    let created =
        registry.create_object(&own_identity(), group, version, plural, namespace, document).await;
    match created {
        Err(error) if error.reason == Reason::AlreadyExists => Ok(()),
        other => other.map(drop),
    }
}

/// Creates an object, or makes the existing one like it.
async fn replace(api: &Api, object: Object) -> Result<(), ApiError> {
    let Object { group, version, plural, namespace, document } = object;
    let registry = api.registry();
    registry
        .replace_object(&own_identity(), group, version, plural, namespace, document)
        .await
        .map(drop)
}
