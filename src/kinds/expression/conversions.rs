//! Conversions that the library's own functions do not know; the rest is left to them.

use std::sync::Arc;

use chrono::{DateTime, Datelike as _, SecondsFormat, TimeDelta};
use kube_cel::cel::common::ast::{CallExpr, IdedExpr};
use kube_cel::cel::{Context, ExecutionError, FunctionContext, ResolveResult, Value};

use super::macros::{ident, operator};

/// Functions, and what is asked in their place.
const OWN: [(&str, &str); 5] = [
    ("bytes", "@bytes"),
    ("duration", "@duration"),
    ("int", "@int"),
    ("string", "@string"),
    ("timestamp", "@timestamp"),
];

/// What is said of text that a conversion cannot read begins so, and needs no more words around it.
pub(super) const UNREADABLE: &str = "type conversion error from 'string'";

/// A value on its way to the library.
const VALUE: &str = "@value";

/// What is asked in the place of a conversion.
pub(super) fn own(call: &CallExpr) -> Option<&'static str> {
    let is_one = call.target.is_none() && call.args.len() == 1;
    OWN.iter().find(|(name, _)| is_one && call.func_name == *name).map(|(_, own)| *own)
}

pub(super) fn register(context: &mut Context<'static>) {
    for (name, own) in OWN {
        context.add_function(own, move |context: &FunctionContext<'_, '_>, value: Value| {
            convert(context, name, value)
        });
    }
}

fn convert(context: &FunctionContext<'_, '_>, to: &'static str, value: Value) -> ResolveResult {
    let overflow = || ExecutionError::function_error(to, "range error");
    Ok(match (to, value) {
        ("string", Value::Bool(truth)) => Value::String(Arc::new(truth.to_string())),
        ("string", Value::Timestamp(time)) => {
            Value::String(Arc::new(time.to_rfc3339_opts(SecondsFormat::AutoSi, true)))
        }
        ("string", Value::Duration(span)) => Value::String(Arc::new(seconds(span))),
        ("int", Value::Timestamp(time)) => Value::Int(time.timestamp()),
        ("int", Value::Duration(span)) => Value::Int(span.num_nanoseconds().ok_or_else(overflow)?),
        ("timestamp", Value::Int(seconds)) => {
            let time = DateTime::from_timestamp(seconds, 0);
            // Years have four digits.
            let time = time.filter(|time| (1..=9999).contains(&time.year()));
            Value::Timestamp(time.ok_or_else(overflow)?.fixed_offset())
        }
        ("duration", Value::Int(nanoseconds)) => {
            Value::Duration(TimeDelta::nanoseconds(nanoseconds))
        }
        ("timestamp", value @ Value::Timestamp(_))
        | ("duration", value @ Value::Duration(_))
        | ("bytes", value @ Value::Bytes(_)) => value,
        (to, Value::String(text)) => {
            let converted =
                left_to_library(context, Value::String(text), |value| operator(to, vec![value]));
            return converted.map_err(|_| ExecutionError::function_error(to, unreadable(to)));
        }
        (to, value) => {
            return left_to_library(context, value, |value| operator(to, vec![value]));
        }
    })
}

/// What cel-go says of text that is nothing of a type.
fn unreadable(to: &str) -> String {
    let to = match to {
        "duration" => "google.protobuf.Duration",
        "timestamp" => "google.protobuf.Timestamp",
        other => other,
    };
    format!("{UNREADABLE} to '{to}'")
}

/// Lets the library do something with a value.
pub(super) fn left_to_library(
    context: &FunctionContext<'_, '_>,
    value: Value,
    call: impl FnOnce(IdedExpr) -> IdedExpr,
) -> ResolveResult {
    let mut scope = context.ptx.new_inner_scope();
    scope.add_variable_from_value(VALUE, value);
    scope.resolve(&call(ident(VALUE)))
}

/// A span of time as cel-go writes it: in seconds.
fn seconds(span: TimeDelta) -> String {
    let (sign, span) = if span < TimeDelta::zero() { ("-", -span) } else { ("", span) };
    let fraction = format!(".{:09}", span.subsec_nanos());
    let fraction = fraction.trim_end_matches('0').trim_end_matches('.');
    format!("{sign}{}{fraction}s", span.num_seconds())
}
