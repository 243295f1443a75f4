//! The group `apiregistration.k8s.io`.

mod api_service;

pub(crate) use api_service::APIService;
