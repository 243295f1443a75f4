//! What is called, and what comes of it.

use kube_cel::cel::common::ast::{CallExpr, Expr, IdedExpr, LiteralValue, operators};

use super::signatures::{self, Signature};
use super::tree::Checker;
use super::types::Type;
use crate::expression::rewrite::undeclared;

impl<'s> Checker<'_, 's> {
    pub(super) fn call(&mut self, place: u64, call: &CallExpr) -> Type<'s> {
        if let Some(found) = self.macro_call(place, call) {
            return found;
        }
        if call.func_name == operators::OPT_SELECT {
            return self.optional_field(place, call);
        }
        let qualified = qualified(call);
        let name = qualified.as_deref().unwrap_or(&call.func_name);
        let target = call.target.as_deref().filter(|_| qualified.is_none());
        let parts = target.into_iter().chain(&call.args);
        let given: Vec<Type<'s>> = parts.map(|part| self.expression(part)).collect();
        match name {
            "math.greatest" => return self.extreme(place, "math.@max", &given),
            "math.least" => return self.extreme(place, "math.@min", &given),
            _ => {}
        }
        let known = signatures::of(name);
        if known.is_empty() {
            return self.wrong(place, undeclared(&call.func_name));
        }
        match self.result(known, target.is_some(), &given) {
            Some(found) => found,
            None if name == operators::CONDITIONAL && is_something_or_null(&given) => Type::Dyn,
            None => self.mismatch(place, name, target.is_some(), &given),
        }
    }

    /// What comes of a call; not known, if several ways to call fit and make different things.
    fn result(
        &mut self,
        known: &'static [Signature],
        is_method: bool,
        given: &[Type<'s>],
    ) -> Option<Type<'s>> {
        let mut result: Option<Type<'s>> = None;
        for signature in known.iter().filter(|one| one.is_method == is_method) {
            if signature.arguments.len() != given.len() {
                continue;
            }
            let mark = self.assignment.mark();
            let first = self.assignment.open_all(signature.open);
            let wanted: Vec<Type<'s>> =
                signature.arguments.iter().map(|one| shifted(one, first)).collect();
            if !self.assignment.all_assignable(given, &wanted) {
                self.assignment.go_back(mark);
                continue;
            }
            let own = self.assignment.resolve(&shifted(&signature.result, first));
            result = Some(match result {
                Some(before) if before != own => Type::Dyn,
                _ => own,
            });
        }
        result
    }

    pub(super) fn mismatch(
        &mut self,
        place: u64,
        name: &str,
        is_method: bool,
        given: &[Type<'s>],
    ) -> Type<'s> {
        let given: Vec<String> =
            given.iter().map(|one| self.assignment.resolve(one).to_string()).collect();
        let applied = match given.split_first() {
            Some((target, rest)) if is_method => format!("{target}.({})", rest.join(", ")),
            _ => format!("({})", given.join(", ")),
        };
        let what = format!("found no matching overload for '{name}' applied to '{applied}'");
        self.wrong(place, what)
    }

    /// The largest or the smallest of some numbers, of which each may be of a type of its own, or of those in one list.
    fn extreme(&mut self, place: u64, name: &str, given: &[Type<'s>]) -> Type<'s> {
        let given: Vec<Type<'s>> = given.iter().map(|one| self.assignment.resolve(one)).collect();
        let numbers = match given.as_slice() {
            [Type::List(items)] => std::slice::from_ref(items.as_ref()),
            numbers => numbers,
        };
        match numbers {
            [first, rest @ ..] if numbers.iter().all(Type::is_number) => {
                if rest.iter().all(|other| other == first) { first.clone() } else { Type::Dyn }
            }
            _ => self.mismatch(place, name, false, &given),
        }
    }

    /// `value.?name`
    fn optional_field(&mut self, place: u64, call: &CallExpr) -> Type<'s> {
        let [operand, name] = call.args.as_slice() else { return Type::Dyn };
        let operand = self.expression(operand);
        let Expr::Literal(LiteralValue::String(name)) = &name.expr else { return Type::Dyn };
        Type::optional(self.field(place, &operand, name.inner()))
    }
}

/// Whether a condition gives something or nothing. That is more than cel-go lets be, and what an audit annotation is for.
fn is_something_or_null(given: &[Type<'_>]) -> bool {
    matches!(
        given,
        [Type::Bool | Type::Dyn, Type::Null, _] | [Type::Bool | Type::Dyn, _, Type::Null]
    )
}

/// The whole name of what is called, if it has a prefix that is no value.
fn qualified(call: &CallExpr) -> Option<String> {
    let Some(IdedExpr { expr: Expr::Ident(prefix), .. }) = call.target.as_deref() else {
        return None;
    };
    let whole = format!("{prefix}.{}", call.func_name);
    super::super::functions::QUALIFIED.contains(&whole.as_str()).then_some(whole)
}

/// A type of a signature, whose open types are these here.
fn shifted<'s>(of: &Type<'static>, first: usize) -> Type<'s> {
    match of {
        Type::Open(open) => Type::Open(first + open),
        Type::List(inner) => Type::list(shifted(inner, first)),
        Type::Optional(inner) => Type::optional(shifted(inner, first)),
        Type::Map(inner) => Type::map(shifted(&inner.0, first), shifted(&inner.1, first)),
        other => other.clone(),
    }
}
