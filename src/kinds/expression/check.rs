//! Types: what an expression is of, and whether its parts fit each other, before there are values.
//!
//! The rules are those of cel-go, as Kubernetes sets it up. What a schema does not tell is `dyn`, which fits everything;
//! so a type that is not known never refuses an expression. Every comparison of types is bounded (`assign`).

mod assign;
mod call;
mod loops;
mod object;
mod problem;
mod signatures;
mod tree;
mod types;

use std::fmt;

use kube_cel::cel::common::ast::IdedExpr;

pub use object::Reader;
pub(super) use problem::places;
pub use types::Type;

use assign::Assignment;
use tree::Checker;

/// What an expression may name, and what is known of it.
#[derive(Debug, Clone, Default)]
pub struct Declarations<'s> {
    /// Such as `object`.
    pub roots: Vec<(String, Type<'s>)>,
    /// What `variables` has.
    pub variables: Vec<(String, Type<'s>)>,
}

/// What an expression must come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// Whatever it is.
    Anything,
    /// A truth value.
    Bool,
    /// Text.
    Text,
    /// Text, or nothing to say.
    TextOrNull,
    /// An object that it makes.
    Object,
    /// The steps of a JSON patch.
    Patch,
}

/// Why an expression is refused.
#[derive(Debug, PartialEq, Eq)]
pub enum Refusal {
    /// It cannot be read, or its parts do not fit.
    Wrong(String),
    /// It comes to something that is not wanted.
    Unwanted(Wanted),
}

/// As policies have it.
impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let wanted = match self {
            Self::Wrong(why) => return write!(f, "compilation failed: {why}"),
            Self::Unwanted(wanted) => wanted,
        };
        f.write_str(match wanted {
            Wanted::Anything => "must evaluate to something",
            Wanted::Bool => "must evaluate to bool",
            Wanted::Text => "must evaluate to string",
            Wanted::TextOrNull => "must evaluate to one of [string null_type]",
            Wanted::Object => "must evaluate to Object",
            Wanted::Patch => "must evaluate to list(JSONPatch)",
        })
    }
}

impl<'s> Declarations<'s> {
    /// Declares a name.
    #[must_use]
    pub fn with(mut self, name: &str, known: Type<'s>) -> Self {
        self.roots.push((name.to_owned(), known));
        self
    }

    pub(super) fn roots(&self) -> Vec<&str> {
        self.roots.iter().map(|(name, _)| name.as_str()).collect()
    }

    pub(super) fn variables(&self) -> Vec<&str> {
        self.variables.iter().map(|(name, _)| name.as_str()).collect()
    }

    fn root(&self, name: &str) -> Option<&(String, Type<'s>)> {
        self.roots.iter().find(|(own, _)| own == name)
    }

    fn variable(&self, name: &str) -> Option<&Type<'s>> {
        self.variables.iter().find(|(own, _)| own == name).map(|(_, known)| known)
    }
}

impl Wanted {
    fn is(self, found: &Type<'_>) -> bool {
        match (self, found) {
            (Self::Anything, _)
            | (_, Type::Dyn | Type::Open(_))
            | (Self::Bool, Type::Bool)
            | (Self::Text | Self::TextOrNull, Type::String)
            | (Self::TextOrNull, Type::Null) => true,
            (Self::Object, Type::Opaque(name)) => **name == *tree::MADE,
            (Self::Patch, Type::List(items)) => match &**items {
                Type::Opaque(name) => **name == *tree::PATCH,
                items => !items.is_known(),
            },
            _ => false,
        }
    }
}

/// Checks a tree as it was parsed from a source; gives the type of the whole.
pub(super) fn check<'s>(
    source: &str,
    tree: &IdedExpr,
    declarations: &Declarations<'s>,
    wanted: Wanted,
    nested: u16,
) -> Result<Type<'s>, Refusal> {
    let mut checker = Checker {
        declarations,
        bound: Vec::new(),
        assignment: Assignment::default(),
        problems: Vec::new(),
    };
    let found = checker.expression(tree);
    if !checker.problems.is_empty() {
        return Err(Refusal::Wrong(problem::tell(source, &checker.problems, nested)));
    }
    if wanted.is(&found) { Ok(found) } else { Err(Refusal::Unwanted(wanted)) }
}

#[cfg(test)]
mod tests;
