//! The group `autoscaling`: two views of one kind.

pub(crate) mod horizontal_pod_autoscaler;
mod horizontal_pod_autoscaler_v1;

pub(crate) use horizontal_pod_autoscaler::HorizontalPodAutoscaler;
pub(crate) use horizontal_pod_autoscaler_v1::HorizontalPodAutoscalerV1;
