//! What expressions are told about a request.

use std::collections::BTreeMap;
use std::sync::Arc;

use kube_cel::cel::Value as CelValue;
use machinery::document;
use serde_json::Value;

use super::language::Language;
use super::request::Request;
use super::review;
use crate::admission::Tools;
use crate::catalog::Served;
use kinds::expression::{Budget, Expression, Scope, from_json};

/// A request, in the version of its kind that somebody's rules are about.
#[derive(Debug)]
pub(super) struct Facts<'a> {
    pub(super) request: &'a Request<'a>,
    pub(super) served: &'a Served,
    pub(super) object: &'a Value,
    pub(super) old: &'a Value,
}

/// The evaluation of the expressions of one webhook, or of one policy as one binding puts it to work.
pub(super) struct Evaluation<'a> {
    scope: Scope<'a>,
    variables: &'a [(String, Expression)],
    /// Variables that have been computed, and why some could not be.
    computed: BTreeMap<&'a str, Result<(), String>>,
}

impl<'a> Evaluation<'a> {
    /// Binds the names that one of `expressions` reads.
    pub(super) fn new(
        language: &'a Language,
        tools: &Tools<'_>,
        facts: &Facts<'_>,
        params: &Value,
        variables: &'a [(String, Expression)],
        reads: &dyn Fn(&str) -> bool,
    ) -> Self {
        let mut scope = language.scope(&Arc::new(Budget::new()));
        let mut bind = |name: &str, value: &dyn Fn() -> CelValue| {
            if reads(name) {
                scope.set(name, value());
            }
        };
        bind("object", &|| from_json(facts.object));
        bind("oldObject", &|| from_json(facts.old));
        bind("params", &|| from_json(params));
        bind("request", &|| from_json(&review::about(facts.request, facts.served, facts.shown())));
        bind("namespaceObject", &|| from_json(&namespace(tools, facts.request)));
        if reads("authorizer") {
            language.set_authorizer(&mut scope, facts.request.identity, |mut check| {
                let names = facts.served.kind().names();
                check.group = names.group.clone().into_owned();
                check.resource = names.plural.clone().into_owned();
                facts.request.subresource.unwrap_or_default().clone_into(&mut check.subresource);
                facts.request.namespace_name().clone_into(&mut check.namespace);
                facts.request.asked_name().clone_into(&mut check.name);
                check
            });
        }
        Self { scope, variables, computed: BTreeMap::new() }
    }

    /// What an expression comes to.
    pub(super) fn value(&mut self, expression: &Expression) -> Result<CelValue, String> {
        for name in expression.reads().iter().filter(|name| name.starts_with("variables.")) {
            self.compute(name);
        }
        self.scope.evaluate(expression).map_err(|why| {
            let failed = expression.reads().iter().find_map(|name| {
                let failure = self.computed.get(name.as_str())?.as_ref().err()?;
                Some(format!("composited variable {name:?} fails to evaluate: {failure}"))
            });
            let why = failed.unwrap_or(why);
            format!("expression '{}' resulted in error: {why}", expression.source())
        })
    }

    /// What an expression that is a condition comes to.
    pub(super) fn truth(&mut self, expression: &Expression) -> Result<bool, String> {
        match self.value(expression)? {
            CelValue::Bool(truth) => Ok(truth),
            other => Err(format!(
                "expression '{}' resulted in error: expected a bool, got {}",
                expression.source(),
                other.type_of()
            )),
        }
    }

    /// What an expression that is a text comes to; `None` for null.
    pub(super) fn text(&mut self, expression: &Expression) -> Result<Option<String>, String> {
        match self.value(expression)? {
            CelValue::String(text) => Ok(Some(text.as_str().to_owned())),
            CelValue::Null => Ok(None),
            other => Err(format!(
                "expression '{}' resulted in error: expected a string, got {}",
                expression.source(),
                other.type_of()
            )),
        }
    }

    /// Computes a variable once, when something reads it first. It reads only those before it.
    fn compute(&mut self, name: &str) {
        let variables = self.variables;
        let Some((name, expression)) = variables.iter().find(|(own, _)| own == name) else {
            return;
        };
        if self.computed.contains_key(name.as_str()) {
            return;
        }
        let outcome = self.value(expression).map(|value| self.scope.set(name, value));
        self.computed.insert(name, outcome);
    }
}

impl Facts<'_> {
    /// The object, or what it was.
    pub(super) fn shown(&self) -> &Value {
        if self.object.is_object() { self.object } else { self.old }
    }
}

/// The namespace of the object; null for one of the cluster.
fn namespace(tools: &Tools<'_>, request: &Request<'_>) -> Value {
    let name = request.namespace.filter(|_| !request.is_about_namespaces());
    let found = name.and_then(|name| tools.get("", "namespaces", None, name));
    let Some(found) = found else { return Value::Null };
    let mut namespace = found.object();
    document::metadata_mut(&mut namespace).remove("managedFields");
    namespace
}
