//! `optMap` and `optFlatMap`: what is made of what is in an optional value, if anything is.
//!
//! They are no loops, since the interpreter takes an optional value for what is in it when a loop gives it a name.

use std::sync::Arc;

use kube_cel::cel::objects::OptionalValue;
use kube_cel::cel::{Context, ExecutionError, FunctionContext, ResolveResult, Value};

use super::macros::{FLAT_MAPPED, MAPPED};

pub(super) fn register(context: &mut Context<'static>) {
    context.add_function(MAPPED, |context: &FunctionContext<'_, '_>| {
        let made = mapped(context)?;
        let made = made.map_or_else(OptionalValue::none, OptionalValue::of);
        Ok::<_, ExecutionError>(Value::Opaque(Arc::new(made)))
    });
    context.add_function(FLAT_MAPPED, |context: &FunctionContext<'_, '_>| {
        let made = mapped(context)?;
        let made = made.unwrap_or_else(|| Value::Opaque(Arc::new(OptionalValue::none())));
        <&OptionalValue>::try_from(&made)?;
        Ok::<_, ExecutionError>(made)
    });
}

/// What the last argument comes to where the one before is the name of what is in the first.
fn mapped(context: &FunctionContext<'_, '_>) -> Result<Option<Value>, ExecutionError> {
    let [optional, name, body] = context.args else { return Err(ExecutionError::NoSuchOverload) };
    let optional = context.ptx.resolve(optional)?;
    let Some(inner) = <&OptionalValue>::try_from(&optional)?.value() else { return Ok(None) };
    let name: ResolveResult = context.ptx.resolve(name);
    let Value::String(name) = name? else { return Err(ExecutionError::NoSuchOverload) };
    let mut scope = context.ptx.new_inner_scope();
    scope.add_variable_from_value(name.as_str(), inner.clone());
    scope.resolve(body).map(Some)
}
