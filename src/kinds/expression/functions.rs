//! The functions of the language: those of Kubernetes, and those that keep to the budget.

use std::sync::Arc;

use kube_cel::KubeCelExt;
use kube_cel::cel::extractors::{Arguments, This};
use kube_cel::cel::objects::{Key, Map, OptionalValue};
use kube_cel::cel::{Context, ExecutionError, FunctionContext, ResolveResult, Value};

use super::BUDGET;
use super::budget::Budget;
use super::macros::{ENTRIES, MERGE, PUT, SORTED};
use super::value::size;
use super::{absorb, conversions, lists, optionals, times, types};

/// Takes a step of a loop.
pub(super) const STEP: &str = "@step";
/// Pays for what a call made, and gives it on.
pub(super) const MAKE: &str = "@make";

/// A field that may be missing.
pub(super) const FIELD: &str = "@field";

/// Calls that make more than they are given.
pub(super) const MAKERS: [&str; 13] = [
    "_+_",
    "join",
    "replace",
    "format",
    "split",
    "lists.range",
    "flatten",
    "base64.encode",
    "jsonpatch.escapeKey",
    "strings.quote",
    ENTRIES,
    PUT,
    MERGE,
];

/// The longest list of numbers, which only loops are for.
const RANGE_MAX: i64 = 100_000;

/// Everything that can be called without a target or on a value.
pub(super) const KNOWN: &[&str] = &[
    "add",
    "all",
    "allowed",
    "asApproximateFloat",
    "asInteger",
    "bytes",
    "charAt",
    "check",
    "cidr",
    "compareTo",
    "contains",
    "containsCIDR",
    "containsIP",
    "distinct",
    "double",
    "duration",
    "dyn",
    "endsWith",
    "error",
    "errored",
    "family",
    "fieldSelector",
    "find",
    "findAll",
    "first",
    "flatten",
    "format",
    "getDate",
    "getDayOfMonth",
    "getDayOfWeek",
    "getDayOfYear",
    "getEscapedPath",
    "getFullYear",
    "getHost",
    "getHostname",
    "getHours",
    "getMilliseconds",
    "getMinutes",
    "getMonth",
    "getPort",
    "getQuery",
    "getScheme",
    "getSeconds",
    "group",
    "hasValue",
    "indexOf",
    "int",
    "ip",
    "isCIDR",
    "isGlobalUnicast",
    "isGreaterThan",
    "isIP",
    "isInteger",
    "isLessThan",
    "isLinkLocalMulticast",
    "isLinkLocalUnicast",
    "isLoopback",
    "isQuantity",
    "isSemver",
    "isSorted",
    "isURL",
    "isUnspecified",
    "join",
    "labelSelector",
    "last",
    "lastIndexOf",
    "lowerAscii",
    "major",
    "masked",
    "matches",
    "max",
    "min",
    "minor",
    "name",
    "namespace",
    "or",
    "orValue",
    "patch",
    "path",
    "prefixLength",
    "quantity",
    "reason",
    "replace",
    "resource",
    "reverse",
    "semver",
    "serviceAccount",
    "sign",
    "size",
    "slice",
    "sort",
    "split",
    "startsWith",
    "string",
    "sub",
    "subresource",
    "substring",
    "sum",
    "timestamp",
    "trim",
    "type",
    "uint",
    "upperAscii",
    "url",
    "validate",
    "value",
];

/// What is called by a name with a prefix.
pub(super) const QUALIFIED: &[&str] = &[
    "base64.decode",
    "base64.encode",
    "format.byte",
    "format.date",
    "format.datetime",
    "format.dns1035Label",
    "format.dns1035LabelPrefix",
    "format.dns1123Label",
    "format.dns1123LabelPrefix",
    "format.dns1123Subdomain",
    "format.dns1123SubdomainPrefix",
    "format.labelValue",
    "format.named",
    "format.qualifiedName",
    "format.uri",
    "format.uuid",
    "ip.isCanonical",
    "jsonpatch.escapeKey",
    "lists.range",
    "math.abs",
    "math.bitAnd",
    "math.bitNot",
    "math.bitOr",
    "math.bitShiftLeft",
    "math.bitShiftRight",
    "math.bitXor",
    "math.ceil",
    "math.floor",
    "math.greatest",
    "math.isFinite",
    "math.isInf",
    "math.isNaN",
    "math.least",
    "math.round",
    "math.sign",
    "math.sqrt",
    "math.trunc",
    "optional.none",
    "optional.of",
    "optional.ofNonZeroValue",
    "sets.contains",
    "sets.equivalent",
    "sets.intersects",
    "strings.quote",
];

