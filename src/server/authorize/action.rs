//! What somebody wants to do to a resource.

use crate::query::Query;
use crate::request::{Target, Verb};

/// A verb on a resource, as RBAC sees it.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Action<'a> {
    pub(crate) verb: &'a str,
    pub(crate) group: &'a str,
    /// Of the group; no role asks for it.
    pub(crate) version: &'a str,
    pub(crate) resource: &'a str,
    pub(crate) subresource: &'a str,
    pub(crate) namespace: &'a str,
    pub(crate) name: &'a str,
    /// The field selector of what is about many objects.
    pub(crate) fields: &'a str,
    /// And the label selector.
    pub(crate) labels: &'a str,
}

/// What somebody wants to do.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Asked<'a> {
    Action(Action<'a>),
    /// To use a path that is no resource's.
    Path {
        verb: &'a str,
        path: &'a str,
    },
}

impl<'a> From<&Action<'a>> for Asked<'a> {
    fn from(action: &Action<'a>) -> Self {
        Self::Action(*action)
    }
}

impl Asked<'_> {
    /// How much of it a client has written.
    pub(super) fn bytes(&self) -> usize {
        match self {
            Self::Action(action) => {
                let Action { verb, group, version, resource, subresource, namespace, name, .. } =
                    action;
                [verb, group, version, resource, subresource, namespace, name]
                    .map(|text| text.len())
                    .iter()
                    .sum()
            }
            Self::Path { verb, path } => verb.len() + path.len(),
        }
    }
}

/// Whether a verb is about as many objects as a selector selects.
pub(crate) fn selects(verb: &str) -> bool {
    matches!(verb, "list" | "watch" | "deletecollection")
}

impl<'a> Action<'a> {
    /// What a request is about.
    pub(crate) fn of(target: &'a Target<'_>, query: &'a Query<'_>) -> Self {
        let mut action = Self {
            verb: target.verb.as_str(),
            group: target.group,
            version: target.version,
            resource: target.resource,
            subresource: target.subresource.unwrap_or_default(),
            namespace: target.namespace.as_deref().unwrap_or_default(),
            name: target.name.as_deref().unwrap_or_default(),
            fields: "",
            labels: "",
        };
        if action.group.is_empty() && action.resource == "namespaces" {
            // A namespace is in itself, so that a Role there may grant to read it.
            action.namespace = action.name;
        }
        if selects(action.verb) {
            action.fields = query.get("fieldSelector").unwrap_or_default();
            action.labels = query.get("labelSelector").unwrap_or_default();
        }
        if matches!(target.verb, Verb::List | Verb::Watch) && action.name.is_empty() {
            // Who may see only one object may list and watch that one.
            action.name = action.selected("metadata.name").unwrap_or_default();
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
