//! The variables by which a pod finds services without DNS.

use std::sync::Arc;

use k8s_openapi::api::core::v1::{Pod, Service, ServicePort};

/// The variables of the API server's own service and, unless the pod wants none, of all services of
/// its namespace.
pub(crate) fn variables(pod: &Pod, services: &[Arc<Service>]) -> Vec<(String, String)> {
    let links = pod.spec.as_ref().is_none_or(|spec| spec.enable_service_links != Some(false));
    let namespace = pod.metadata.namespace.as_deref().unwrap_or_default();
    let mut seen: Vec<&Arc<Service>> = services
        .iter()
        .filter(|service| {
            let own = service.metadata.namespace.as_deref() == Some(namespace);
            is_api_server(service) || (links && own)
        })
        .collect();
    seen.sort_by_key(|service| (!is_api_server(service), service.metadata.name.clone()));
    seen.into_iter().flat_map(|service| of(service)).collect()
}

fn is_api_server(service: &Service) -> bool {
    service.metadata.name.as_deref() == Some("kubernetes")
        && service.metadata.namespace.as_deref() == Some("default")
}

/// One service's variables; none for a service without an address.
fn of(service: &Service) -> Vec<(String, String)> {
    let name = service.metadata.name.as_deref().unwrap_or_default();
    let prefix = name.to_uppercase().replace('-', "_");
    let Some(spec) = &service.spec else { return Vec::new() };
    let ports = spec.ports.as_deref().unwrap_or_default();
    let address = spec.cluster_ip.as_deref().filter(|ip| !ip.is_empty() && *ip != "None");
    let (Some(address), Some(first)) = (address, ports.first()) else { return Vec::new() };
    let mut list = vec![
        (format!("{prefix}_SERVICE_HOST"), address.to_owned()),
        (format!("{prefix}_SERVICE_PORT"), first.port.to_string()),
    ];
    for port in ports {
        if let Some(name) = port.name.as_deref().filter(|name| !name.is_empty()) {
            let name = name.to_uppercase().replace('-', "_");
            list.push((format!("{prefix}_SERVICE_PORT_{name}"), port.port.to_string()));
        }
    }
    list.push((format!("{prefix}_PORT"), url(first, address)));
    for port in ports {
        let protocol = protocol(port);
        let prefix = format!("{prefix}_PORT_{}_{}", port.port, protocol.to_uppercase());
        list.push((prefix.clone(), url(port, address)));
        list.push((format!("{prefix}_PROTO"), protocol));
        list.push((format!("{prefix}_PORT"), port.port.to_string()));
        list.push((format!("{prefix}_ADDR"), address.to_owned()));
    }
    list
}

fn protocol(port: &ServicePort) -> String {
    port.protocol.as_deref().unwrap_or("TCP").to_lowercase()
}

fn url(port: &ServicePort, address: &str) -> String {
    let host = if address.contains(':') { format!("[{address}]") } else { address.to_owned() };
    format!("{}://{host}:{}", protocol(port), port.port)
}
