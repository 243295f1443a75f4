//! Which kind a key of the store belongs to.

/// The groups whose names could be a plural of the core group.
const UNDOTTED: &[&str] = &["apps", "autoscaling", "batch", "policy"];

/// Group and plural, read from a key: `/registry/<plural>/…` in the core group, `/registry/<group>/<plural>/…` elsewhere.
pub(crate) fn stored_kind(key: &str) -> (&str, &str) {
    let mut parts = key.strip_prefix("/registry/").unwrap_or_default().split('/');
    match (parts.next().unwrap_or_default(), parts.next().unwrap_or_default()) {
        (group, resource) if group.contains('.') || UNDOTTED.contains(&group) => (group, resource),
        (resource, _) => ("", resource),
    }
}

#[cfg(test)]
mod tests;
