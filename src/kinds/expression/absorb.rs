//! `all` and `exists` over items of which some cannot be judged.
//!
//! An error counts only if no item decides the outcome. The interpreter ends a loop at its first error, so here the error
//! becomes what the loop has found so far, and an error again at its end.

use std::sync::Arc;

use kube_cel::cel::objects::Opaque;
use kube_cel::cel::{Context, ExecutionError, FunctionContext, ResolveResult, Value};

use super::functions::with_budget;

/// A step of `all`: what was found, and the next.
pub(super) const ALL: &str = "@all";
/// A step of `exists`: what was found, and the next.
pub(super) const ANY: &str = "@any";
/// What such a loop comes to.
pub(super) const OUTCOME: &str = "@outcome";

/// An item that could not be judged.
#[derive(Debug)]
struct Failure(ExecutionError);

impl PartialEq for Failure {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self, other)
    }
}

impl Eq for Failure {}

impl Opaque for Failure {
    fn runtime_type_name(&self) -> &'static str {
        "isopod.dev/Failure"
    }
}

pub(super) fn register(context: &mut Context<'static>) {
    context.add_function(ALL, |context: &FunctionContext<'_, '_>| next(context, false));
    context.add_function(ANY, |context: &FunctionContext<'_, '_>| next(context, true));
    context.add_function(OUTCOME, outcome);
}

/// Joins what was found with the next; `decisive` ends the search.
fn next(context: &FunctionContext<'_, '_>, decisive: bool) -> ResolveResult {
    let [found, item] = context.args else { return Err(ExecutionError::NoSuchOverload) };
    let found = context.ptx.resolve(found)?;
    if found == Value::Bool(decisive) {
        return Ok(found);
    }
    let failure = match context.ptx.resolve(item) {
        Ok(Value::Bool(truth)) if truth == decisive => return Ok(Value::Bool(truth)),
        Ok(Value::Bool(_)) => return Ok(found),
        Ok(_) => ExecutionError::NoSuchOverload,
        Err(error) => error,
    };
    with_budget(context, |budget| if budget.is_spent() { Err(failure.clone()) } else { Ok(()) })?;
    Ok(if found == Value::Bool(!decisive) {
        Value::Opaque(Arc::new(Failure(failure)))
    } else {
        found
    })
}

fn outcome(found: Value) -> ResolveResult {
    if let Value::Opaque(opaque) = &found
        && let Some(Failure(error)) = opaque.downcast_ref()
    {
        return Err(error.clone());
    }
    Ok(found)
}
