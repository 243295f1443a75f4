//! Functions of lists: those that compare everything with everything, and pay for it, and the sum, which may overflow.

use std::sync::Arc;

use kube_cel::cel::extractors::This;
use kube_cel::cel::{Context, ExecutionError, FunctionContext, ResolveResult, Value};

use super::budget::Budget;
use super::functions::with_budget;

type Items = Arc<Vec<Value>>;

/// Puts them in the place of those that do not.
pub(super) fn register(context: &mut Context<'static>) {
    context.add_function("distinct", distinct);
    context.add_function("sum", sum);
    context.add_function(
        "sets.contains",
        |context: &FunctionContext<'_, '_>, all: Items, some: Items| {
            with_budget(context, |budget| has_all(budget, &all, &some).map(Value::Bool))
        },
    );
    context.add_function(
        "sets.equivalent",
        |context: &FunctionContext<'_, '_>, a: Items, b: Items| {
            with_budget(context, |budget| {
                Ok(Value::Bool(has_all(budget, &a, &b)? && has_all(budget, &b, &a)?))
            })
        },
    );
    context.add_function(
        "sets.intersects",
        |context: &FunctionContext<'_, '_>, a: Items, b: Items| {
            with_budget(context, |budget| has_any(budget, &a, &b).map(Value::Bool))
        },
    );
}

/// `list.distinct()`
fn distinct(context: &FunctionContext<'_, '_>, This(this): This<Items>) -> ResolveResult {
    with_budget(context, |budget| {
        let mut found: Vec<Value> = Vec::new();
        for item in this.iter() {
            if !has(budget, &found, item)? {
                found.push(item.clone());
            }
        }
        Ok(Value::List(Arc::new(found)))
    })
}

/// `list.sum()`
fn sum(This(this): This<Items>) -> ResolveResult {
    let failed = |why: &str| ExecutionError::function_error("sum", why);
    let Some((first, rest)) = this.split_first() else { return Ok(Value::Int(0)) };
    rest.iter().try_fold(first.clone(), |sum, item| match (&sum, item) {
        (Value::Int(a), Value::Int(b)) => {
            a.checked_add(*b).map(Value::Int).ok_or_else(|| failed("integer overflow"))
        }
        (Value::UInt(a), Value::UInt(b)) => {
            a.checked_add(*b).map(Value::UInt).ok_or_else(|| failed("unsigned integer overflow"))
        }
        (Value::Float(a), Value::Float(b)) => Ok(Value::Float(a + b)),
        (Value::Duration(a), Value::Duration(b)) => {
            a.checked_add(b).map(Value::Duration).ok_or_else(|| failed("duration overflow"))
        }
        _ => Err(failed("cannot sum values of this type")),
    })
}

fn has(budget: &Budget, list: &[Value], item: &Value) -> Result<bool, ExecutionError> {
    budget.compare(list.len())?;
    Ok(list.contains(item))
}

fn has_all(budget: &Budget, list: &[Value], items: &[Value]) -> Result<bool, ExecutionError> {
    for item in items {
        if !has(budget, list, item)? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn has_any(budget: &Budget, list: &[Value], items: &[Value]) -> Result<bool, ExecutionError> {
    for item in items {
        if has(budget, list, item)? {
            return Ok(true);
        }
    }
    Ok(false)
}
