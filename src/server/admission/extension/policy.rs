//! Policies: what must hold of a request, or what is to be changed in an object, in expressions.

mod binding;
mod check;
mod mutate;
mod parameters;
mod validate;
mod warnings;
mod written;

use std::sync::Arc;

use machinery::{ApiError, Cause, Reason, document};
use serde_json::Value;

use super::condition::Conditions;
use super::constraints::Constraints;
use super::request::Request;
use crate::admission::Tools;
use crate::catalog::Served;
use kinds::expression::{Expression, Names};

pub(super) use binding::Binding;
pub(super) use check::check;
pub(super) use mutate::mutate;
pub(super) use validate::validate;
pub(crate) use warnings::warnings;

const ROOTS: [&str; 7] =
    ["object", "oldObject", "request", "params", "namespaceObject", "authorizer", "variables"];

/// A policy with the bindings that put it to work, in the order of their names.
#[derive(Debug, Clone)]
pub(super) struct Bound {
    pub(super) policy: Arc<Policy>,
    pub(super) bindings: Vec<Arc<Binding>>,
}

/// A policy.
#[derive(Debug)]
pub(super) struct Policy {
    pub(super) name: Box<str>,
    sort: &'static str,
    /// Why it cannot be put to work, which counts as a failure of every request it may be about.
    body: Result<Body, String>,
    constraints: Result<Constraints, String>,
    ignores_failure: bool,
    /// Whether it is to see again what others changed after it.
    pub(super) again: bool,
}

#[derive(Debug)]
struct Body {
    conditions: Conditions,
    variables: Vec<(String, Expression)>,
    validations: Vec<Validation>,
    mutations: Vec<Mutation>,
    /// What the audit log is to say: keys and texts.
    notes: Vec<(Box<str>, Expression)>,
    /// `apiVersion` and `kind` of its parameters.
    parameters: Option<(Box<str>, Box<str>)>,
}

#[derive(Debug)]
struct Validation {
    expression: Expression,
    message: Option<Box<str>>,
    message_expression: Option<Expression>,
    reason: Reason,
}

/// How an object is changed.
#[derive(Debug)]
enum Mutation {
    /// By what the expression makes, applied to it.
    Apply(Expression),
    /// By the JSON patch the expression makes.
    Patch(Expression),
}

impl Policy {
    /// Reads a `ValidatingAdmissionPolicy` or a `MutatingAdmissionPolicy`.
    pub(super) fn read(policy: &Value, sort: &'static str) -> Self {
        let spec = &policy["spec"];
        Self {
            name: document::name(policy).into(),
            sort,
            body: Body::read(spec),
            constraints: Constraints::read(&spec["matchConstraints"], "resourceRules"),
            ignores_failure: spec["failurePolicy"] == "Ignore",
            again: spec["reinvocationPolicy"] == "IfNeeded",
        }
    }

    /// The version of the kind in which the policy, put to work by a binding, is about a request.
    fn applies(
        &self,
        binding: &Binding,
        tools: &Tools<'_>,
        request: &Request<'_>,
        object: &Value,
    ) -> Option<Arc<Served>> {
        // What cannot be read was refused when it was written.
        let found = self.constraints.as_ref().ok()?.find(tools, request, object)?;
        let narrowed = binding.constraints.as_ref();
        narrowed.is_none_or(|own| own.find(tools, request, object).is_some()).then_some(found)
    }

    fn subject(&self, binding: &Binding) -> String {
        format!("{} '{}' with binding '{}'", self.sort, self.name, binding.name)
    }

    /// The refusal of a request.
    fn denial(
        &self,
        binding: &Binding,
        request: &Request<'_>,
        reason: Reason,
        why: &str,
    ) -> ApiError {
        let message = format!("{} denied request: {why}", self.subject(binding));
        let forbidden = ApiError::forbidden(request.served.resource(), request.name, &message);
        ApiError { reason, ..forbidden }.with_details(|details| {
            details.causes.push(Cause { message: message.clone(), ..Cause::default() });
        })
    }
}

impl Body {
    fn read(spec: &Value) -> Result<Self, String> {
        let mut names: Vec<&str> = Vec::new();
        let mut variables = Vec::new();
        for variable in document::list_at(spec, "/variables") {
            let name = document::str_at(variable, "/name");
            let known = Names { roots: &ROOTS, variables: &names };
            let source = document::str_at(variable, "/expression");
            variables.push((format!("variables.{name}"), Expression::compile(source, &known)?));
            names.push(name);
        }
        let known = Names { roots: &ROOTS, variables: &names };
        let validations = document::list_at(spec, "/validations").iter();
        let mutations = document::list_at(spec, "/mutations").iter();
        let notes = document::list_at(spec, "/auditAnnotations").iter().map(|note| {
            let text = |pointer| document::str_at(note, pointer);
            Ok::<_, String>((
                text("/key").into(),
                Expression::compile(text("/valueExpression"), &known)?,
            ))
        });
        let kind = &spec["paramKind"];
        let text = |field: &str| document::str_at(kind, field).into();
        Ok(Self {
            conditions: Conditions::read(spec, &known)?,
            validations: validations
                .map(|validation| Validation::read(validation, &known))
                .collect::<Result<_, _>>()?,
            mutations: mutations
                .map(|mutation| Mutation::read(mutation, &known))
                .collect::<Result<_, _>>()?,
            notes: notes.collect::<Result<_, _>>()?,
            parameters: kind.is_object().then(|| (text("/apiVersion"), text("/kind"))),
            variables,
        })
    }

    /// Whether an expression of the policy reads a name.
    fn reads(&self, name: &str) -> bool {
        let validations = self.validations.iter().flat_map(|validation| {
            std::iter::once(&validation.expression).chain(&validation.message_expression)
        });
        let mutations = self.mutations.iter().map(|mutation| match mutation {
            Mutation::Apply(expression) | Mutation::Patch(expression) => expression,
        });
        let variables = self.variables.iter().map(|(_, expression)| expression);
        let notes = self.notes.iter().map(|(_, expression)| expression);
        let all = self.conditions.all().iter().chain(variables).chain(validations);
        let mut all = all.chain(mutations).chain(notes);
        all.any(|expression| expression.reads().contains(name))
    }
}

impl Validation {
    fn read(validation: &Value, names: &Names<'_>) -> Result<Self, String> {
        let text =
            |field: &str| Some(document::str_at(validation, field)).filter(|it| !it.is_empty());
        let compile = |source: &str| Expression::compile(source, names);
        Ok(Self {
            expression: compile(text("/expression").unwrap_or_default())?,
            message: text("/message").map(|message| message.trim().into()),
            message_expression: text("/messageExpression").map(compile).transpose()?,
            reason: match text("/reason") {
                Some("Unauthorized") => Reason::Unauthorized,
                Some("Forbidden") => Reason::Forbidden,
                Some("RequestEntityTooLarge") => Reason::RequestEntityTooLarge,
                _ => Reason::Invalid,
            },
        })
    }
}

impl Mutation {
    fn read(mutation: &Value, names: &Names<'_>) -> Result<Self, String> {
        let compile =
            |pointer: &str| Expression::compile(document::str_at(mutation, pointer), names);
        match document::str_at(mutation, "/patchType") {
            "ApplyConfiguration" => compile("/applyConfiguration/expression").map(Self::Apply),
            "JSONPatch" => compile("/jsonPatch/expression").map(Self::Patch),
            other => Err(format!("patchType {other:?} is not known")),
        }
    }
}
