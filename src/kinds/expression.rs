//! Expressions in CEL (the Common Expression Language), as policies, match conditions and the rules of schemas have them.
//!
//! An expression is parsed once. When somebody writes it, its types are checked (`check`). Then it is rewritten
//! (`rewrite`): names are resolved; typed objects become maps; and every loop asks a [`Budget`] for its next step. Evaluating is
//! synchronous and bounded by that budget; what the interpreter cannot do is an error, never a wrong answer.

mod absorb;
mod budget;
mod check;
mod conversions;
mod depth;
mod functions;
mod lists;
mod macros;
mod optionals;
mod rewrite;
mod signs;
mod times;
mod types;
mod value;

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use kube_cel::cel::parser::Parser;
use kube_cel::cel::{Context, ExecutionError, IdedExpr, Value as CelValue};

pub use budget::{Budget, EXHAUSTED};
pub use check::{Declarations, Reader, Refusal, Type, Wanted};
pub use rewrite::Names;
pub(crate) use value::size;
pub use value::{from_json, to_json};

/// The longest expression. Its tree is walked once for each evaluation, outside of any budget.
const SOURCE_BYTES_MAX: usize = 16 << 10;
/// How many levels its tree may have: what cel-go allows. A chain such as `a.b.c` or `1 + 2 + 3` has one for each link.
const DEPTH_MAX: usize = 250;
/// How many levels are evaluated on the caller's stack, of which the interpreter takes some tens of kilobytes for each.
const SHALLOW_MAX: usize = 32;

/// How many brackets and conditions may be open at once: far more than people read.
const NESTING_MAX: usize = 128;
/// How many expressions may be within each other.
const NESTED_MAX: u16 = 64;
/// Enough for the parser with the longest chain there is room for, and for the interpreter with the deepest tree.
/// Only what is used of it takes memory.
const DEEP_STACK_BYTES: usize = 128 << 20;

/// The name under which loops find their budget; no expression can be written with it.
const BUDGET: &str = "@budget";

/// An expression, ready to be evaluated.
#[derive(Debug)]
pub struct Expression {
    source: Box<str>,
    tree: IdedExpr,
    /// How many levels the tree has.
    depth: usize,
    /// What it reads: names such as `object`, or `variables.x`.
    reads: BTreeSet<String>,
}

impl Expression {
    /// Parses and resolves names; the error is what is said about the field that holds the source. This is for what was
    /// checked when it was written, and for what cannot be refused any more.
    pub fn compile(source: &str, names: &Names<'_>) -> Result<Self, String> {
        let compiled = Self::compile_tree(source, names, |_| Ok(()));
        compiled.map(|(compiled, ())| compiled).map_err(|refusal| refusal.to_string())
    }

    /// Compiles what somebody writes now: its parts must fit each other, and the whole must be what is wanted. Gives the
    /// type of the whole as well.
    pub fn check<'s>(
        source: &str,
        declarations: &Declarations<'s>,
        wanted: Wanted,
    ) -> Result<(Self, Type<'s>), Refusal> {
        let (roots, variables) = (declarations.roots(), declarations.variables());
        let names = Names { roots: &roots, variables: &variables };
        Self::compile_tree(source, &names, |tree| {
            check::check(source, tree, declarations, wanted, NESTED_MAX)
        })
    }

    fn compile_tree<T: Send>(
        source: &str,
        names: &Names<'_>,
        check: impl FnOnce(&IdedExpr) -> Result<T, Refusal> + Send,
    ) -> Result<(Self, T), Refusal> {
        let failed = |why: &str| Refusal::Wrong(why.to_owned());
        if source.len() > SOURCE_BYTES_MAX {
            return Err(failed(&format!("longer than {SOURCE_BYTES_MAX} bytes")));
        }
        if nesting(source) > NESTING_MAX {
            return Err(failed(TOO_DEEP));
        }
        let compiled = on_deep_stack(|| {
            let mut tree = parse(source).map_err(Refusal::Wrong)?;
            if depth::depth(&tree) > DEPTH_MAX {
                return Err(failed(TOO_DEEP));
            }
            let found = check(&tree)?;
            let undone = signs::undone(source, &tree, NESTED_MAX);
            let reads = rewrite::rewrite(&mut tree, names, &undone)
                .map_err(|why| failed(&format!("ERROR: <input>: {why}")))?;
            let depth = depth::depth(&tree);
            Ok((Self { source: source.trim().into(), depth, tree, reads }, found))
        });
        compiled.map_err(|lost| match lost {
            Lost::NoThread => failed("there is no thread for the parser"),
            Lost::Panicked => failed("the parser cannot read it"),
        })?
    }

    /// As it was written.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// What it reads: names such as `object`, or `variables.x`.
    pub fn reads(&self) -> &BTreeSet<String> {
        &self.reads
    }
}

