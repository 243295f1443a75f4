//! The core group.

mod binding;
mod config_map;
pub(crate) mod endpoints;
pub(crate) mod event;
mod namespace;
mod node;
pub(crate) mod pod;
mod pod_template;
pub(crate) mod replication_controller;
mod secret;
mod service;
mod service_account;

pub(crate) use binding::Binding;
pub(crate) use config_map::ConfigMap;
pub(crate) use endpoints::Endpoints;
pub(crate) use event::Event;
pub(crate) use namespace::Namespace;
pub(crate) use node::Node;
pub(crate) use pod::Pod;
pub(crate) use pod_template::PodTemplate;
pub(crate) use replication_controller::ReplicationController;
pub(crate) use secret::Secret;
pub(crate) use service::Service;
pub(crate) use service_account::ServiceAccount;
