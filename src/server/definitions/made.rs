//! The kinds a definition makes, and the shelf their objects share.

use std::sync::Arc;

use kinds::{CustomVersion, Kind, custom_versions};
use machinery::ApiError;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::cache::{Cached, Shelf};
use crate::catalog::{Served, View};
use crate::conversion::Converter;
use crate::registry::Registry;

/// What a definition has made.
#[derive(Debug)]
pub(super) struct Made {
    /// What the shelf depends on.
    spec: Vec<u8>,
    /// What the kinds depend on.
    whole: Vec<u8>,
    pub(super) shelf: Arc<Shelf>,
    converter: Option<Arc<Converter>>,
    /// The versions clients may ask for.
    pub(super) served: Vec<Arc<Served>>,
    /// The objects as they are stored, whether or not clients may ask for that version.
    pub(super) storage: Arc<Served>,
    /// Whether the catalog should have it no longer.
    pub(super) dropped: bool,
    /// Whether the catalog does not have it yet.
    pub(super) is_new: bool,
    /// The shelf this one takes the place of.
    pub(super) replaced: Option<Arc<Shelf>>,
}

/// Makes the kinds of a definition; `None` when `before` is the same.
pub(super) async fn make(
    registry: &Registry,
    definition: &Value,
    source: &Arc<Cached>,
    before: Option<&Made>,
) -> Result<Option<Made>, ApiError> {
    let spec = digest(&definition["spec"]);
    let terminating = !definition["metadata"]["deletionTimestamp"].is_null();
    let accepted = &definition["status"]["acceptedNames"];
    let whole = digest(&json!([definition["spec"], accepted, terminating]));
    if before.is_some_and(|before| before.whole == whole && !before.dropped) {
        return Ok(None);
    }
    let versions = custom_versions(definition);
    let Some(stored) = versions.iter().find(|version| version.stored) else { return Ok(None) };
    let kept = before.filter(|before| before.spec == spec);
    let (shelf, converter) = if let Some(kept) = kept {
        (Arc::clone(&kept.shelf), kept.converter.clone())
    } else {
        let converter = converter(registry, definition, stored);
        let kind = Arc::clone(&stored.kind) as Arc<dyn Kind>;
        (registry.open_shelf(kind, converter.is_some()).await?, converter)
    };
    let serve = |version: &CustomVersion| {
        let view = match &converter {
            Some(converter) => View::Converted(Arc::clone(converter)),
            None if version.stored => View::Stored,
            None => View::Renamed,
        };
        let kind = Arc::clone(&version.kind) as Arc<dyn Kind>;
        Arc::new(Served::made(kind, view, Arc::clone(&shelf), Arc::clone(source)))
    };
    let served = versions.iter().filter(|version| version.served).map(serve).collect();
    let storage = serve(stored);
    let replaced = before.filter(|_| kept.is_none()).map(|before| Arc::clone(&before.shelf));
    let (dropped, is_new) = (false, true);
    Ok(Some(Made { spec, whole, shelf, converter, served, storage, dropped, is_new, replaced }))
}

/// Who turns one version into another, where that is more than another name.
fn converter(
    registry: &Registry,
    definition: &Value,
    stored: &CustomVersion,
) -> Option<Arc<Converter>> {
    let (spec, api_version) = (&definition["spec"], stored.kind.names().api_version());
    Converter::read(spec, api_version, registry.outgoing(), registry.random()).map(Arc::new)
}

fn digest(value: &Value) -> Vec<u8> {
    Sha256::digest(value.to_string()).to_vec()
}
