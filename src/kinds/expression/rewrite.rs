//! Turns what was written into what the interpreter can do, within limits.

use std::collections::BTreeSet;

use kube_cel::cel::common::ast::{
    CallExpr, ComprehensionExpr, EntryExpr, Expr, IdedEntryExpr, IdedExpr, LiteralValue,
    MapEntryExpr, MapExpr, SelectExpr, StructExpr, operators,
};

use super::BUDGET;
use super::absorb::{ALL, ANY, OUTCOME};
use super::conversions;
use super::functions::{FIELD, KNOWN, MAKE, MAKERS, QUALIFIED, STEP};
use super::macros::{self, Meant, ident, number, operator, tree, truth};
use super::{times, types};

/// What an expression may name.
#[derive(Debug, Clone, Copy)]
pub struct Names<'a> {
    /// Such as `object`.
    pub roots: &'a [&'a str],
    /// What `variables` has.
    pub variables: &'a [&'a str],
}

/// How Kubernetes writes the names of fields that are no identifiers.
const ESCAPES: [(&str, &str); 4] =
    [("__underscores__", "__"), ("__dot__", "."), ("__dash__", "-"), ("__slash__", "/")];

/// Rewrites a tree but for the signs in it that are undone; returns the names it reads.
pub(super) fn rewrite(
    tree: &mut IdedExpr,
    names: &Names<'_>,
    undone: &BTreeSet<u64>,
) -> Result<BTreeSet<String>, String> {
    let mut rewriter =
        Rewriter { names, undone, bound: Vec::new(), reads: BTreeSet::new(), fresh: 0 };
    rewriter.expression(tree)?;
    Ok(rewriter.reads)
}

struct Rewriter<'a> {
    names: &'a Names<'a>,
    /// Signs that others undo.
    undone: &'a BTreeSet<u64>,
    /// The variables of the loops around; the last of a name counts.
    bound: Vec<Bound>,
    reads: BTreeSet<String>,
    /// How many names have been made up.
    fresh: usize,
}

/// A name that a loop gives.
struct Bound {
    name: String,
    /// Where its value is, if it is half of an entry.
    half: Option<(String, i64)>,
}

impl Bound {
    fn whole(name: &str) -> Self {
        Self { name: name.to_owned(), half: None }
    }
}

