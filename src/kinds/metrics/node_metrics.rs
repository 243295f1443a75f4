//! `NodeMetrics`: what a node uses.

use super::{MEASURED, WINDOW, amount};
use crate::column::Column;
use crate::kind::{Kind, Scope};
use crate::names::{BuiltIn, Names};
use crate::subresource::Verb;

/// What a node uses.
#[derive(Debug)]
pub(crate) struct NodeMetrics;

static NAMES: Names = BuiltIn {
    group: "metrics.k8s.io",
    version: "v1beta1",
    kind: "NodeMetrics",
    plural: "nodes",
    singular: "",
    short: &[],
    categories: &[],
}
.names();

static COLUMNS: &[Column] = &[
    Column::NAME,
    Column::text("cpu", "Cores in use.", |node, _| amount(&node["usage"], "cpu")),
    Column::text("memory", "Memory in use.", |node, _| amount(&node["usage"], "memory")),
    WINDOW,
    MEASURED,
];

impl Kind for NodeMetrics {
    fn names(&self) -> &Names {
        &NAMES
    }

    fn scope(&self) -> Scope {
        Scope::Cluster
    }

    fn schema_name(&self) -> &'static str {
        "io.k8s.metrics.pkg.apis.metrics.v1beta1.NodeMetrics"
    }

    fn verbs(&self) -> &[Verb] {
        &[Verb::Get, Verb::List]
    }

    fn columns(&self) -> &[Column] {
        COLUMNS
    }
}
