//! `authorizer`: asks what a user may do.

use std::sync::Arc;

use kube_cel::cel::extractors::{Arguments, This};
use kube_cel::cel::objects::Opaque;
use kube_cel::cel::{Context, ExecutionError, ResolveResult, Value};

use crate::authorize::{self, Action, Asked, Authorizer};
use crate::identity::{Identity, User};

/// A question that is being put together.
#[derive(Debug, Clone)]
pub(super) struct Check {
    authorizer: Arc<Authorizer>,
    identity: Arc<Identity>,
    path: Option<String>,
    pub(super) group: String,
    pub(super) resource: String,
    pub(super) subresource: String,
    pub(super) namespace: String,
    pub(super) name: String,
    fields: String,
    labels: String,
}

impl Check {
    pub(super) fn new(authorizer: &Arc<Authorizer>, identity: &Identity) -> Self {
        Self {
            authorizer: Arc::clone(authorizer),
            identity: Arc::new(identity.clone()),
            path: None,
            group: String::new(),
            resource: String::new(),
            subresource: String::new(),
            namespace: String::new(),
            name: String::new(),
            fields: String::new(),
            labels: String::new(),
        }
    }

    fn decide(&self, verb: &str) -> Decision {
        let asked = match &self.path {
            Some(path) => Asked::Path { verb, path },
            None => Asked::Action(Action {
                verb,
                group: &self.group,
                version: "*",
                resource: &self.resource,
                subresource: &self.subresource,
                namespace: &self.namespace,
                name: &self.name,
                fields: &self.fields,
                labels: &self.labels,
            }),
        };
        Decision(self.authorizer.decide_here(&self.identity, &asked))
    }
}

/// The answer.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Decision(authorize::Decision);

impl PartialEq for Check {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self, other)
    }
}

impl Eq for Check {}

impl Opaque for Check {
    fn runtime_type_name(&self) -> &'static str {
        "kubernetes.authorization.Authorizer"
    }
}

impl Opaque for Decision {
    fn runtime_type_name(&self) -> &'static str {
        "kubernetes.authorization.Decision"
    }
}

/// Makes the functions of the authorizer callable.
pub(super) fn register(context: &mut Context<'_>) {
    context.add_function("path", |This(this): This<Value>, path: Arc<String>| {
        with(&this, |check| check.path = Some(path.as_str().to_owned()))
    });
    context.add_function("group", |This(this): This<Value>, group: Arc<String>| {
        with(&this, |check| group.as_str().clone_into(&mut check.group))
    });
    context.add_function("resource", |This(this): This<Value>, resource: Arc<String>| {
        with(&this, |check| resource.as_str().clone_into(&mut check.resource))
    });
    context.add_function("subresource", |This(this): This<Value>, subresource: Arc<String>| {
        with(&this, |check| subresource.as_str().clone_into(&mut check.subresource))
    });
    context.add_function("namespace", |This(this): This<Value>, namespace: Arc<String>| {
        with(&this, |check| namespace.as_str().clone_into(&mut check.namespace))
    });
    context.add_function("name", |This(this): This<Value>, name: Arc<String>| {
        with(&this, |check| name.as_str().clone_into(&mut check.name))
    });
    context.add_function("fieldSelector", |This(this): This<Value>, selector: Arc<String>| {
        with(&this, |check| selector.as_str().clone_into(&mut check.fields))
    });
    context.add_function("labelSelector", |This(this): This<Value>, selector: Arc<String>| {
        with(&this, |check| selector.as_str().clone_into(&mut check.labels))
    });
    context.add_function("serviceAccount", service_account);
    context.add_function("check", |This(this): This<Value>, verb: Arc<String>| -> ResolveResult {
        Ok(Value::Opaque(Arc::new(check_of(&this)?.decide(&verb))))
    });
    context.add_function("allowed", |This(this): This<Value>| -> ResolveResult {
        Ok(Value::Bool(decision_of(&this)?.0.is_allowed()))
    });
    context.add_function("reason", |This(this): This<Value>| -> ResolveResult {
        Ok(Value::String(Arc::new(decision_of(&this)?.0.reason.clone())))
    });
    context.add_function("errored", |This(this): This<Value>| -> ResolveResult {
        Ok(Value::Bool(decision_of(&this)?.0.error.is_some()))
    });
    context.add_function("error", |This(this): This<Value>| -> ResolveResult {
        Ok(Value::String(Arc::new(decision_of(&this)?.0.error.clone().unwrap_or_default())))
    });
}

fn service_account(This(this): This<Value>, Arguments(arguments): Arguments) -> ResolveResult {
    let [Value::String(namespace), Value::String(name)] = arguments.as_slice() else {
        return Err(ExecutionError::function_error("serviceAccount", "no such overload"));
    };
    let groups = User::groups_of_account(namespace);
    let name = format!("system:serviceaccount:{namespace}:{name}");
    let user = User { name, groups, ..User::default() };
    with(&this, |check| check.identity = Arc::new(Identity::new(user)))
}

/// The same question with something more said.
fn with(this: &Value, change: impl FnOnce(&mut Check)) -> ResolveResult {
    let mut check = check_of(this)?.clone();
    change(&mut check);
    Ok(Value::Opaque(Arc::new(check)))
}

fn check_of(value: &Value) -> Result<&Check, ExecutionError> {
    match value {
        Value::Opaque(opaque) => opaque.downcast_ref::<Check>(),
        _ => None,
    }
    .ok_or_else(|| ExecutionError::function_error("authorizer", "no such overload"))
}

fn decision_of(value: &Value) -> Result<&Decision, ExecutionError> {
    match value {
        Value::Opaque(opaque) => opaque.downcast_ref::<Decision>(),
        _ => None,
    }
    .ok_or_else(|| ExecutionError::function_error("decision", "no such overload"))
}
