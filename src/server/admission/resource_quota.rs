//! Keeps what a namespace uses within its quotas, exactly, however many writes come at once.
//!
//! What is used lives in memory: the [`Ledger`] follows the cache, so it knows every stored object that counts,
//! and a write reserves what it adds before it is stored. A reservation that is dropped was not used, or is
//! by then counted as stored. Only namespaces with a quota are kept account of.

mod ledger;
mod rules;
mod usage;

use std::sync::Arc;

use machinery::ApiError;

use super::Attributes;
use crate::request::Verb;
pub(crate) use ledger::{Figures, Ledger, Reservation};
use usage::Charge;

/// What can grow by an update. A pod grows by being resized.
const GROWING: &[&str] = &["persistentvolumeclaims", "services"];

/// Reserves what a write adds; `None` when no quota is concerned.
pub(super) fn check(
    ledger: &Arc<Ledger>,
    attributes: &Attributes<'_>,
) -> Result<Option<Reservation>, ApiError> {
    let Some(namespace) = attributes.namespace.filter(|_| attributes.served.is_namespaced()) else {
        return Ok(None);
    };
    let resource = attributes.served.resource().to_string();
    if !takes(attributes, &resource) || !ledger.limits(namespace, &resource) {
        return Ok(None);
    }
    let charge = Charge::of(&resource, attributes.object);
    let before = attributes.old.map(|old| Charge::of(&resource, old));
    ledger
        .find_unspecified(namespace, &charge, attributes.object)
        .map_or(Ok(()), |problem| Err(attributes.forbidden(&problem)))?;
    let request = ledger::Request { namespace, resource: &resource, name: attributes.name, before };
    let reserved = if attributes.dry_run {
        ledger.check(&request, charge).map(|()| None)
    } else {
        ledger.reserve(&request, charge).map(Some)
    };
    reserved.map_err(|excess| attributes.forbidden(&excess.to_string()))
}

/// Whether the write can take more than was taken before it.
fn takes(attributes: &Attributes<'_>, resource: &str) -> bool {
    match (attributes.verb, attributes.subresource) {
        (Verb::Create, None) => true,
        (Verb::Update, None) => GROWING.contains(&resource),
        _ => attributes.resizes_pod(),
    }
}

#[cfg(test)]
mod tests;
