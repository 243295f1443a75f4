//! Finds expressions that do not compile or come to something of the wrong type, when they are written.

use std::collections::BTreeSet;

use kinds::expression::{Declarations, Expression, Type, Wanted};
use machinery::FieldErrors;
use serde_json::Value;

use super::written::{self, Role, Written};
use crate::admission::extension::declared;
use crate::catalog::Served;

/// Checks the expressions of a policy or of a configuration of webhooks. Those it had before are let be.
pub(in crate::admission::extension) fn check(
    served: &Served,
    object: &Value,
    old: Option<&Value>,
    errors: &FieldErrors,
) {
    let known = old.map(|old| written::all(served.kind_name(), old)).unwrap_or_default();
    let known: BTreeSet<&str> = known.iter().map(|one| one.source).collect();
    let checker = Checker { known: &known, errors };
    let all = written::all(served.kind_name(), object);
    if served.kind_name().ends_with("Policy") {
        let params = object["spec"]["paramKind"].is_object().then_some(Type::Dyn);
        let declared = |asks| declared::by_policies(Type::Dyn, params.clone(), asks);
        checker.policy(&all, declared(true), declared(false));
    } else {
        let declared = declared::by_webhooks();
        for one in &all {
            checker.one(one, &declared);
        }
    }
}

struct Checker<'a> {
    known: &'a BTreeSet<&'a str>,
    errors: &'a FieldErrors,
}

impl Checker<'_> {
    /// Variables come first, and each is known to those after it. Messages ask no authorizer.
    fn policy<'s>(
        &self,
        all: &[Written<'_>],
        mut declared: Declarations<'s>,
        mut to_messages: Declarations<'s>,
    ) {
        for one in all {
            let found = match one.role {
                Role::Message => self.one(one, &to_messages),
                _ => self.one(one, &declared),
            };
            if let Role::Variable(name) = one.role {
                declared.variables.push((name.to_owned(), found.clone()));
                to_messages.variables.push((name.to_owned(), found));
            }
        }
    }

    fn one<'s>(&self, one: &Written<'_>, declared: &Declarations<'s>) -> Type<'s> {
        let wanted = match one.role {
            Role::Variable(_) => Wanted::Anything,
            Role::Condition | Role::Validation => Wanted::Bool,
            Role::Message => Wanted::Text,
            Role::Note => Wanted::TextOrNull,
            Role::Apply => Wanted::Object,
            Role::Patch => Wanted::Patch,
        };
        match Expression::check(one.source, declared, wanted) {
            Ok((_, found)) => found,
            Err(_) if self.known.contains(one.source) => Type::Dyn,
            Err(why) => {
                self.errors.at(&one.place).invalid("", one.source, &why.to_string());
                Type::Dyn
            }
        }
    }
}
