//! Loops, and what binds names besides them.

use kube_cel::cel::common::ast::{CallExpr, ComprehensionExpr, Expr, IdedExpr};

use super::tree::Checker;
use super::types::Type;

impl<'s> Checker<'_, 's> {
    pub(super) fn comprehension(&mut self, place: u64, around: &ComprehensionExpr) -> Type<'s> {
        let range = self.expression(&around.iter_range);
        let start = self.expression(&around.accu_init);
        let (item, _) = self.range(place, &range, false);
        let outer = self.bound.len();
        self.bound.push((around.accu_var.clone(), start.clone()));
        self.bound.push((around.iter_var.clone(), item));
        self.expect(&around.loop_cond, &Type::Bool);
        self.expect(&around.loop_step, &start);
        self.bound.truncate(outer + 1);
        let result = self.expression(&around.result);
        self.bound.truncate(outer);
        result
    }

    /// What a loop over something gives: items, or keys and values.
    fn range(&mut self, place: u64, range: &Type<'s>, both: bool) -> (Type<'s>, Type<'s>) {
        match range {
            Type::List(items) if both => (Type::Int, items.as_ref().clone()),
            Type::List(items) => (items.as_ref().clone(), Type::Dyn),
            Type::Map(entry) => entry.as_ref().clone(),
            Type::Dyn => (Type::Dyn, Type::Dyn),
            Type::Open(_) => {
                self.assignment.is_assignable(&Type::Dyn, range);
                (Type::Dyn, Type::Dyn)
            }
            other => {
                let what = format!(
                    "expression of type '{other}' cannot be range of a comprehension (must be list, map, or dynamic)"
                );
                self.wrong(place, what);
                (Type::Dyn, Type::Dyn)
            }
        }
    }

    /// The calls that bind names of their own: `cel.bind`, `optMap`, `sortBy` and loops over two variables.
    pub(super) fn macro_call(&mut self, place: u64, call: &CallExpr) -> Option<Type<'s>> {
        let target = call.target.as_deref()?;
        match (call.func_name.as_str(), call.args.as_slice()) {
            ("bind", [name, value, body]) if is_named(target, "cel") => {
                let name = simple_name(name)?;
                let value = self.expression(value);
                Some(self.with(&[(name, value)], |checker| checker.expression(body)))
            }
            (function @ ("optMap" | "optFlatMap"), [name, body]) => {
                let name = simple_name(name)?;
                let value = match self.expression(target) {
                    Type::Optional(inner) => inner.as_ref().clone(),
                    Type::Dyn => Type::Dyn,
                    other => self.mismatch(place, "hasValue", true, &[other]),
                };
                let made = self.with(&[(name, value)], |checker| checker.expression(body));
                Some(match (function, made) {
                    ("optMap", made) => Type::optional(made),
                    (_, made @ (Type::Optional(_) | Type::Dyn)) => made,
                    (_, other) => {
                        let wanted = Type::optional(Type::Dyn);
                        let what = format!("expected type '{wanted}' but found '{other}'");
                        self.wrong(body.id, what)
                    }
                })
            }
            ("sortBy", [name, key]) => {
                let name = simple_name(name)?;
                let list = self.expression(target);
                let list = self.assignment.resolve(&list);
                let item = match &list {
                    Type::List(items) => items.as_ref().clone(),
                    _ => Type::Dyn,
                };
                let key = self.with(&[(name, item)], |checker| checker.expression(key));
                let key = self.assignment.resolve(&key);
                Some(match list {
                    Type::List(_) if key.is_ordered() => list,
                    Type::Dyn | Type::Open(_) if key.is_ordered() => Type::Dyn,
                    // So it is called by cel-go, too, which makes two calls of it.
                    _ => self.mismatch(
                        place,
                        "@sortByAssociatedKeys",
                        true,
                        &[list, Type::list(key)],
                    ),
                })
            }
            (
                "all" | "exists" | "existsOne" | "exists_one" | "transformList" | "transformMap"
                | "transformMapEntry",
                [key, value, rest @ ..],
            ) if matches!(rest.len(), 1 | 2) => {
                let (key, value) = (simple_name(key)?, simple_name(value)?);
                let range = self.expression(target);
                let (keys, values) = self.range(place, &range, true);
                let names = [(key, keys.clone()), (value, values)];
                self.with(&names, |checker| checker.over_entries(&call.func_name, &keys, rest))
            }
            _ => None,
        }
    }

    fn over_entries(
        &mut self,
        function: &str,
        keys: &Type<'s>,
        rest: &[IdedExpr],
    ) -> Option<Type<'s>> {
        let (filter, last) = match rest {
            [last] => (None, last),
            [filter, last] => (Some(filter), last),
            _ => return None,
        };
        if !function.starts_with("transform") {
            if filter.is_some() {
                return None;
            }
            self.expect(last, &Type::Bool);
            return Some(Type::Bool);
        }
        if let Some(filter) = filter {
            self.expect(filter, &Type::Bool);
        }
        let made = self.expression(last);
        match function {
            "transformList" => Some(Type::list(made)),
            "transformMap" => Some(Type::map(keys.clone(), made)),
            _ => {
                let wanted = Type::map(Type::Dyn, Type::Dyn);
                if !self.assignment.is_assignable(&made, &wanted) {
                    let what = format!("expected type '{wanted}' but found '{made}'");
                    self.wrong(last.id, what);
                }
                Some(if matches!(made, Type::Map(_)) { made } else { wanted })
            }
        }
    }

    /// Does something with names that mean something there.
    fn with<T>(&mut self, names: &[(&str, Type<'s>)], act: impl FnOnce(&mut Self) -> T) -> T {
        let outer = self.bound.len();
        self.bound.extend(names.iter().map(|(name, known)| ((*name).to_owned(), known.clone())));
        let done = act(self);
        self.bound.truncate(outer);
        done
    }
}

fn simple_name(tree: &IdedExpr) -> Option<&str> {
    match &tree.expr {
        Expr::Ident(name) => Some(name),
        _ => None,
    }
}

fn is_named(tree: &IdedExpr, name: &str) -> bool {
    simple_name(tree) == Some(name)
}
