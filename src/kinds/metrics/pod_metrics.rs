//! `PodMetrics`: what the containers of a pod use.

use machinery::Quantity;
use serde_json::Value;

use super::{MEASURED, WINDOW};
use crate::column::Column;
use crate::kind::Kind;
use crate::names::{BuiltIn, Names};
use crate::subresource::Verb;

/// What the containers of a pod use.
#[derive(Debug)]
pub(crate) struct PodMetrics;

static NAMES: Names = BuiltIn {
    group: "metrics.k8s.io",
    version: "v1beta1",
    kind: "PodMetrics",
    plural: "pods",
    singular: "",
    short: &[],
    categories: &[],
}
.names();

static COLUMNS: &[Column] = &[
    Column::NAME,
    Column::text("cpu", "Cores that all containers use.", |pod, _| sum(pod, "cpu")),
    Column::text("memory", "Memory that all containers use.", |pod, _| sum(pod, "memory")),
    WINDOW,
    MEASURED,
];

impl Kind for PodMetrics {
    fn names(&self) -> &Names {
        &NAMES
    }

    fn schema_name(&self) -> &'static str {
        "io.k8s.metrics.pkg.apis.metrics.v1beta1.PodMetrics"
    }

    fn verbs(&self) -> &[Verb] {
        &[Verb::Get, Verb::List]
    }

    fn columns(&self) -> &[Column] {
        COLUMNS
    }
}

fn sum(pod: &Value, resource: &str) -> Value {
    let containers = pod["containers"].as_array().into_iter().flatten();
    let amounts = containers.filter_map(|one| one["usage"][resource].as_str()?.parse().ok());
    amounts.fold(Quantity::new(0), |sum, amount: Quantity| sum + amount).to_string().into()
}
