//! The group `metrics.k8s.io`: what nodes and pods use. The server measures when it is asked, and stores nothing; so
//! these kinds are not among [`crate::KINDS`].

mod node_metrics;
mod pod_metrics;

use serde_json::Value;

use crate::column::{Column, age};
use crate::kind::Kind;

pub(crate) use node_metrics::NodeMetrics;
pub(crate) use pod_metrics::PodMetrics;

/// The kinds of the group.
pub static METRICS: &[&dyn Kind] = &[&NodeMetrics, &PodMetrics];

/// Over which time the use was measured.
const WINDOW: Column =
    Column::text("Window", "The time over which it was measured.", |object, _| {
        object["window"].clone()
    });

/// When the use was measured, as an age like that of any object.
const MEASURED: Column = Column::text("Age", "Time since it was measured.", |object, now| {
    age(&object["timestamp"], now).into()
});

/// One amount of a `usage`.
fn amount(usage: &Value, resource: &str) -> Value {
    usage[resource].as_str().unwrap_or("0").into()
}
