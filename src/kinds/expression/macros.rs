//! Calls that bind names of their own, written as loops: `cel.bind`, `optMap`, loops over two variables, `sortBy`.
//!
//! The parser knows only the macros of the language itself; these are cel-go's extensions that Kubernetes enables.

use kube_cel::cel::common::ast::{
    CallExpr, ComprehensionExpr, Expr, IdedExpr, ListExpr, LiteralValue, MapExpr, operators,
};

/// The entries of a list or a map, each a key and a value.
pub(super) const ENTRIES: &str = "@entries";
/// A map with one more entry.
pub(super) const PUT: &str = "@put";
/// A map with the entries of another.
pub(super) const MERGE: &str = "@merge";
/// Pairs in the order of their first halves, which go.
pub(super) const SORTED: &str = "@sorted";
/// What is made of what is in an optional value.
pub(super) const MAPPED: &str = "@mapped";
/// The same, where that is optional itself.
pub(super) const FLAT_MAPPED: &str = "@flatMapped";

const RESULT: &str = "@result";

/// What a call stands for.
pub(super) enum Meant {
    /// A loop over entries, whose halves have names.
    Entries { keys: String, values: String, pair: String, around: Box<ComprehensionExpr> },
    /// A loop.
    Loop(Box<ComprehensionExpr>),
    /// Something done with what is in an optional value, if anything is.
    Mapped { function: &'static str, target: IdedExpr, name: String, body: IdedExpr },
    /// A loop and a call with what it makes.
    Called(&'static str, Box<ComprehensionExpr>),
}

/// What a call stands for, if it is one of these; `fresh` gives names that nobody uses.
pub(super) fn meaning(call: &mut CallExpr, mut fresh: impl FnMut() -> String) -> Option<Meant> {
    let target = call.target.as_deref()?;
    let named = |at: usize| match call.args.get(at).map(|argument| &argument.expr) {
        Some(Expr::Ident(name)) => Some(name.clone()),
        _ => None,
    };
    match (call.func_name.as_str(), call.args.len()) {
        ("bind", 3) if matches!(&target.expr, Expr::Ident(name) if name == "cel") => {
            let name = named(0)?;
            let body = call.args.pop()?;
            let value = call.args.pop()?;
            Some(Meant::Loop(bind(name, value, body)))
        }
        ("optMap" | "optFlatMap", 2) => {
            let function = if call.func_name == "optMap" { MAPPED } else { FLAT_MAPPED };
            let (name, body) = (named(0)?, call.args.pop()?);
            Some(Meant::Mapped { function, target: *call.target.take()?, name, body })
        }
        ("sortBy", 2) => {
            let name = named(0)?;
            let key = call.args.pop()?;
            let pair = list(vec![key, ident(&name)]);
            let range = *call.target.take()?;
            Some(Meant::Called(SORTED, collect(range, name, None, pair)))
        }
        (function, 3 | 4) => {
            let (keys, values) = (named(0)?, named(1)?);
            let (init, condition, step, result) = over_entries(function, &mut call.args)?;
            let pair = fresh();
            let range = operator(ENTRIES, vec![*call.target.take()?]);
            let around = around(range, pair.clone(), (init, condition, step, result));
            Some(Meant::Entries { keys, values, pair, around })
        }
        _ => None,
    }
}

/// How a loop over entries begins, goes on, what a step does and what comes of it.
type Parts = (IdedExpr, IdedExpr, IdedExpr, IdedExpr);

fn over_entries(function: &str, arguments: &mut Vec<IdedExpr>) -> Option<Parts> {
    let (condition, filtered) = (truth(true), arguments.len() == 4);
    let mut last = || arguments.pop();
    let parts = match (function, filtered) {
        ("all", false) => {
            let step = operator(operators::LOGICAL_AND, vec![ident(RESULT), last()?]);
            let goes_on = operator(operators::NOT_STRICTLY_FALSE, vec![ident(RESULT)]);
            (truth(true), goes_on, step, ident(RESULT))
        }
        ("exists", false) => {
            let step = operator(operators::LOGICAL_OR, vec![ident(RESULT), last()?]);
            let not = operator(operators::LOGICAL_NOT, vec![ident(RESULT)]);
            let goes_on = operator(operators::NOT_STRICTLY_FALSE, vec![not]);
            (truth(false), goes_on, step, ident(RESULT))
        }
        ("existsOne" | "exists_one", false) => {
            let more = operator(operators::ADD, vec![ident(RESULT), number(1)]);
            let step = operator(operators::CONDITIONAL, vec![last()?, more, ident(RESULT)]);
            let one = operator(operators::EQUALS, vec![ident(RESULT), number(1)]);
            (number(0), condition, step, one)
        }
        ("transformList", _) => {
            let step = operator(operators::ADD, vec![ident(RESULT), list(vec![last()?])]);
            (
                list(Vec::new()),
                condition,
                only_if(filtered.then(last).flatten(), step),
                ident(RESULT),
            )
        }
        ("transformMap", _) => {
            let value = last()?;
            let filter = filtered.then(&mut last).flatten();
            let key = arguments.first()?.clone();
            let step = operator(PUT, vec![ident(RESULT), key, value]);
            (map(), condition, only_if(filter, step), ident(RESULT))
        }
        ("transformMapEntry", _) => {
            let step = operator(MERGE, vec![ident(RESULT), last()?]);
            (map(), condition, only_if(filtered.then(last).flatten(), step), ident(RESULT))
        }
        _ => return None,
    };
    Some(parts)
}

fn only_if(filter: Option<IdedExpr>, step: IdedExpr) -> IdedExpr {
    match filter {
        Some(filter) => operator(operators::CONDITIONAL, vec![filter, step, ident(RESULT)]),
        None => step,
    }
}

/// A loop that never runs, so that its beginning has a name in its end.
fn bind(name: String, value: IdedExpr, body: IdedExpr) -> Box<ComprehensionExpr> {
    Box::new(ComprehensionExpr {
        iter_range: list(Vec::new()),
        iter_var: "@never".to_owned(),
        iter_var2: None,
        loop_step: ident(&name),
        accu_var: name,
        accu_init: value,
        loop_cond: truth(false),
        result: body,
    })
}

/// A loop that makes a list.
fn collect(
    range: IdedExpr,
    name: String,
    filter: Option<IdedExpr>,
    item: IdedExpr,
) -> Box<ComprehensionExpr> {
    let step = operator(operators::ADD, vec![ident(RESULT), list(vec![item])]);
    around(range, name, (list(Vec::new()), truth(true), only_if(filter, step), ident(RESULT)))
}

fn around(range: IdedExpr, name: String, parts: Parts) -> Box<ComprehensionExpr> {
    let (accu_init, loop_cond, loop_step, result) = parts;
    Box::new(ComprehensionExpr {
        iter_range: range,
        iter_var: name,
        iter_var2: None,
        accu_var: RESULT.to_owned(),
        accu_init,
        loop_cond,
        loop_step,
        result,
    })
}

pub(super) fn tree(expr: Expr) -> IdedExpr {
    IdedExpr { id: 0, expr }
}

pub(super) fn ident(name: &str) -> IdedExpr {
    tree(Expr::Ident(name.to_owned()))
}

/// A call of something that is called on nothing.
pub(super) fn operator(name: &str, args: Vec<IdedExpr>) -> IdedExpr {
    tree(Expr::Call(CallExpr { func_name: name.to_owned(), target: None, args }))
}

pub(super) fn number(value: i64) -> IdedExpr {
    tree(Expr::Literal(LiteralValue::Int(value.into())))
}

pub(super) fn truth(value: bool) -> IdedExpr {
    tree(Expr::Literal(LiteralValue::Boolean(value.into())))
}

fn list(elements: Vec<IdedExpr>) -> IdedExpr {
    tree(Expr::List(ListExpr::new(elements)))
}

fn map() -> IdedExpr {
    tree(Expr::Map(MapExpr { entries: Vec::new() }))
}