impl Rewriter<'_> {
    fn expression(&mut self, tree: &mut IdedExpr) -> Result<(), String> {
        match &mut tree.expr {
            Expr::Unspecified => Err("nothing is expressed".to_owned()),
            Expr::Literal(_) => Ok(()),
            Expr::Ident(name) => {
                let name = std::mem::take(name);
                tree.expr = self.name(name)?;
                Ok(())
            }
            Expr::List(list) => list.elements.iter_mut().try_for_each(|one| self.part(one)),
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
            Expr::Comprehension(comprehension) => self.comprehension(comprehension, Vec::new()),
            Expr::Call(call) => {
                let call = std::mem::take(call);
                tree.expr = self.call(tree.id, call)?;
                Ok(())
            }
        }
    }

    fn name(&mut self, name: String) -> Result<Expr, String> {
        if let Some(bound) = self.bound.iter().rev().find(|bound| bound.name == name) {
            let Some((pair, at)) = &bound.half else { return Ok(stepping(Expr::Ident(name))) };
            return Ok(stepping(operator(operators::INDEX, vec![ident(pair), number(*at)]).expr));
        }
        if name.starts_with('@') {
            return Ok(Expr::Ident(name));
        }
        if self.names.roots.contains(&name.as_str()) {
            self.reads.insert(name.clone());
            return Ok(stepping(Expr::Ident(name)));
        }
        if types::NAMES.contains(&name.as_str()) {
            let literal = LiteralValue::String(name.into());
            return Ok(operator(types::TYPE, vec![tree(Expr::Literal(literal))]).expr);
        }
        Err(undeclared(&name))
    }

    fn is_root(&self, tree: &IdedExpr, root: &str) -> bool {
        let is = matches!(&tree.expr, Expr::Ident(name) if name == root);
        is && self.names.roots.contains(&root) && !self.bound.iter().any(|bound| bound.name == root)
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
        stepping(Expr::Ident(name))
    }

    fn entries(&mut self, map: &mut MapExpr) -> Result<(), String> {
        for entry in &mut map.entries {
            match &mut entry.expr {
                EntryExpr::MapEntry(entry) => {
                    self.part(&mut entry.key)?;
                    self.part(&mut entry.value)?;
                }
                EntryExpr::StructField(field) => self.part(&mut field.value)?,
            }
        }
        Ok(())
    }

    /// Something that is copied into a list, a map or a variable, and paid for before the next copy is made.
    fn part(&mut self, part: &mut IdedExpr) -> Result<(), String> {
        self.expression(part)?;
        if !is_small(&part.expr) {
            *part = operator(MAKE, vec![ident(BUDGET), std::mem::take(part)]);
        }
        Ok(())
    }

    fn comprehension(
        &mut self,
        comprehension: &mut ComprehensionExpr,
        halves: Vec<Bound>,
    ) -> Result<(), String> {
        self.expression(&mut comprehension.iter_range)?;
        self.part(&mut comprehension.accu_init)?;
        let outer = self.bound.len();
        self.bound.push(Bound::whole(&comprehension.accu_var));
        self.expression(&mut comprehension.result)?;
        self.bound.push(Bound::whole(&comprehension.iter_var));
        self.bound.extend(halves);
        self.expression(&mut comprehension.loop_cond)?;
        self.expression(&mut comprehension.loop_step)?;
        self.bound.truncate(outer);
        absorb(comprehension);
        let condition = std::mem::take(&mut comprehension.loop_cond.expr);
        comprehension.loop_cond.expr = stepping(condition);
        Ok(())
    }

    fn call(&mut self, id: u64, mut inner: CallExpr) -> Result<Expr, String> {
        if self.undone.contains(&id)
            && let Some(mut signed) = inner.args.pop()
        {
            self.expression(&mut signed)?;
            return Ok(signed.expr);
        }
        if let Some(meant) = self.meaning(&mut inner) {
            return self.meant(meant);
        }
        for argument in &mut inner.args {
            self.expression(argument)?;
        }
        if inner.func_name == operators::OPT_SELECT {
            // The interpreter's own makes an optional of an optional.
            FIELD.clone_into(&mut inner.func_name);
        }
        let name = self.callee(&mut inner)?;
        if let Some(own) = conversions::own(&inner).or_else(|| times::own(&inner)) {
            own.clone_into(&mut inner.func_name);
        }
        let call = Expr::Call(inner);
        if MAKERS.contains(&name.as_str()) {
            return Ok(operator(MAKE, vec![ident(BUDGET), IdedExpr { id, expr: call }]).expr);
        }
        Ok(if is_operator(&name) { call } else { stepping(call) })
    }

    fn meaning(&mut self, inner: &mut CallExpr) -> Option<Meant> {
        let fresh = &mut self.fresh;
        macros::meaning(inner, || {
            *fresh += 1;
            format!("@made{fresh}")
        })
    }

    fn meant(&mut self, meant: Meant) -> Result<Expr, String> {
        match meant {
            Meant::Loop(mut around) => {
                self.comprehension(&mut around, Vec::new())?;
                Ok(Expr::Comprehension(around))
            }
            Meant::Called(function, mut around) => {
                self.comprehension(&mut around, Vec::new())?;
                Ok(operator(function, vec![tree(Expr::Comprehension(around))]).expr)
            }
            Meant::Mapped { function, mut target, name, mut body } => {
                self.expression(&mut target)?;
                self.bound.push(Bound::whole(&name));
                let rewritten = self.part(&mut body);
                self.bound.pop();
                rewritten?;
                let name = tree(Expr::Literal(LiteralValue::String(name.into())));
                Ok(operator(function, vec![target, name, body]).expr)
            }
            Meant::Entries { keys, values, pair, mut around } => {
                let half = |name, at| Bound { name, half: Some((pair.clone(), at)) };
                self.comprehension(&mut around, vec![half(keys, 0), half(values, 1)])?;
                Ok(Expr::Comprehension(around))
            }
        }
    }

    /// Checks what is called, and on what.
    fn callee(&mut self, inner: &mut CallExpr) -> Result<String, String> {
        let Some(target) = inner.target.as_mut() else {
            if is_operator(&inner.func_name) || KNOWN.contains(&inner.func_name.as_str()) {
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

/// Lets a loop of `all` or `exists` go on after an error, which a later item may make irrelevant.
fn absorb(around: &mut ComprehensionExpr) {
    let Expr::Call(step) = &mut around.loop_step.expr else { return };
    step.func_name = match step.func_name.as_str() {
        operators::LOGICAL_AND => ALL.to_owned(),
        operators::LOGICAL_OR => ANY.to_owned(),
        _ => return,
    };
    around.result = operator(OUTCOME, vec![std::mem::take(&mut around.result)]);
}

/// Takes a step before anything else: what has a name, and what a call makes, may be large. A step that is not paid for
/// is an error, which a conditional never swallows.
fn stepping(then: Expr) -> Expr {
    let paid = operator(STEP, vec![ident(BUDGET)]);
    operator(operators::CONDITIONAL, vec![paid, tree(then), truth(false)]).expr
}

/// Whether a value is no larger than its text.
fn is_small(part: &Expr) -> bool {
    match part {
        Expr::Literal(_) => true,
        Expr::List(list) => list.elements.is_empty(),
        Expr::Map(map) => map.entries.is_empty(),
        _ => false,
    }
}

fn is_operator(name: &str) -> bool {
    !name.starts_with(char::is_alphabetic)
}

pub(super) fn undeclared(name: &str) -> String {
    format!("undeclared reference to '{name}' (in container '')")
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

/// The name of a field that is written as an identifier.
pub(super) fn unescaped(field: &str) -> String {
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
