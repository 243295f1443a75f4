//! Objects and watches by kind, counted when somebody asks.

use std::sync::Arc;

use base::{Metrics, Sample, Sort};

use crate::cache::Shelf;
use crate::catalog::{Catalog, Served};

const KIND_LABELS: &[&str] = &["group", "version", "resource"];

/// Registers what the shelves know.
pub(super) fn register(all: &Metrics, catalog: &Arc<Catalog>) {
    all.computed(
        "apiserver_storage_objects",
        "Stored objects by kind.",
        Sort::Gauge,
        &["resource"],
        each(catalog, |served, shelf| (vec![name(served)], shelf.len())),
    );
    all.computed(
        "apiserver_resource_objects",
        "Stored objects by group and kind.",
        Sort::Gauge,
        &["group", "resource"],
        each(catalog, |served, shelf| {
            let names = served.kind().names();
            (vec![names.group.to_string(), names.plural.to_string()], shelf.len())
        }),
    );
    all.computed(
        "apiserver_registered_watchers",
        "Watches that are open.",
        Sort::Gauge,
        KIND_LABELS,
        each(catalog, |served, shelf| (labels(served), shelf.watchers())),
    );
    all.computed(
        "apiserver_watch_events_total",
        "Events sent to watches.",
        Sort::Counter,
        KIND_LABELS,
        each(catalog, |served, shelf| (labels(served), shelf.sent().events())),
    );
    all.computed(
        "apiserver_init_events_total",
        "Objects sent to watches as the state they begin with.",
        Sort::Counter,
        KIND_LABELS,
        each(catalog, |served, shelf| (labels(served), shelf.sent().initial())),
    );
}

/// A sample for each stored kind that has something to show.
fn each<F>(catalog: &Arc<Catalog>, sample: F) -> impl Fn() -> Vec<Sample> + use<F>
where
    F: Fn(&Served, &Shelf) -> (Vec<String>, usize),
{
    // Weak: the catalog must not live as long as the metrics.
    let catalog = Arc::downgrade(catalog);
    move || {
        let Some(catalog) = catalog.upgrade() else { return Vec::new() };
        let catalog = catalog.load();
        let samples = catalog.iter().filter_map(|served| {
            // Each shelf once, under the version that is stored.
            let shelf = served.shelf()?;
            if shelf.head().api_version() != served.api_version() {
                return None;
            }
            let (labels, value) = sample(served, shelf);
            #[expect(clippy::cast_precision_loss, reason = "there are fewer than 2^52 of anything")]
            Some((labels, value as f64))
        });
        samples.filter(|(_, value)| *value > 0.0).collect()
    }
}

fn labels(served: &Served) -> Vec<String> {
    let names = served.kind().names();
    vec![names.group.to_string(), names.version.to_string(), names.plural.to_string()]
}

/// `pods`, or `deployments.apps`.
fn name(served: &Served) -> String {
    let names = served.kind().names();
    if names.group.is_empty() {
        names.plural.to_string()
    } else {
        format!("{}.{}", names.plural, names.group)
    }
}
