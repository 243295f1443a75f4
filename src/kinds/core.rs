//! The core group.

mod binding;
mod component_status;
mod config_map;
pub(crate) mod endpoints;
pub(crate) mod event;
mod limit_range;
pub(crate) mod load_balancer;
mod namespace;
mod node;
mod persistent_volume;
pub(crate) mod persistent_volume_claim;
pub(crate) mod pod;
mod pod_template;
pub(crate) mod replication_controller;
mod resource_quota;
mod secret;
mod service;
mod service_account;

pub(crate) use binding::Binding;
pub(crate) use component_status::ComponentStatus;
pub(crate) use config_map::ConfigMap;
pub(crate) use endpoints::Endpoints;
pub(crate) use event::Event;
pub(crate) use limit_range::LimitRange;
pub(crate) use namespace::Namespace;
pub(crate) use node::Node;
pub(crate) use persistent_volume::PersistentVolume;
pub(crate) use persistent_volume_claim::PersistentVolumeClaim;
pub(crate) use pod::Pod;
pub(crate) use pod_template::PodTemplate;
pub(crate) use replication_controller::ReplicationController;
pub(crate) use resource_quota::ResourceQuota;
pub(crate) use secret::Secret;
pub(crate) use service::Service;
pub use service::{has_node_ports, needs_health_check_port};
pub(crate) use service_account::ServiceAccount;
