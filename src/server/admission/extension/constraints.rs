//! What a webhook or a policy is about: rules, selectors, and versions that mean the same.

use std::sync::Arc;

use machinery::{LabelSelector, document};
use serde_json::Value;

use super::request::Request;
use super::rule::Rule;
use crate::admission::Tools;
use crate::catalog::Served;

/// What a webhook or a policy is about.
#[derive(Debug)]
pub(super) struct Constraints {
    rules: Box<[Rule]>,
    /// Whether no rules at all mean every request.
    everything: bool,
    excluded: Box<[Rule]>,
    /// Whether a rule about one version of a kind is about all that are the same objects.
    equivalent: bool,
    namespaces: LabelSelector,
    objects: LabelSelector,
}

impl Constraints {
    /// Reads the fields of a webhook, whose rules are in `rules`, or of a policy's constraints.
    pub(super) fn read(parent: &Value, rules: &str) -> Result<Self, String> {
        let selector = |field: &str| match parent.get(field) {
            None | Some(Value::Null) => Ok(LabelSelector::default()),
            Some(value) => LabelSelector::from_value(value)
                .map_err(|error| format!("{field}: {}", error.message)),
        };
        let rules_at =
            |field: &str| document::list_at(parent, &format!("/{field}")).iter().map(Rule::read);
        Ok(Self {
            rules: rules_at(rules).collect(),
            everything: false,
            excluded: rules_at("excludeResourceRules").collect(),
            equivalent: parent["matchPolicy"] != "Exact",
            namespaces: selector("namespaceSelector")?,
            objects: selector("objectSelector")?,
        })
    }

    /// As bindings have it: without rules, they narrow a policy by selectors alone.
    pub(super) fn or_everything(mut self) -> Self {
        self.everything = self.rules.is_empty();
        self
    }

    /// The version of the kind in which the rules are about a request; `None` when they are not about it.
    pub(super) fn find(
        &self,
        tools: &Tools<'_>,
        request: &Request<'_>,
        object: &Value,
    ) -> Option<Arc<Served>> {
        let found = self.version(tools, request)?;
        let selected =
            self.has_namespace(tools, request, object) && self.has_object(request, object);
        selected.then_some(found)
    }

    fn version(&self, tools: &Tools<'_>, request: &Request<'_>) -> Option<Arc<Served>> {
        let kinds = tools.catalog.load();
        let any = |rules: &[Rule], served: &Served| {
            rules.iter().any(|rule| rule.matches(request, served))
        };
        let versions = || {
            let others = kinds.versions(request.served).filter(|_| self.equivalent);
            std::iter::once(request.served).chain(others)
        };
        if !self.excluded.is_empty() && versions().any(|served| any(&self.excluded, served)) {
            return None;
        }
        if self.everything {
            return Some(Arc::clone(request.served));
        }
        versions().find(|served| any(&self.rules, served)).cloned()
    }

    /// Objects of the cluster have no namespace whose labels could be against it.
    fn has_namespace(&self, tools: &Tools<'_>, request: &Request<'_>, object: &Value) -> bool {
        if self.namespaces.is_everything() {
            return true;
        }
        if request.is_about_namespaces() && request.subresource.is_none() && object.is_object() {
            return self.namespaces.matches_object(object);
        }
        let name = request.namespace_name();
        if name.is_empty() {
            return true;
        }
        let found = tools.get("", "namespaces", None, name);
        found.is_some_and(|namespace| self.namespaces.matches(&namespace.labels))
    }

    fn has_object(&self, request: &Request<'_>, object: &Value) -> bool {
        let selects = |object: &Value| object.is_object() && self.objects.matches_object(object);
        self.objects.is_everything() || selects(object) || request.old.is_some_and(selects)
    }
}