/// A context in which everything can be called and nothing is named.
pub(super) fn root() -> Context<'static> {
    let mut context = Context::default().with_all();
    context.add_function(STEP, step);
    context.add_function(MAKE, make);
    context.add_function(FIELD, field);
    context.add_function(ENTRIES, entries);
    context.add_function(PUT, put);
    context.add_function(MERGE, merge);
    context.add_function(SORTED, sorted);
    context.add_function(types::TYPE, |name: Arc<String>| -> ResolveResult {
        Ok(types::named(&name))
    });
    context.add_function("type", |value: Value| -> ResolveResult { Ok(types::of(&value)) });
    context.add_function("dyn", |value: Value| -> ResolveResult { Ok(value) });
    context.add_function("replace", replace);
    context.add_function("join", join);
    context.add_function("lists.range", range);
    conversions::register(&mut context);
    lists::register(&mut context);
    optionals::register(&mut context);
    times::register(&mut context);
    absorb::register(&mut context);
    context
}

fn budget_of(value: &Value) -> Result<&Budget, ExecutionError> {
    let found = match value {
        Value::Opaque(opaque) => opaque.downcast_ref::<Budget>(),
        _ => None,
    };
    found.ok_or_else(|| ExecutionError::function_error("budget", "there is none"))
}

/// Does something that the budget is needed for.
pub(super) fn with_budget<T>(
    context: &FunctionContext<'_, '_>,
    act: impl FnOnce(&Budget) -> Result<T, ExecutionError>,
) -> Result<T, ExecutionError> {
    let found = context.ptx.get_variable(BUDGET);
    let found = found.ok_or_else(|| ExecutionError::undeclared_reference(BUDGET))?;
    act(budget_of(&Value::try_from(found.as_ref())?)?)
}

fn pay(context: &FunctionContext<'_, '_>, bytes: u64) -> Result<(), ExecutionError> {
    with_budget(context, |budget| budget.make(bytes))
}

fn step(budget: Value) -> ResolveResult {
    budget_of(&budget)?.step()?;
    Ok(Value::Bool(true))
}

fn make(budget: Value, made: Value) -> ResolveResult {
    budget_of(&budget)?.make(size(&made))?;
    Ok(made)
}

/// `value.?name`, of a map or of an optional one.
fn field(value: Value, name: Arc<String>) -> ResolveResult {
    let inner = match &value {
        Value::Opaque(opaque) => match opaque.downcast_ref::<OptionalValue>() {
            Some(optional) => optional.value().cloned(),
            None => return Err(ExecutionError::NoSuchOverload),
        },
        _ => Some(value),
    };
    let found = match inner {
        Some(Value::Map(map)) => map.map.get(&Key::String(name)).cloned(),
        Some(Value::Null) | None => None,
        Some(_) => return Err(ExecutionError::NoSuchOverload),
    };
    Ok(Value::Opaque(Arc::new(found.map_or_else(OptionalValue::none, OptionalValue::of))))
}

/// `text.replace(old, new[, n])`, which pays before it makes.
fn replace(
    context: &FunctionContext<'_, '_>,
    This(this): This<Arc<String>>,
    Arguments(arguments): Arguments,
) -> ResolveResult {
    let (old, new, limit) = match arguments.as_slice() {
        [Value::String(old), Value::String(new)] => (old, new, usize::MAX),
        [Value::String(old), Value::String(new), Value::Int(limit)] => {
            (old, new, usize::try_from(*limit).unwrap_or(usize::MAX))
        }
        _ => return Err(ExecutionError::function_error("replace", "no such overload")),
    };
    let found = this.matches(old.as_str()).take(limit).count() as u64;
    pay(context, (this.len() as u64).saturating_add(found.saturating_mul(new.len() as u64)))?;
    Ok(Value::String(Arc::new(this.replacen(old.as_str(), new, limit))))
}

