//! What somebody wants to do to a resource.

use crate::query::Query;
use crate::request::{Target, Verb};

/// A verb on a resource, as RBAC sees it.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Action<'a> {
    pub(crate) verb: &'a str,
    pub(crate) group: &'a str,
    pub(crate) resource: &'a str,
    pub(crate) subresource: &'a str,
    pub(crate) namespace: &'a str,
    pub(crate) name: &'a str,
    /// The field selector of a list or a watch.
    pub(crate) fields: &'a str,
}

impl<'a> Action<'a> {
    /// What a request is about.
    pub(crate) fn of(target: &'a Target<'_>, query: &'a Query<'_>) -> Self {
        let mut action = Self {
            verb: target.verb.as_str(),
            group: target.group,
            resource: target.resource,
            subresource: target.subresource.unwrap_or_default(),
            namespace: target.namespace.as_deref().unwrap_or_default(),
            name: target.name.as_deref().unwrap_or_default(),
            fields: "",
        };
        if action.group.is_empty() && action.resource == "namespaces" {
            // A namespace is in itself, so that a Role there may grant to read it.
            action.namespace = action.name;
        }
        if matches!(target.verb, Verb::List | Verb::Watch) {
            action.fields = query.get("fieldSelector").unwrap_or_default();
            if action.name.is_empty() {
                // Who may see only one object may list and watch that one.
                action.name = action.selected("metadata.name").unwrap_or_default();
            }
        }
        action
    }

    /// The only value of a field that the field selector lets through.
    pub(crate) fn selected(&self, field: &str) -> Option<&'a str> {
        if self.fields.contains('\\') {
            // Escapes are for values that are no names.
            return None;
        }
        self.fields.split(',').find_map(|term| {
            let (name, value) = term.split_once('=')?;
            (name == field).then(|| value.strip_prefix('=').unwrap_or(value))
        })
    }

    /// Whether it only looks.
    pub(crate) fn is_read(&self) -> bool {
        matches!(self.verb, "get" | "list" | "watch")
    }
}
