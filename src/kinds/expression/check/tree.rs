//! Gives every part of an expression a type, from the leaves up.

use kube_cel::cel::common::ast::{
    EntryExpr, Expr, IdedEntryExpr, IdedExpr, ListExpr, LiteralValue, MapExpr, SelectExpr,
    StructExpr,
};

use super::Declarations;
use super::assign::Assignment;
use super::problem::Problem;
use super::types::Type;
use crate::expression::rewrite::{undeclared, unescaped};

/// The types of objects that expressions make.
pub(super) const MADE: &str = "Object";
pub(super) const PATCH: &str = "JSONPatch";

pub(super) struct Checker<'d, 's> {
    pub(super) declarations: &'d Declarations<'s>,
    /// The variables of the loops around; the last of a name counts.
    pub(super) bound: Vec<(String, Type<'s>)>,
    pub(super) assignment: Assignment<'s>,
    pub(super) problems: Vec<Problem>,
}

impl<'s> Checker<'_, 's> {
    /// The type of an expression. What is wrong counts as not known, so that it is said once.
    pub(super) fn expression(&mut self, tree: &IdedExpr) -> Type<'s> {
        let found = match &tree.expr {
            Expr::Unspecified => self.wrong(tree.id, "nothing is expressed".to_owned()),
            Expr::Literal(literal) => of_literal(literal),
            Expr::Ident(name) => self.name(tree.id, name),
            Expr::Select(select) => self.select(tree.id, select),
            Expr::Call(call) => self.call(tree.id, call),
            Expr::List(list) => self.list(list),
            Expr::Map(map) => self.map(map),
            Expr::Struct(made) => self.object(tree.id, made),
            Expr::Comprehension(around) => self.comprehension(tree.id, around),
        };
        self.assignment.resolve(&found)
    }

    pub(super) fn wrong(&mut self, place: u64, what: String) -> Type<'s> {
        self.problems.push(Problem { place, what });
        Type::Dyn
    }

    /// Checks something whose type must be this one.
    pub(super) fn expect(&mut self, tree: &IdedExpr, wanted: &Type<'s>) {
        let found = self.expression(tree);
        if !self.assignment.is_assignable(&found, wanted) {
            let wanted = self.assignment.resolve(wanted);
            self.wrong(tree.id, format!("expected type '{wanted}' but found '{found}'"));
        }
    }

    fn name(&mut self, place: u64, name: &str) -> Type<'s> {
        let bound = self.bound.iter().rev().find(|(own, _)| own == name);
        if let Some((_, known)) = bound.or_else(|| self.declarations.root(name)) {
            return known.clone();
        }
        if super::super::types::NAMES.contains(&name) {
            return Type::Type;
        }
        self.wrong(place, undeclared(name))
    }

    /// Whether a name is one of the expression's own, and no variable of a loop.
    fn is_root(&self, tree: &IdedExpr, root: &str) -> bool {
        let is = matches!(&tree.expr, Expr::Ident(name) if name == root);
        is && self.declarations.root(root).is_some()
            && !self.bound.iter().any(|(name, _)| name == root)
    }

    fn select(&mut self, place: u64, select: &SelectExpr) -> Type<'s> {
        let found = if self.is_root(&select.operand, "variables") {
            match self.declarations.variable(&select.field) {
                Some(known) => known.clone(),
                None => self.wrong(place, format!("undefined field '{}'", select.field)),
            }
        } else if self.is_root(&select.operand, "authorizer") && select.field == "requestResource" {
            Type::opaque("kubernetes.authorization.ResourceCheck")
        } else {
            let operand = self.expression(&select.operand);
            self.field(place, &operand, &select.field)
        };
        if select.test { Type::Bool } else { found }
    }

    /// The type of a field of something; of an optional value it is optional itself.
    pub(super) fn field(&mut self, place: u64, of: &Type<'s>, name: &str) -> Type<'s> {
        match of {
            Type::Optional(inner) => Type::optional(self.field(place, inner, name)),
            Type::Map(entry) => entry.1.clone(),
            Type::Object(object) => match object.field(&unescaped(name)) {
                Some(found) => found,
                None => self.wrong(place, format!("undefined field '{name}'")),
            },
            Type::Opaque(made) if is_made(made) => Type::Dyn,
            Type::Open(_) => {
                self.assignment.is_assignable(&Type::Dyn, of);
                Type::Dyn
            }
            Type::Dyn => Type::Dyn,
            Type::Opaque(_) => self.wrong(place, format!("undefined field '{name}'")),
            other => self.wrong(place, format!("type '{other}' does not support field selection")),
        }
    }

    fn list(&mut self, list: &ListExpr) -> Type<'s> {
        let mut items = self.assignment.open();
        for (index, element) in list.elements.iter().enumerate() {
            let found = self.expression(element);
            let found = if list.optional_indices.contains(&index) {
                self.inner(element.id, found)
            } else {
                found
            };
            items = self.either(&items, &found);
        }
        Type::list(items)
    }

    fn map(&mut self, map: &MapExpr) -> Type<'s> {
        let (mut keys, mut values) = (self.assignment.open(), self.assignment.open());
        for IdedEntryExpr { expr, .. } in &map.entries {
            let EntryExpr::MapEntry(entry) = expr else { continue };
            let key = self.expression(&entry.key);
            let value = self.expression(&entry.value);
            let value = if entry.optional { self.inner(entry.value.id, value) } else { value };
            keys = self.either(&keys, &key);
            values = self.either(&values, &value);
        }
        Type::map(keys, values)
    }

    /// What is in an optional value, which alone may be left out.
    fn inner(&mut self, place: u64, found: Type<'s>) -> Type<'s> {
        match found {
            Type::Optional(inner) => inner.as_ref().clone(),
            Type::Dyn => Type::Dyn,
            other => {
                let wanted = Type::optional(other.clone());
                self.wrong(place, format!("expected type '{wanted}' but found '{other}'"))
            }
        }
    }

    /// What is one or the other. Lists and maps may be mixed.
    fn either(&mut self, one: &Type<'s>, other: &Type<'s>) -> Type<'s> {
        let joined = self.assignment.join(one, other);
        joined.map_or(Type::Dyn, |joined| self.assignment.resolve(&joined))
    }

    fn object(&mut self, place: u64, made: &StructExpr) -> Type<'s> {
        let name = made.type_name.strip_prefix('.').unwrap_or(&made.type_name);
        let is_known = is_made(name);
        if !is_known {
            self.wrong(place, undeclared(&made.type_name));
        }
        for IdedEntryExpr { id, expr } in &made.entries {
            let EntryExpr::StructField(field) = expr else { continue };
            let found = self.expression(&field.value);
            let found = if field.optional { self.inner(field.value.id, found) } else { found };
            if name == PATCH {
                self.patch_field(*id, &field.field, &found);
            }
        }
        if is_known { Type::opaque(name) } else { Type::Dyn }
    }

    fn patch_field(&mut self, place: u64, name: &str, found: &Type<'s>) {
        match name {
            "value" => {}
            "op" | "path" | "from" => {
                if !self.assignment.is_assignable(found, &Type::String) {
                    let wanted = Type::String;
                    let what = format!(
                        "expected type of field '{name}' is '{wanted}' but provided type is '{found}'"
                    );
                    self.wrong(place, what);
                }
            }
            _ => {
                self.wrong(place, format!("undefined field '{name}'"));
            }
        }
    }
}

/// Whether objects of a name are made by expressions.
fn is_made(name: &str) -> bool {
    name == PATCH || name.split('.').next() == Some(MADE)
}

fn of_literal(literal: &LiteralValue) -> Type<'static> {
    match literal {
        LiteralValue::Boolean(_) => Type::Bool,
        LiteralValue::Bytes(_) => Type::Bytes,
        LiteralValue::Double(_) => Type::Double,
        LiteralValue::Int(_) => Type::Int,
        LiteralValue::Null => Type::Null,
        LiteralValue::String(_) => Type::String,
        LiteralValue::UInt(_) => Type::Uint,
    }
}
