//! How far a rollout may go above and below the wanted number of pods.

use k8s_openapi::api::apps::v1::DeploymentSpec;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

/// The bounds of a rollout in pods.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Limits {
    pub(super) surge: i32,
    pub(super) unavailable: i32,
}

impl Limits {
    /// Surge rounds up, unavailability down; when both are zero nothing could move, so one may be missing.
    pub(super) fn of(spec: &DeploymentSpec) -> Self {
        let replicas = spec.replicas.unwrap_or(1);
        let strategy = spec.strategy.clone().unwrap_or_default();
        if strategy.type_.as_deref() == Some("Recreate") {
            return Self { surge: 0, unavailable: 0 };
        }
        let rolling = strategy.rolling_update.unwrap_or_default();
        let quarter = IntOrString::String("25%".to_owned());
        let surge = rolling.max_surge.unwrap_or_else(|| quarter.clone());
        let unavailable = rolling.max_unavailable.unwrap_or(quarter);
        let surge = resolve(&surge, replicas, Rounding::Up);
        let mut unavailable = resolve(&unavailable, replicas, Rounding::Down);
        if surge == 0 && unavailable == 0 {
            unavailable = 1;
        }
        Self { surge, unavailable: unavailable.min(replicas) }
    }
}

#[derive(Clone, Copy)]
enum Rounding {
    Up,
    Down,
}

/// A number, or a percentage of `total`; zero where it is neither.
fn resolve(value: &IntOrString, total: i32, rounding: Rounding) -> i32 {
    match value {
        IntOrString::Int(number) => (*number).max(0),
        IntOrString::String(text) => {
            let percent = text.strip_suffix('%').and_then(|digits| digits.parse::<i64>().ok());
            let hundredths = percent.unwrap_or(0).max(0).saturating_mul(i64::from(total));
            let rounded = match rounding {
                Rounding::Up => hundredths.saturating_add(99) / 100,
                Rounding::Down => hundredths / 100,
            };
            i32::try_from(rounded).unwrap_or(i32::MAX)
        }
    }
}
