//! Turns what was written into what the interpreter can do, within limits.

use std::collections::BTreeSet;

use kube_cel::cel::common::ast::{
    CallExpr, ComprehensionExpr, EntryExpr, Expr, IdedEntryExpr, IdedExpr, LiteralValue,
    MapEntryExpr, MapExpr, SelectExpr, StructExpr, operators,
};

use super::BUDGET;
use super::functions::{FIELD, KNOWN, MAKE, MAKERS, QUALIFIED, STEP};

/// What an expression may name.
#[derive(Debug, Clone, Copy)]
pub(in crate::admission::extension) struct Names<'a> {
    /// Such as `object`.
    pub(in crate::admission::extension) roots: &'a [&'a str],
    /// What `variables` has.
    pub(in crate::admission::extension) variables: &'a [&'a str],
}

/// How Kubernetes writes the names of fields that are no identifiers.
const ESCAPES: [(&str, &str); 4] =
    [("__underscores__", "__"), ("__dot__", "."), ("__dash__", "-"), ("__slash__", "/")];

/// Rewrites a tree; returns the names it reads.
pub(super) fn rewrite(tree: &mut IdedExpr, names: &Names<'_>) -> Result<BTreeSet<String>, String> {
    let mut rewriter = Rewriter { names, bound: Vec::new(), reads: BTreeSet::new() };
    rewriter.expression(tree)?;
    Ok(rewriter.reads)
}

struct Rewriter<'a> {
    names: &'a Names<'a>,
    /// The variables of the loops around.
    bound: Vec<String>,
    reads: BTreeSet<String>,
}

impl Rewriter<'_> {
    fn expression(&mut self, tree: &mut IdedExpr) -> Result<(), String> {
        match &mut tree.expr {
            Expr::Unspecified => Err("nothing is expressed".to_owned()),
            Expr::Literal(_) => Ok(()),
            Expr::Ident(name) => self.name(name),
            Expr::List(list) => list.elements.iter_mut().try_for_each(|one| self.expression(one)),
            Expr::Map(map) => self.entries(map),
            Expr::Struct(typed) => {
                let typed = std::mem::take(typed);
                let mut map = as_map(typed)?;
                self.entries(&mut map)?;
                tree.expr = Expr::Map(map);
                Ok(())
            }
            Expr::Select(select) => {
                let select = std::mem::take(select);
                tree.expr = self.select(select)?;
                Ok(())
            }
            Expr::Comprehension(comprehension) => self.comprehension(comprehension),
            Expr::Call(call) => {
                let call = std::mem::take(call);
                tree.expr = self.call(tree.id, call)?;
                Ok(())
            }
        }
    }

    fn name(&mut self, name: &str) -> Result<(), String> {
        if name.starts_with('@') || self.bound.iter().any(|bound| bound == name) {
            return Ok(());
        }
        if !self.names.roots.contains(&name) {
            return Err(undeclared(name));
        }
        self.reads.insert(name.to_owned());
        Ok(())
    }

    fn is_root(&self, tree: &IdedExpr, root: &str) -> bool {
        let is = matches!(&tree.expr, Expr::Ident(name) if name == root);
        is && self.names.roots.contains(&root) && !self.bound.iter().any(|bound| bound == root)
    }

    fn select(&mut self, mut select: SelectExpr) -> Result<Expr, String> {
        if self.is_root(&select.operand, "variables") {
            if !self.names.variables.contains(&select.field.as_str()) {
                return Err(format!("undefined field '{}'", select.field));
            }
            if select.test {
                return Ok(Expr::Literal(LiteralValue::Boolean(true.into())));
            }
            return Ok(self.flat("variables", &select.field));
        }
        if self.is_root(&select.operand, "authorizer") && select.field == "requestResource" {
            self.reads.insert("authorizer".to_owned());
            return Ok(self.flat("authorizer", "requestResource"));
        }
        self.expression(&mut select.operand)?;
        select.field = unescaped(&select.field);
        Ok(Expr::Select(select))
    }

    /// A field of something that is no value of its own.
    fn flat(&mut self, root: &str, field: &str) -> Expr {
        let name = format!("{root}.{field}");
        self.reads.insert(name.clone());
        Expr::Ident(name)
    }

    fn entries(&mut self, map: &mut MapExpr) -> Result<(), String> {
        for entry in &mut map.entries {
            match &mut entry.expr {
                EntryExpr::MapEntry(entry) => {
                    self.expression(&mut entry.key)?;
                    self.expression(&mut entry.value)?;
                }
                EntryExpr::StructField(field) => self.expression(&mut field.value)?,
            }
        }
        Ok(())
    }

    fn comprehension(&mut self, comprehension: &mut ComprehensionExpr) -> Result<(), String> {
        if comprehension.iter_var2.is_some() {
            return Err("loops over two variables are not supported".to_owned());
        }
        self.expression(&mut comprehension.iter_range)?;
        self.expression(&mut comprehension.accu_init)?;
        let outer = self.bound.len();
        self.bound.push(comprehension.accu_var.clone());
        self.expression(&mut comprehension.result)?;
        self.bound.push(comprehension.iter_var.clone());
        self.expression(&mut comprehension.loop_cond)?;
        self.expression(&mut comprehension.loop_step)?;
        self.bound.truncate(outer);
        // A step that is not paid for is an error, which a conditional never swallows.
        let condition = std::mem::take(&mut comprehension.loop_cond);
        let paid = call(STEP, vec![ident(BUDGET)]);
        let never = IdedExpr { id: 0, expr: Expr::Literal(LiteralValue::Boolean(false.into())) };
        comprehension.loop_cond = call(operators::CONDITIONAL, vec![paid, condition, never]);
        Ok(())
    }

    fn call(&mut self, id: u64, mut inner: CallExpr) -> Result<Expr, String> {
        for argument in &mut inner.args {
            self.expression(argument)?;
        }
        if inner.func_name == operators::OPT_SELECT {
            // The interpreter's own makes an optional of an optional.
            FIELD.clone_into(&mut inner.func_name);
        }
        let name = self.callee(&mut inner)?;
        let makes = MAKERS.contains(&name.as_str());
        let made = IdedExpr { id, expr: Expr::Call(inner) };
        if !makes {
            return Ok(made.expr);
        }
        Ok(call(MAKE, vec![ident(BUDGET), made]).expr)
    }

    /// Checks what is called, and on what.
    fn callee(&mut self, inner: &mut CallExpr) -> Result<String, String> {
        let Some(target) = inner.target.as_mut() else {
            let operator = inner.func_name.starts_with(|first: char| !first.is_alphabetic());
            if operator || KNOWN.contains(&inner.func_name.as_str()) {
                return Ok(inner.func_name.clone());
            }
            return Err(undeclared(&inner.func_name));
        };
        if let Expr::Ident(prefix) = &target.expr {
            let qualified = format!("{prefix}.{}", inner.func_name);
            if QUALIFIED.contains(&qualified.as_str()) {
                return Ok(qualified);
            }
        }
        self.expression(target)?;
        if KNOWN.contains(&inner.func_name.as_str()) {
            return Ok(inner.func_name.clone());
        }
        Err(undeclared(&inner.func_name))
    }
}

