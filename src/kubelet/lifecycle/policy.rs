//! What a pod's spec demands of its containers' lives, reduced to what decisions need.

use std::time::Duration;

use k8s_openapi::api::core::v1::{Container, Pod};

/// What Kubernetes uses when a pod names no grace period.
const DEFAULT_GRACE: Duration = Duration::from_secs(30);

/// The part of a pod's spec that its life depends on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Policy {
    /// `pod_namespace(uid)`, as Kubernetes' messages name a pod.
    pub(crate) name: String,
    /// All containers: the initial ones in their order, then the others.
    pub(crate) containers: Vec<ContainerPolicy>,
    /// How long containers may take to end.
    pub(crate) grace: Duration,
    /// How long the pod may be active.
    pub(crate) active_deadline: Option<Duration>,
}

/// The part of a container's spec that its life depends on.
#[expect(clippy::struct_excessive_bools, reason = "each says whether the spec has one more thing")]
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ContainerPolicy {
    pub(crate) name: String,
    pub(crate) image: String,
    pub(crate) role: Role,
    pub(crate) restart: Restart,
    pub(crate) startup: bool,
    pub(crate) readiness: bool,
    pub(crate) liveness: bool,
    pub(crate) pre_stop: bool,
    /// The grace period of a kill by liveness or startup probe, where it differs from the pod's.
    pub(crate) liveness_grace: Option<Duration>,
    pub(crate) startup_grace: Option<Duration>,
}

/// When a container takes its turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// Runs to its end before the next one starts.
    Init,
    /// Starts in the order of initial containers, then keeps running beside the others.
    Sidecar,
    /// Starts when the initial ones are done.
    Main,
}

/// Which ends of a container are followed by another start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Restart {
    Always,
    OnFailure,
    Never,
}

impl Restart {
    /// Whether a container that ended with this code is started again.
    pub(crate) fn again(self, exit_code: i32) -> bool {
        match self {
            Self::Always => true,
            Self::OnFailure => exit_code != 0,
            Self::Never => false,
        }
    }

    fn parse(text: Option<&str>) -> Self {
        match text {
            Some("Never") => Self::Never,
            Some("OnFailure") => Self::OnFailure,
            _ => Self::Always,
        }
    }
}

impl Policy {
    /// Reads a pod's spec.
    pub(crate) fn of(pod: &Pod) -> Self {
        let meta = &pod.metadata;
        let name = format!(
            "{}_{}({})",
            meta.name.as_deref().unwrap_or_default(),
            meta.namespace.as_deref().unwrap_or_default(),
            meta.uid.as_deref().unwrap_or_default()
        );
        let Some(spec) = &pod.spec else {
            return Self {
                name,
                containers: Vec::new(),
                grace: DEFAULT_GRACE,
                active_deadline: None,
            };
        };
        let restart = Restart::parse(spec.restart_policy.as_deref());
        let init =
            spec.init_containers.iter().flatten().map(|one| ContainerPolicy::init(one, restart));
        let main = spec.containers.iter().map(|one| ContainerPolicy::of(one, Role::Main, restart));
        Self {
            name,
            containers: init.chain(main).collect(),
            grace: spec.termination_grace_period_seconds.map_or(DEFAULT_GRACE, grace),
            active_deadline: spec.active_deadline_seconds.map(seconds),
        }
    }
}

impl ContainerPolicy {
    fn init(container: &Container, pod: Restart) -> Self {
        let own = container.restart_policy.as_deref();
        match (own, pod) {
            (Some("Always"), _) => Self::of(container, Role::Sidecar, Restart::Always),
            (_, Restart::Never) => Self::of(container, Role::Init, Restart::Never),
            _ => Self::of(container, Role::Init, Restart::OnFailure),
        }
    }

    fn of(container: &Container, role: Role, pod: Restart) -> Self {
        let restart = match (role, container.restart_policy.as_deref()) {
            (Role::Main, Some(own)) => Restart::parse(Some(own)),
            _ => pod,
        };
        let grace = |probe: Option<&k8s_openapi::api::core::v1::Probe>| {
            probe.and_then(|probe| probe.termination_grace_period_seconds).map(seconds)
        };
        Self {
            name: container.name.clone(),
            image: container.image.clone().unwrap_or_default(),
            role,
            restart,
            startup: container.startup_probe.is_some(),
            readiness: container.readiness_probe.is_some(),
            liveness: container.liveness_probe.is_some(),
            pre_stop: container.lifecycle.as_ref().is_some_and(|hooks| hooks.pre_stop.is_some()),
            liveness_grace: grace(container.liveness_probe.as_ref()),
            startup_grace: grace(container.startup_probe.as_ref()),
        }
    }
}

/// Seconds as the API writes them; less than none is none.
/// Time cannot be negative; who says so gets a second.
fn grace(value: i64) -> Duration {
    seconds(if value < 0 { 1 } else { value })
}

/// Less than nothing counts as zero.
fn seconds(value: i64) -> Duration {
    Duration::from_secs(u64::try_from(value).unwrap_or(0))
}
