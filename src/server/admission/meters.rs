//! How long the steps of admission take, and each of its plugins, under Kubernetes' names.

use std::sync::OnceLock;

use base::{Family, Histogram, Metrics};
use machinery::ApiError;
use tokio::time::Instant;

use crate::request::Verb;

/// Kubernetes' own bounds of steps and of plugins.
const BOUNDS: &[f64] = &[0.005, 0.025, 0.1, 0.5, 1.0, 2.5];

/// What a step or a plugin does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// It may change the object.
    Admit,
    /// It may refuse it.
    Validate,
}

/// A plugin that is measured, by the name it has in Kubernetes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Plugin {
    NamespaceLifecycle,
    LimitRanger,
    ServiceAccount,
    NodeRestriction,
    TaintNodesByCondition,
    PodSecurity,
    Priority,
    DefaultTolerationSeconds,
    DefaultStorageClass,
    StorageObjectInUseProtection,
    PersistentVolumeClaimResize,
    RuntimeClass,
    DefaultIngressClass,
    PodTopologyLabels,
    ResourceQuota,
}

/// How many there are.
const PLUGINS: usize = Plugin::ResourceQuota as usize + 1;

/// All of it.
#[derive(Debug)]
pub(super) struct Meters {
    steps: [Timing; 2],
    plugins: [[Timing; 2]; PLUGINS],
    of_steps: Family<Histogram>,
    of_plugins: Family<Histogram>,
}

/// The series of a step or a plugin, by operation and outcome. Each is looked up when it is first needed: most plugins
/// never refuse anything, and a series that nobody needs is only in the way of who reads the others.
#[derive(Debug, Default)]
struct Timing([[OnceLock<Histogram>; 2]; 3]);

impl Meters {
    pub(super) fn new(metrics: &Metrics) -> Self {
        Self {
            steps: Default::default(),
            plugins: Default::default(),
            of_steps: metrics.histograms(
                "apiserver_admission_step_admission_duration_seconds",
                "Time that all plugins, policies and webhooks of one step take together.",
                &["type", "operation", "rejected"],
                BOUNDS,
            ),
            of_plugins: metrics.histograms(
                "apiserver_admission_controller_admission_duration_seconds",
                "Time that one plugin takes.",
                &["name", "type", "operation", "rejected"],
                BOUNDS,
            ),
        }
    }

    /// Measures a step that has ended.
    pub(super) fn step<T>(
        &self,
        part: Part,
        verb: Verb,
        started: Instant,
        outcome: &Result<T, ApiError>,
    ) {
        let timing = &self.steps[part as usize];
        timing.observe(verb, started, outcome.is_err(), |operation, rejected| {
            self.of_steps.with(&[part.as_str(), operation, rejected])
        });
    }

    /// Measures plugins that come one after the other.
    pub(super) fn laps(&self, part: Part, verb: Verb) -> Laps<'_> {
        Laps { meters: self, part, verb, started: Instant::now() }
    }
}

/// Measures plugins, each from the end of the one before it.
pub(super) struct Laps<'a> {
    meters: &'a Meters,
    part: Part,
    verb: Verb,
    started: Instant,
}

impl Laps<'_> {
    /// A plugin has ended, with this outcome.
    pub(super) fn of<T>(
        &mut self,
        plugin: Plugin,
        outcome: Result<T, ApiError>,
    ) -> Result<T, ApiError> {
        let timing = &self.meters.plugins[plugin as usize][self.part as usize];
        timing.observe(self.verb, self.started, outcome.is_err(), |operation, rejected| {
            let name = format!("{plugin:?}");
            self.meters.of_plugins.with(&[&name, self.part.as_str(), operation, rejected])
        });
        self.started = Instant::now();
        outcome
    }

    /// Something else has ended.
    pub(super) fn skip(&mut self) {
        self.started = Instant::now();
    }

    /// A plugin has ended that refuses nothing.
    pub(super) fn of_change(&mut self, plugin: Plugin, changed: bool) -> bool {
        self.of(plugin, Ok(changed)).unwrap_or(changed)
    }
}

impl Part {
    fn as_str(self) -> &'static str {
        match self {
            Self::Admit => "admit",
            Self::Validate => "validate",
        }
    }
}

impl Timing {
    fn observe(
        &self,
        verb: Verb,
        started: Instant,
        is_rejected: bool,
        find: impl FnOnce(&str, &str) -> Histogram,
    ) {
        let (index, operation) = match verb {
            Verb::Create => (0, "CREATE"),
            Verb::Delete => (1, "DELETE"),
            _ => (2, "UPDATE"),
        };
        let rejected = if is_rejected { "true" } else { "false" };
        let series = &self.0[index][usize::from(is_rejected)];
        series.get_or_init(|| find(operation, rejected)).observe_duration(started.elapsed());
    }
}
