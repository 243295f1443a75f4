//! The group `resource.k8s.io`.

mod config;
mod device_class;
mod request;
mod resource_claim;
mod resource_claim_template;
mod resource_slice;

pub(crate) use device_class::DeviceClass;
pub(crate) use resource_claim::ResourceClaim;
pub(crate) use resource_claim_template::ResourceClaimTemplate;
pub(crate) use resource_slice::ResourceSlice;
