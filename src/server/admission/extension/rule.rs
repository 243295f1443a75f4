//! Rules: which requests a webhook or a policy is about, by operation and resource.

use machinery::document;
use serde_json::Value;

use super::request::{Operation, Request};
use crate::catalog::Served;

/// One rule.
#[derive(Debug)]
pub(super) struct Rule {
    operations: Words,
    groups: Words,
    versions: Words,
    resources: Box<[(Word, Word)]>,
    scope: Scope,
    /// The only objects it is about; any, when empty.
    names: Box<[Box<str>]>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scope {
    Any,
    Namespaced,
    Cluster,
}

/// A word, or the star that stands for every word.
#[derive(Debug)]
enum Word {
    Any,
    Exactly(Box<str>),
}

#[derive(Debug)]
struct Words(Box<[Word]>);

impl Rule {
    pub(super) fn read(rule: &Value) -> Self {
        let words = |field: &str| {
            Words(document::strs_at(rule, &format!("/{field}")).map(Word::new).collect())
        };
        let resources = document::strs_at(rule, "/resources").map(|resource| {
            let (name, subresource) = resource.split_once('/').unwrap_or((resource, ""));
            (Word::new(name), Word::new(subresource))
        });
        Self {
            operations: words("operations"),
            groups: words("apiGroups"),
            versions: words("apiVersions"),
            resources: resources.collect(),
            scope: match document::str_at(rule, "/scope") {
                "Namespaced" => Scope::Namespaced,
                "Cluster" => Scope::Cluster,
                _ => Scope::Any,
            },
            names: document::strs_at(rule, "/resourceNames").map(Into::into).collect(),
        }
    }

    /// Whether the rule is about a request, were it made for this version of its kind.
    pub(super) fn matches(&self, request: &Request<'_>, served: &Served) -> bool {
        let names = served.kind().names();
        self.is_about(request.operation)
            && self.groups.have(&names.group)
            && self.versions.have(&names.version)
            && self.has_resource(&names.plural, request.subresource.unwrap_or_default())
            && self.has_scope(request)
            && (self.names.is_empty()
                || self.names.iter().any(|name| **name == *request.asked_name()))
    }

    fn is_about(&self, operation: Operation) -> bool {
        self.operations.have(operation.as_str())
    }

    fn has_resource(&self, plural: &str, subresource: &str) -> bool {
        let mut pairs = self.resources.iter();
        pairs.any(|(name, sub)| name.is(plural) && sub.is(subresource))
    }

    /// A namespace itself is an object of the cluster.
    fn has_scope(&self, request: &Request<'_>) -> bool {
        let inside = request.is_namespaced() && !request.is_about_namespaces();
        match self.scope {
            Scope::Any => true,
            Scope::Namespaced => inside,
            Scope::Cluster => !inside,
        }
    }
}

impl Word {
    fn new(text: &str) -> Self {
        if text == "*" { Self::Any } else { Self::Exactly(text.into()) }
    }

    fn is(&self, text: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Exactly(own) => **own == *text,
        }
    }
}

impl Words {
    fn have(&self, text: &str) -> bool {
        self.0.iter().any(|word| word.is(text))
    }
}
