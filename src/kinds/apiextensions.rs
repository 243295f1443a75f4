//! The group `apiextensions.k8s.io`.

mod custom_resource_definition;

pub(crate) use custom_resource_definition::CustomResourceDefinition;
