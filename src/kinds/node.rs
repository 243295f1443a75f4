//! The group `node.k8s.io`.

mod runtime_class;

pub(crate) use runtime_class::RuntimeClass;
