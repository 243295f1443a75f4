//! Expressions in CEL about the claims of a token, and about the user they become.

use std::sync::{Arc, LazyLock};

use kinds::expression::{
    Budget, Declarations, Expression, Functions, Reader, Type, Wanted, from_json, to_json,
};
use serde_json::{Value, json};

/// What an expression is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Makes something of `claims`.
    Mapping,
    /// Says whether `claims` are good.
    ClaimRule,
    /// Says whether `user` is good.
    UserRule,
}

static FUNCTIONS: LazyLock<Functions> = LazyLock::new(|| Functions::new(|_| {}));
static USER: LazyLock<Value> = LazyLock::new(|| {
    let text = json!({ "type": "string" });
    let texts = json!({ "type": "array", "items": text });
    json!({ "type": "object", "properties": {
        "username": text,
        "uid": text,
        "groups": texts,
        "extra": { "type": "object", "additionalProperties": texts },
    } })
});

/// Compiles what somebody wrote, or says why it is wrong.
pub(crate) fn compile(source: &str, kind: Kind) -> Result<Expression, String> {
    let declarations = match kind {
        Kind::Mapping | Kind::ClaimRule => {
            Declarations::default().with("claims", Type::map(Type::String, Type::Dyn))
        }
        Kind::UserRule => {
            let user = Type::of_schema(&USER, false, "kubernetes.UserInfo", Reader::Policy);
            Declarations::default().with("user", user)
        }
    };
    let wanted = if kind == Kind::Mapping { Wanted::Anything } else { Wanted::Bool };
    let compiled = Expression::check(source, &declarations, wanted);
    compiled.map(|(expression, _)| expression).map_err(|refusal| refusal.to_string())
}

/// The evaluation of the expressions about one token, which share a budget.
#[derive(Debug, Default)]
pub(super) struct Evaluation(Arc<Budget>);

impl Evaluation {
    /// What an expression makes of what is called `name`.
    pub(super) fn value(
        &self,
        expression: &Expression,
        name: &str,
        about: &Value,
    ) -> Result<Value, String> {
        let mut scope = FUNCTIONS.scope(&self.0);
        scope.set(name, from_json(about));
        let value = scope.evaluate(expression)?;
        to_json(&value)
    }
}

/// Whether a source reads a claim, as far as its text tells: `claims.email` or `claims.?email`, but not in a text or a
/// comment.
pub(crate) fn reads_claim(source: &str, claim: &str) -> bool {
    let source = without_texts(source);
    let is_word = |byte: &char| *byte == '_' || byte.is_ascii_alphanumeric();
    source.match_indices("claims").any(|(at, root)| {
        let before = source[..at].trim_end().chars().next_back();
        let field = source[at + root.len()..].trim_start().strip_prefix('.');
        let field = field.map(|field| field.trim_start_matches('?').trim_start());
        let after = field.and_then(|field| field.strip_prefix(claim));
        before.is_none_or(|before| before != '.' && !is_word(&before))
            && after.is_some_and(|after| !after.starts_with(|next| is_word(&next)))
    })
}

/// A source without what stands in quotes, and without comments.
fn without_texts(source: &str) -> String {
    let mut left = String::with_capacity(source.len());
    let mut rest = source.chars().peekable();
    while let Some(character) = rest.next() {
        match character {
            quote @ ('"' | '\'') => {
                while let Some(inside) = rest.next().filter(|inside| *inside != quote) {
                    if inside == '\\' {
                        rest.next();
                    }
                }
                left.push(' ');
            }
            '/' if rest.peek() == Some(&'/') => {
                rest.by_ref().find(|inside| *inside == '\n');
                left.push(' ');
            }
            other => left.push(other),
        }
    }
    left
}

#[cfg(test)]
mod tests;
