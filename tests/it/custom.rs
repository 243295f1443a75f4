//! Kinds that people define, from their definition to their end, as somebody at a terminal sees them.

mod changes;
mod defining;
mod endings;
mod large;
mod objects;
mod rules;
mod subresources;
mod versions;

use crate::support::kubectl::Session;

/// A kind with everything a definition may say of it.
const BOATS: &str = include_str!("custom/manifests/boats.yaml");
/// Two boats.
const FLEET: &str = include_str!("custom/manifests/fleet.yaml");

/// Defines a kind, and waits as a user would.
async fn define(k: &Session<'_>, manifest: &str) {
    k.apply(manifest).await;
    let document = manifest.split("---").next().unwrap_or_default();
    let name = document.lines().find_map(|line| line.trim().strip_prefix("name: "));
    let name = name.expect("a definition has a name");
    k.ok(&format!("wait --for=condition=Established crd/{name} --timeout=60s")).await;
}
