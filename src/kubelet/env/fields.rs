//! The downward API: what a pod can be told about itself.

use std::net::IpAddr;

use k8s_openapi::api::core::v1::{Container, Pod, ResourceFieldSelector};

use crate::amounts::{Amounts, amount};
use crate::lifecycle::Setback;

/// A pod and what its object does not say yet.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fields<'a> {
    pub(crate) pod: &'a Pod,
    pub(crate) pod_ips: &'a [IpAddr],
    pub(crate) host_ips: &'a [IpAddr],
    /// What limits default to: all that the node can give.
    pub(crate) allocatable: &'a Amounts,
}

impl Fields<'_> {
    /// The value of a field path such as `metadata.labels['app']`.
    pub(crate) fn field(&self, path: &str) -> Result<String, Setback> {
        let meta = &self.pod.metadata;
        let spec = self.pod.spec.as_ref();
        let text = |value: Option<&String>| value.cloned().unwrap_or_default();
        let map = match path {
            "metadata.labels" => Some(&meta.labels),
            "metadata.annotations" => Some(&meta.annotations),
            _ => None,
        };
        if let Some(map) = map {
            return Ok(lines(map.iter().flatten()));
        }
        if let Some((map, key)) = subscript(path) {
            let map = match map {
                "metadata.labels" => &meta.labels,
                "metadata.annotations" => &meta.annotations,
                _ => return Err(unsupported(path)),
            };
            return Ok(text(map.as_ref().and_then(|map| map.get(key))));
        }
        Ok(match path {
            "metadata.name" => text(meta.name.as_ref()),
            "metadata.namespace" => text(meta.namespace.as_ref()),
            "metadata.uid" => text(meta.uid.as_ref()),
            "spec.nodeName" => text(spec.and_then(|spec| spec.node_name.as_ref())),
            "spec.serviceAccountName" => {
                text(spec.and_then(|spec| spec.service_account_name.as_ref()))
            }
            "status.podIP" => first(self.pod_ips),
            "status.podIPs" => all(self.pod_ips),
            "status.hostIP" => first(self.host_ips),
            "status.hostIPs" => all(self.host_ips),
            _ => return Err(unsupported(path)),
        })
    }

    /// The value of a resource such as `limits.cpu`, in units of its divisor, rounded up.
    pub(crate) fn resource(
        &self,
        selector: &ResourceFieldSelector,
        own: Option<&Container>,
    ) -> Result<String, Setback> {
        let named = selector.container_name.as_deref().filter(|name| !name.is_empty());
        let container = match named {
            Some(name) => self.container(name),
            None => own,
        };
        let Some(container) = container else {
            return Err(config_error(format!("container {} not found", named.unwrap_or_default())));
        };
        let (kind, resource) =
            selector.resource.split_once('.').ok_or_else(|| unsupported(&selector.resource))?;
        let resources = container.resources.clone().unwrap_or_default();
        let limit = resources.limits.as_ref().and_then(|limits| limits.get(resource));
        let request = resources.requests.as_ref().and_then(|requests| requests.get(resource));
        let milli = match kind {
            "limits" => limit
                .and_then(amount)
                .or_else(|| self.allocatable.get(resource).copied())
                .unwrap_or(0),
            "requests" => request.or(limit).and_then(amount).unwrap_or(0),
            _ => return Err(unsupported(&selector.resource)),
        };
        let divisor = selector.divisor.as_ref().and_then(amount).filter(|one| *one > 0);
        let divisor = divisor.unwrap_or(1000);
        Ok(((milli + divisor - 1) / divisor).to_string())
    }

    fn container(&self, name: &str) -> Option<&Container> {
        let spec = self.pod.spec.as_ref()?;
        let init = spec.init_containers.iter().flatten();
        init.chain(&spec.containers).find(|one| one.name == name)
    }
}

/// Takes `metadata.labels['key']` apart.
fn subscript(path: &str) -> Option<(&str, &str)> {
    path.strip_suffix("']").and_then(|path| path.split_once("['"))
}

/// A map as the downward API writes it into a file: sorted, one quoted value per line.
fn lines<'a>(map: impl Iterator<Item = (&'a String, &'a String)>) -> String {
    map.map(|(key, value)| format!("{key}={value:?}")).collect::<Vec<_>>().join("\n")
}

fn first(list: &[IpAddr]) -> String {
    list.first().map(ToString::to_string).unwrap_or_default()
}

fn all(list: &[IpAddr]) -> String {
    list.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
}

fn unsupported(path: &str) -> Setback {
    config_error(format!("unsupported fieldPath: {path}"))
}

fn config_error(message: String) -> Setback {
    Setback::new("CreateContainerConfigError", message)
}