fn undeclared(name: &str) -> String {
    format!("undeclared reference to '{name}' (in container '')")
}

fn call(name: &str, args: Vec<IdedExpr>) -> IdedExpr {
    IdedExpr {
        id: 0,
        expr: Expr::Call(CallExpr { func_name: name.to_owned(), target: None, args }),
    }
}

fn ident(name: &str) -> IdedExpr {
    IdedExpr { id: 0, expr: Expr::Ident(name.to_owned()) }
}

/// `Object{…}`, `Object.spec{…}` and `JSONPatch{…}` are maps whose types the schema checks later.
fn as_map(typed: StructExpr) -> Result<MapExpr, String> {
    let name = typed.type_name.as_str();
    if name != "JSONPatch" && name.split('.').next() != Some("Object") {
        return Err(undeclared(name));
    }
    let entry = |entry: IdedEntryExpr| {
        let IdedEntryExpr { id, expr } = entry;
        let expr = match expr {
            EntryExpr::StructField(field) => {
                let key = LiteralValue::String(unescaped(&field.field).into());
                EntryExpr::MapEntry(MapEntryExpr {
                    key: IdedExpr { id, expr: Expr::Literal(key) },
                    value: field.value,
                    optional: field.optional,
                })
            }
            entry @ EntryExpr::MapEntry(_) => entry,
        };
        IdedEntryExpr { id, expr }
    };
    Ok(MapExpr { entries: typed.entries.into_iter().map(entry).collect() })
}

fn unescaped(field: &str) -> String {
    if !field.contains("__") {
        return field.to_owned();
    }
    let keyword = field.strip_prefix("__").and_then(|rest| rest.strip_suffix("__"));
    if let Some(keyword) = keyword
        && !ESCAPES.iter().any(|(escape, _)| *escape == field)
        && !keyword.is_empty()
        && keyword.bytes().all(|byte| byte.is_ascii_alphabetic())
    {
        return keyword.to_owned();
    }
    ESCAPES.iter().fold(field.to_owned(), |text, (escape, plain)| text.replace(escape, plain))
}
