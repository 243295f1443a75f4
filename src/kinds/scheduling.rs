//! The group `scheduling.k8s.io`.

mod priority_class;

pub(crate) use priority_class::PriorityClass;
