//! Whether the fields that an expression reads exist, as far as a schema tells.
//!
//! This is no type checker: where a type cannot be told from the schema alone, it says nothing.

use kube_cel::cel::common::ast::{Expr, IdedExpr, SelectExpr, operators};
use serde_json::Value;

use super::depth::parts;
use super::rewrite::unescaped;

/// What a value looks like: its schema, and whether it is a whole object.
#[derive(Debug, Clone, Copy)]
pub struct Shape<'s> {
    /// An OpenAPI schema.
    pub schema: &'s Value,
    /// Whether it has metadata of its own.
    pub whole: bool,
}

/// Checks what is selected; gives the shape of the whole, where it can be told.
pub(super) fn check<'s>(
    tree: &IdedExpr,
    roots: &[(&'s str, Shape<'s>)],
) -> Result<Option<Shape<'s>>, String> {
    let known = roots.iter().map(|(name, shape)| ((*name).to_owned(), Some(*shape))).collect();
    Checker { known }.expression(tree)
}

struct Checker<'s> {
    /// Names and the shapes of what they mean; the last of a name counts.
    known: Vec<(String, Option<Shape<'s>>)>,
}

impl<'s> Checker<'s> {
    fn expression(&mut self, tree: &IdedExpr) -> Result<Option<Shape<'s>>, String> {
        match &tree.expr {
            Expr::Ident(name) => {
                let found = self.known.iter().rev().find(|(own, _)| own == name);
                Ok(found.and_then(|(_, shape)| *shape))
            }
            Expr::Select(select) => self.select(select),
            Expr::Call(call) => {
                let parts = call.target.iter().map(AsRef::as_ref).chain(&call.args);
                let mut shapes = Vec::with_capacity(call.args.len());
                for part in parts {
                    shapes.push(self.expression(part)?);
                }
                let first = shapes.first().copied().flatten();
                let indexed = call.func_name == operators::INDEX;
                Ok(first.filter(|_| indexed).and_then(Shape::element))
            }
            Expr::Comprehension(around) => {
                let range = self.expression(&around.iter_range)?;
                self.expression(&around.accu_init)?;
                let outer = self.known.len();
                let item = range.filter(|shape| shape.is("array")).and_then(Shape::element);
                self.known.push((around.accu_var.clone(), None));
                self.known.push((around.iter_var.clone(), item));
                self.known.extend(around.iter_var2.iter().map(|name| (name.clone(), None)));
                for part in [&around.loop_cond, &around.loop_step] {
                    self.expression(part)?;
                }
                self.known.truncate(outer + 1);
                self.expression(&around.result)?;
                self.known.truncate(outer);
                Ok(None)
            }
            Expr::List(list) => self.all(list.elements.iter()),
            Expr::Map(map) => self.all(map.entries.iter().flat_map(|entry| parts(&entry.expr))),
            Expr::Struct(made) => self.all(made.entries.iter().flat_map(|one| parts(&one.expr))),
            Expr::Literal(_) | Expr::Unspecified => Ok(None),
        }
    }

    fn all<'e>(
        &mut self,
        mut parts: impl Iterator<Item = &'e IdedExpr>,
    ) -> Result<Option<Shape<'s>>, String> {
        parts.try_for_each(|part| self.expression(part).map(|_| ()))?;
        Ok(None)
    }

    fn select(&mut self, select: &SelectExpr) -> Result<Option<Shape<'s>>, String> {
        let Some(shape) = self.expression(&select.operand)? else { return Ok(None) };
        let name = unescaped(&select.field);
        match shape.field(&name) {
            Known::Field(field) => Ok(Some(field).filter(|_| !select.test)),
            Known::Unknown => Ok(None),
            Known::Missing => Err(format!("undefined field '{}'", select.field)),
        }
    }
}

/// What a schema says about a field.
enum Known<'s> {
    Field(Shape<'s>),
    /// Nothing.
    Unknown,
    /// That there is none.
    Missing,
}

impl<'s> Shape<'s> {
    fn is(self, name: &str) -> bool {
        self.schema["type"] == name
    }

    /// Something below that is no whole object, unless it says so.
    fn below(schema: &'s Value) -> Self {
        Self { schema, whole: schema["x-kubernetes-embedded-resource"] == true }
    }

    /// What a list or a map holds.
    fn element(self) -> Option<Self> {
        let word = if self.is("array") { "items" } else { "additionalProperties" };
        self.schema.get(word).filter(|schema| schema.is_object()).map(Self::below)
    }

    fn field(self, name: &str) -> Known<'s> {
        if !self.is("object") {
            return Known::Unknown;
        }
        if self.whole && matches!(name, "apiVersion" | "kind" | "metadata") {
            return Known::Unknown;
        }
        if let Some(field) = self.schema["properties"].get(name) {
            return Known::Field(Self::below(field));
        }
        let named = self.schema["properties"].as_object().is_some_and(|all| !all.is_empty());
        match self.schema.get("additionalProperties") {
            Some(Value::Object(_)) => self.element().map_or(Known::Unknown, Known::Field),
            Some(Value::Bool(true)) => Known::Unknown,
            _ if !named && self.schema["x-kubernetes-preserve-unknown-fields"] == true => {
                Known::Unknown
            }
            _ => Known::Missing,
        }
    }

    /// Whether it is known to be no truth value.
    pub(super) fn is_no_truth(self) -> bool {
        self.schema["type"].as_str().is_some_and(|name| name != "boolean")
    }
}