/// The functions that expressions may call.
pub struct Functions(Context<'static>);

impl Functions {
    /// Those of Kubernetes, and what `more` adds.
    pub fn new(more: impl FnOnce(&mut Context<'static>)) -> Self {
        let mut root = functions::root();
        more(&mut root);
        Self(root)
    }

    /// Names without values yet, for expressions that share a budget.
    pub fn scope(&self, budget: &Arc<Budget>) -> Scope<'_> {
        let mut context = self.0.new_inner_scope();
        context
            .add_variable_from_value(BUDGET, CelValue::Opaque(Arc::<Budget>::clone(budget) as _));
        Scope { context, budget: Arc::clone(budget) }
    }
}

impl std::fmt::Debug for Functions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Functions")
    }
}

/// What is said of a text that would take too much of a stack.
const TOO_DEEP: &str = "it nests too deep";

/// Why there is no answer from another thread.
enum Lost {
    NoThread,
    Panicked,
}

/// Works on a thread of its own, whose stack bears what a worker's may not.
fn on_deep_stack<T: Send>(work: impl FnOnce() -> T + Send) -> Result<T, Lost> {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(DEEP_STACK_BYTES);
        let thread = thread.spawn_scoped(scope, work).map_err(|_| Lost::NoThread)?;
        thread.join().map_err(|_| Lost::Panicked)
    })
}

fn parse(source: &str) -> Result<IdedExpr, String> {
    let parser = Parser::new().max_recursion_depth(NESTED_MAX).enable_optional_syntax(true);
    // cel-go puts a space before the lines it shows.
    parser.parse(source).map_err(|errors| errors.to_string().replace("\n| ", "\n | "))
}

/// An upper bound of how deep a text nests: open brackets, and conditions within conditions.
fn nesting(source: &str) -> usize {
    let (mut open, mut deepest, mut conditions) = (0_usize, 0, 0);
    for byte in source.bytes() {
        match byte {
            b'(' | b'[' | b'{' => open += 1,
            b')' | b']' | b'}' => open = open.saturating_sub(1),
            b'?' => conditions += 1,
            _ => {}
        }
        deepest = deepest.max(open);
    }
    deepest + conditions
}

/// What names mean.
pub struct Scope<'a> {
    context: Context<'a>,
    budget: Arc<Budget>,
}

impl std::fmt::Debug for Scope<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Scope")
    }
}

impl Scope<'_> {
    /// Gives a name its meaning.
    pub fn set(&mut self, name: &str, value: CelValue) {
        self.context.add_variable_from_value(name, value);
    }

    /// What an expression comes to.
    pub fn evaluate(&self, expression: &Expression) -> Result<CelValue, String> {
        let resolve = || self.budget.spend(|| self.context.resolve(&expression.tree));
        let resolved = if expression.depth > SHALLOW_MAX {
            on_deep_stack(resolve)
        } else {
            catch_unwind(AssertUnwindSafe(resolve)).map_err(|_| Lost::Panicked)
        };
        match resolved {
            // Whatever an expression made of it: what is too dear ends the whole of it.
            Ok(_) if self.budget.is_spent() => Err(EXHAUSTED.to_owned()),
            Ok(Ok(value)) => Ok(value),
            Ok(Err(ExecutionError::NoSuchKey(key))) => Err(format!("no such key: {key}")),
            Ok(Err(ExecutionError::NoSuchOverload)) => Err("no such overload".to_owned()),
            Ok(Err(ExecutionError::FunctionError { message, .. }))
                if message.starts_with(conversions::UNREADABLE) =>
            {
                Err(message)
            }
            Ok(Err(error)) => Err(error.to_string()),
            Err(Lost::Panicked) => Err("the interpreter cannot evaluate it".to_owned()),
            Err(Lost::NoThread) => Err("there is no thread for the interpreter".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests;
