//! How deep a tree is, for everything that walks one recurses.

use kube_cel::cel::common::ast::{EntryExpr, Expr, IdedExpr};

/// How many levels a tree has.
pub(super) fn depth(tree: &IdedExpr) -> usize {
    1 + children(tree).into_iter().map(depth).max().unwrap_or(0)
}

/// The trees that a tree is made of.
pub(super) fn children(tree: &IdedExpr) -> Vec<&IdedExpr> {
    match &tree.expr {
        Expr::Unspecified | Expr::Literal(_) | Expr::Ident(_) => Vec::new(),
        Expr::Select(select) => vec![&select.operand],
        Expr::Call(call) => call.target.as_deref().into_iter().chain(&call.args).collect(),
        Expr::List(list) => list.elements.iter().collect(),
        Expr::Map(map) => map.entries.iter().flat_map(|entry| parts(&entry.expr)).collect(),
        Expr::Struct(made) => made.entries.iter().flat_map(|entry| parts(&entry.expr)).collect(),
        Expr::Comprehension(around) => vec![
            &around.iter_range,
            &around.accu_init,
            &around.loop_cond,
            &around.loop_step,
            &around.result,
        ],
    }
}

/// The trees of an entry of a map or of an object.
pub(super) fn parts(entry: &EntryExpr) -> Vec<&IdedExpr> {
    match entry {
        EntryExpr::StructField(field) => vec![&field.value],
        EntryExpr::MapEntry(entry) => vec![&entry.key, &entry.value],
    }
}
