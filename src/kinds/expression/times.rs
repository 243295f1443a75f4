//! The parts of a moment: in UTC, or in the time zone that is asked for.
//!
//! The library tells them where the moment was written, which no expression can know.

use std::sync::Arc;

use chrono::{DateTime, Datelike as _, FixedOffset, Timelike as _};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use kube_cel::cel::common::ast::{CallExpr, Expr};
use kube_cel::cel::extractors::{Arguments, This};
use kube_cel::cel::{Context, ExecutionError, FunctionContext, Value};

use super::conversions::left_to_library;
use super::macros::tree;

/// Functions, and what is asked in their place.
const OWN: [(&str, &str); 10] = [
    ("getDate", "@getDate"),
    ("getDayOfMonth", "@getDayOfMonth"),
    ("getDayOfWeek", "@getDayOfWeek"),
    ("getDayOfYear", "@getDayOfYear"),
    ("getFullYear", "@getFullYear"),
    ("getHours", "@getHours"),
    ("getMilliseconds", "@getMilliseconds"),
    ("getMinutes", "@getMinutes"),
    ("getMonth", "@getMonth"),
    ("getSeconds", "@getSeconds"),
];

/// What is asked in the place of a method.
pub(super) fn own(call: &CallExpr) -> Option<&'static str> {
    let is_method = call.target.is_some();
    OWN.iter().find(|(name, _)| is_method && call.func_name == *name).map(|(_, own)| *own)
}

pub(super) fn register(context: &mut Context<'static>) {
    for (name, own) in OWN {
        let ask = move |context: &FunctionContext<'_, '_>,
                        This(value): This<Value>,
                        Arguments(arguments): Arguments| {
            let zone = match arguments.as_slice() {
                [] => None,
                [Value::String(zone)] => Some(Arc::clone(zone)),
                _ => return Err(ExecutionError::NoSuchOverload),
            };
            let Value::Timestamp(time) = value else {
                let method = |value| CallExpr {
                    func_name: name.to_owned(),
                    target: Some(Box::new(value)),
                    args: Vec::new(),
                };
                return left_to_library(context, value, |value| tree(Expr::Call(method(value))));
            };
            let failed = || ExecutionError::function_error(name, "unknown time zone");
            let offset =
                offset(&time, zone.as_ref().map_or("UTC", |zone| zone)).ok_or_else(failed)?;
            part(name, &time.with_timezone(&offset)).map(|part| Value::Int(part.into()))
        };
        context.add_function(own, ask);
    }
}

fn part(name: &str, time: &DateTime<FixedOffset>) -> Result<u32, ExecutionError> {
    Ok(match name {
        "getFullYear" => time.year().try_into().map_err(|_| ExecutionError::NoSuchOverload)?,
        "getMonth" => time.month0(),
        "getDate" => time.day(),
        "getDayOfMonth" => time.day0(),
        "getDayOfYear" => time.ordinal0(),
        "getDayOfWeek" => time.weekday().num_days_from_sunday(),
        "getHours" => time.hour(),
        "getMinutes" => time.minute(),
        "getSeconds" => time.second(),
        _ => time.timestamp_subsec_millis(),
    })
}

/// How far a zone is from UTC at a moment: `UTC`, `+02:00`, or a name such as `Europe/Berlin`.
fn offset(time: &DateTime<FixedOffset>, zone: &str) -> Option<FixedOffset> {
    if zone.is_empty() || zone == "UTC" {
        return FixedOffset::east_opt(0);
    }
    if let Some((hours, minutes)) = zone.split_once(':') {
        let (is_west, hours) = match hours.strip_prefix('-') {
            Some(hours) => (true, hours),
            None => (false, hours.strip_prefix('+').unwrap_or(hours)),
        };
        let (hours, minutes): (u8, u8) = (hours.parse().ok()?, minutes.parse().ok()?);
        let seconds = i32::from(hours) * 3600 + i32::from(minutes) * 60;
        return FixedOffset::east_opt(if is_west { -seconds } else { seconds });
    }
    let moment = Timestamp::from_second(time.timestamp()).ok()?;
    FixedOffset::east_opt(TimeZone::get(zone).ok()?.to_offset(moment).seconds())
}