/// `list.join([separator])`, which pays before it makes.
fn join(
    context: &FunctionContext<'_, '_>,
    This(this): This<Arc<Vec<Value>>>,
    Arguments(arguments): Arguments,
) -> ResolveResult {
    let none = Arc::new(String::new());
    let separator = match arguments.as_slice() {
        [] => &none,
        [Value::String(separator)] => separator,
        _ => return Err(ExecutionError::function_error("join", "no such overload")),
    };
    let mut parts = Vec::with_capacity(this.len());
    for part in this.iter() {
        let Value::String(part) = part else {
            return Err(ExecutionError::function_error("join", "not a list of texts"));
        };
        parts.push(part.as_str());
    }
    let own: u64 = parts.iter().map(|part| part.len() as u64).sum();
    pay(context, own.saturating_add((parts.len() as u64).saturating_mul(separator.len() as u64)))?;
    Ok(Value::String(Arc::new(parts.join(separator))))
}

/// `lists.range(n)`
fn range(count: i64) -> ResolveResult {
    if count > RANGE_MAX {
        let why = format!("more than {RANGE_MAX} numbers");
        return Err(ExecutionError::function_error("lists.range", why));
    }
    Ok(Value::List(Arc::new((0..count).map(Value::Int).collect())))
}

/// The entries of a list, by place, or of a map.
fn entries(value: Value) -> ResolveResult {
    let pair = |key: Value, value: &Value| Value::List(Arc::new(vec![key, value.clone()]));
    let pairs = match &value {
        Value::List(items) => {
            let places = (0_i64..).map(Value::Int);
            places.zip(items.iter()).map(|(place, item)| pair(place, item)).collect()
        }
        Value::Map(map) => map.map.iter().map(|(key, value)| pair(of_key(key), value)).collect(),
        _ => return Err(ExecutionError::NoSuchOverload),
    };
    Ok(Value::List(Arc::new(pairs)))
}

fn of_key(key: &Key) -> Value {
    match key {
        Key::Int(number) => Value::Int(*number),
        Key::Uint(number) => Value::UInt(*number),
        Key::Bool(truth) => Value::Bool(*truth),
        Key::String(text) => Value::String(Arc::clone(text)),
    }
}

fn put(map: Value, key: Value, value: Value) -> ResolveResult {
    let Value::Map(map) = map else { return Err(ExecutionError::NoSuchOverload) };
    let key = match key {
        Value::Int(number) => Key::Int(number),
        Value::UInt(number) => Key::Uint(number),
        Value::Bool(truth) => Key::Bool(truth),
        Value::String(text) => Key::String(text),
        _ => return Err(ExecutionError::NoSuchOverload),
    };
    let mut entries = map.map.as_ref().clone();
    entries.insert(key, value);
    Ok(Value::Map(Map { map: Arc::new(entries) }))
}

fn merge(map: Value, more: Value) -> ResolveResult {
    let (Value::Map(map), Value::Map(more)) = (map, more) else {
        return Err(ExecutionError::NoSuchOverload);
    };
    let mut entries = map.map.as_ref().clone();
    for (key, value) in more.map.iter() {
        if entries.insert(key.clone(), value.clone()).is_some() {
            let why = format!("insert failed: key {key:?} already exists");
            return Err(ExecutionError::function_error("transformMapEntry", why));
        }
    }
    Ok(Value::Map(Map { map: Arc::new(entries) }))
}

fn sorted(pairs: Arc<Vec<Value>>) -> ResolveResult {
    let mut split = Vec::with_capacity(pairs.len());
    for pair in pairs.iter() {
        let Value::List(pair) = pair else { return Err(ExecutionError::NoSuchOverload) };
        let [key, item] = pair.as_slice() else { return Err(ExecutionError::NoSuchOverload) };
        split.push((key.clone(), item.clone()));
    }
    let first = split.first().map(|(key, _)| key.clone());
    if split
        .iter()
        .any(|(key, _)| first.as_ref().and_then(|first| first.partial_cmp(key)).is_none())
    {
        return Err(ExecutionError::NoSuchOverload);
    }
    split.sort_by(|(a, _), (b, _)| a.partial_cmp(b).unwrap_or(std::cmp::Ordering::Equal));
    Ok(Value::List(Arc::new(split.into_iter().map(|(_, item)| item).collect())))
}
